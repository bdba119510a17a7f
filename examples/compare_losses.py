"""Reconstruction, rebalanced classes of colour, and an adversary, for as many minutes each.

    python examples/compare_losses.py photos/ --minutes 20 --out runs/losses

Colours photos with the default network, trained in three ways on the same photos: by the absolute
error of chroma (smooth L1), by classification of chroma in which rare colours count more, and by
either of these against a discriminator. It writes a page with PSNR, ΔE00, colourfulness beside the
true photos', and pictures. It goes on where it was stopped.

Any of them becomes more colourful, and less accurate, as its colours are multiplied. So the page
also says how colourful each is when that has made all of them as inaccurate as the worst.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from study.baseline import baseline_rows
from study.pages import curves, photos_of, sheet, table
from study.photos import parted
from study.trials import Trial, draw, history, run
from study.words import budget_of, page_folder, study_parser, write_page

from pixrestore import evaluate

_SETTINGS = {
    "reconstruction": {"loss": "charbonnier"},
    "rebalanced": {"loss": "chroma_classes"},
    "adversarial": {"loss": "charbonnier", "adversarial": 0.01},
    "rebalanced-adversarial": {"loss": "chroma_classes", "adversarial": 1.0},
}
_SATURATION_STEP, _MOST_SATURATION = 0.2, 4.0


def trials(budget: dict[str, float], widths: str, recipe: dict) -> list[Trial]:
    """Return a trial for each way of training."""
    network = {}
    if widths:
        numbers = tuple(int(width) for width in widths.split(","))
        network = {"arguments": {"widths": numbers, "blocks": [1] * len(numbers)}}
    return [
        Trial(name, name, {"film": 0.0, **budget, "recipe": {**network, **recipe, **chosen}})
        for name, chosen in _SETTINGS.items()
    ]


def raised(trial: Trial, out: Path, test: Path, level: float) -> tuple[float, float]:
    """Return the saturation at which a model's ΔE00 is `level`, and how colourful it is there.

    Colourfulness is a share of the true photos'. Between saturations that were measured, both are
    interpolated.
    """
    before = None
    for at, difference, colour in _measured(trial, out, test):
        if before and difference >= level:
            share = (level - before[1]) / (difference - before[1])
            share = max(share, 0.0)  # what is above the level from the start stays as it is
            return before[0] + share * (at - before[0]), before[2] + share * (colour - before[2])
        before = at, difference, colour
    return before[0], before[2]


def _measured(trial: Trial, out: Path, test: Path) -> Iterator[tuple[float, float, float]]:
    for step in count():
        at = 1 + step * _SATURATION_STEP
        if at > _MOST_SATURATION:
            return
        found = evaluate("colorize", test, model=out / trial.name, saturation=at)
        colour = found.restored["colourfulness"] / found.true["colourfulness"]
        yield at, found.restored["ciede2000"], colour


def main() -> None:
    parser = study_parser(__doc__, "runs/losses", 128, minutes=20.0)
    parser.add_argument("--widths", default="", help="channels of the network: 16,32")
    parser.add_argument("--patch", type=int, help="side of the training patches")
    parser.add_argument("--ways", nargs="+", choices=_SETTINGS, default=list(_SETTINGS))
    given = parser.parse_args()
    folder = page_folder(given)
    parts = parted(
        given.data, given.out, valid=0.1, test=given.test, side=given.side, limit=given.limit
    )
    budget = budget_of(given)
    recipe = {"patch": given.patch} if given.patch else {}
    chosen = [t for t in trials(budget, given.widths, recipe) if t.name in given.ways]
    results = [run(trial, parts, given.out) for trial in chosen]

    drawn = {trial.title: draw(trial, given.out, given.show, given.side) for trial in chosen}
    first = drawn[chosen[0].title]
    restored = {title: of["restored"] for title, of in drawn.items()}
    sheet(folder / "losses.jpg", {"gray": first["degraded"], **restored, "true": first["true"]})
    curves(
        folder / "losses-curves.svg",
        {t.title: [(r["minutes"], r["psnr"]) for r in history(t, given.out)] for t in chosen},
        "minutes of training",
        "PSNR of validation photos, dB",
    )
    level = max(found["ciede2000"] for found in results)
    head = ["trained by", "PSNR, dB", "ΔE00", "colourfulness, of the true", "minutes", "steps"]
    head += [f"saturation for a ΔE00 of {level:.2f}", "colourfulness there"]
    rows = baseline_rows(parts, 0, 4)
    for trial, found in zip(chosen, results, strict=True):
        saturation, colour = raised(trial, given.out, parts.test, level)
        rows.append(
            [
                trial.title,
                f"{found['psnr']:.2f}",
                f"{found['ciede2000']:.2f}",
                f"{found['colourfulness']:.0%}",
                f"{found['minutes']:.1f}",
                str(found["steps"]),
                f"{saturation:.2f}",
                f"{colour:.0%}",
            ]
        )
    parts_of_page = [
        photos_of(results[0]),
        table(head, rows),
        f"![gray, {', '.join(restored)}, true](losses.jpg)",
        "![PSNR over the minutes](losses-curves.svg)",
    ]
    write_page(folder, "losses.md", "Ways to learn colour", parts_of_page)


if __name__ == "__main__":
    main()
