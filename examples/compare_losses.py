"""Reconstruction, rebalanced classes of colour, and an adversary, for as many minutes each.

    python examples/compare_losses.py photos/ --minutes 20 --out runs/losses

Colours photos with the default network, trained in three ways on the same photos: by the absolute
error of chroma (smooth L1), by classification of chroma in which rare colours count more, and by
either of these against a discriminator. It writes a page with PSNR, ΔE00, colourfulness beside the
true photos', and pictures. It goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from study.pages import curves, photos_of, sheet, table
from study.photos import parted
from study.trials import Trial, history, run

_SETTINGS = {
    "reconstruction": {"loss": "charbonnier"},
    "rebalanced": {"loss": "chroma_classes"},
    "adversarial": {"loss": "charbonnier", "adversarial": 0.01},
    "rebalanced-adversarial": {"loss": "chroma_classes", "adversarial": 1.0},
}


def trials(budget: dict[str, float], widths: str, recipe: dict) -> list[Trial]:
    """Return a trial for each way of training."""
    settings: dict = {"film": 0.0, **budget}
    if widths:
        numbers = tuple(int(width) for width in widths.split(","))
        settings["arguments"] = {"widths": numbers, "blocks": [1] * len(numbers)}
    return [
        Trial(name, name, {**settings, "recipe": {**recipe, **chosen}})
        for name, chosen in _SETTINGS.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder of colour photos, searched recursively")
    parser.add_argument("--minutes", type=float, default=20.0, help="of training, each")
    parser.add_argument("--steps", type=int, help="end after so many steps instead")
    parser.add_argument("--out", type=Path, default=Path("runs/losses"), help="folder of the runs")
    parser.add_argument("--page", type=Path, help="folder of the page; OUT/page by default")
    parser.add_argument("--side", type=int, default=128, help="of the photos measured with")
    parser.add_argument("--widths", default="", help="channels of the network: 16,32")
    parser.add_argument("--patch", type=int, help="side of the training patches")
    parser.add_argument("--test", type=int, default=200, help="photos kept apart to measure with")
    parser.add_argument("--limit", type=int, default=0, help="take only so many photos")
    parser.add_argument("--ways", nargs="+", choices=_SETTINGS, default=list(_SETTINGS))
    given = parser.parse_args()
    folder = given.page or given.out / "page"
    folder.mkdir(parents=True, exist_ok=True)
    parts = parted(
        given.data, given.out, valid=0.1, test=given.test, side=given.side, limit=given.limit
    )
    budget = {"steps": given.steps} if given.steps else {"minutes": given.minutes}
    recipe = {"patch": given.patch} if given.patch else {}
    chosen = [t for t in trials(budget, given.widths, recipe) if t.name in given.ways]
    results = [run(trial, parts, given.out) for trial in chosen]

    pictures = {trial.title: given.out / trial.name / "pictures" for trial in chosen}
    first = given.out / chosen[0].name / "pictures"
    gray, true = (sorted(first.glob(f"*-{name}.png")) for name in ("gray", "true"))
    restored = {title: sorted(at.glob("*-restored.png")) for title, at in pictures.items()}
    sheet(folder / "losses.jpg", {"gray": gray, **restored, "true": true})
    curves(
        folder / "losses-curves.svg",
        {t.title: [(r["minutes"], r["psnr"]) for r in history(t, given.out)] for t in chosen},
        "minutes of training",
        "PSNR of validation photos, dB",
    )
    head = ["trained by", "PSNR, dB", "ΔE00", "colourfulness, of the true", "minutes", "steps"]
    rows = [
        [
            trial.title,
            f"{found['psnr']:.2f}",
            f"{found['ciede2000']:.2f}",
            f"{found['colourfulness']:.0%}",
            f"{found['minutes']:.1f}",
            str(found["steps"]),
        ]
        for trial, found in zip(chosen, results, strict=True)
    ]
    text = "\n".join(
        [
            "# Ways to learn colour",
            "",
            f"    {shlex.join(['python', *sys.argv])}",
            "",
            photos_of(results[0]),
            "",
            table(head, rows),
            "",
            f"![gray, {', '.join(restored)}, true](losses.jpg)",
            "",
            "![PSNR over the minutes](losses-curves.svg)",
            "",
        ]
    )
    (folder / "losses.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
