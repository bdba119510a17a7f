"""The study of the article that pixrestore began with: its autoencoder colours cats and dogs.

    python examples/article_study.py photos/ --scale 0.1 --out runs/article
    python examples/article_study.py photos/ --scale 1    # the article's own sizes, for a GPU

Four steps: 10 epochs with kernels of 3×3, 400 of 3×3, 400 of 5×5, 400 of 5×5 with 256 filters in
place of 128. The protocol is the article's: pictures of 80×80, gray in three channels, binary
cross-entropy, Adam at a constant rate, batches of 50, 30 % of the photos to validate on, the others
in 20 chunks of which each epoch takes one, the best weights kept, early stopping. --scale shrinks
filters, code and epochs by one factor. It writes a page of results, and goes on where it was
stopped.

Two things differ: photos are cropped and mirrored at random, and pass in a new order each time
round, so that a chunk is not the same photos again.
"""

from __future__ import annotations

from pathlib import Path

from study.baseline import baseline_rows
from study.pages import curves, improvement, photos_of, sheet, table
from study.photos import Parts, parted
from study.trials import Trial, draw, history, run
from study.words import page_folder, study_parser, write_page

_CODE = 2000
_CHUNKS = 20
# Kernel, outer filters, epochs.
_STEPS = ((3, 128, 10), (3, 128, 400), (5, 128, 400), (5, 256, 400))
_INNER = 128


def trials(scale: float, side: int, batch: int, patience: int) -> list[Trial]:
    """Return the four steps of the article, shrunk."""

    def shrunk(number: int) -> int:
        return max(1, round(scale * number))

    return [
        Trial(
            f"step-{number}",
            f"{number}: {kernel}×{kernel}, {shrunk(filters)} filters, {shrunk(epochs)} epochs",
            {
                "recipe": {
                    "architecture": "bottleneck",
                    "arguments": {
                        "side": side,
                        "kernel": kernel,
                        "filters": (shrunk(filters), shrunk(_INNER)),
                        "code": shrunk(_CODE),
                    },
                    "batch": batch,
                    "chunks": _CHUNKS,
                },
                "epochs": shrunk(epochs),
                "patience": patience,
                "space": "rgb",
                "film": 0.0,
            },
        )
        for number, (kernel, filters, epochs) in enumerate(_STEPS, start=1)
    ]


def page(
    steps: list[Trial], parts: Parts, out: Path, results: list[dict], folder: Path
) -> list[str]:
    """Draw the curves, and return the parts of the page."""
    curves(
        folder / "article-curves.svg",
        {s.title: [(r["step"], r["val_loss"]) for r in history(s, out)] for s in steps},
        "steps of training",
        "validation loss",
    )
    head = ["step", "validation loss", "PSNR of the answer, dB", "PSNR restored, dB", "ΔE00"]
    head += ["colourfulness, of the true", "minutes", "steps", "parameters", "peak memory"]
    rows = [
        [
            step.title,
            f"{found['val_loss']:.4f}",
            f"{found['answer_psnr']:.2f}",
            f"{found['psnr']:.2f}",
            f"{found['ciede2000']:.2f}",
            f"{found['colourfulness']:.0%}",
            f"{found['minutes']:.1f}",
            str(found["steps"]),
            f"{found['parameters']:,}",
            f"{found['memory'] / 1e9:.2f} GB",
        ]
        for step, found in zip(steps, results, strict=True)
    ]
    changes = [
        f"- Step {place + 2} against step {place + 1}: {improvement(*results[place : place + 2])}"
        for place in range(len(steps) - 1)
    ]
    return [
        photos_of(results[0]) + "\nThe answer is what the network says, as the article shows it; "
        "restored is the photo\nwith its own lightness and the answer's colours.",
        table(head, [*baseline_rows(parts, 2, 4), *rows]),
        "![gray, the answers of the four steps, true](article-answer.jpg)",
        "![gray, restored by the four steps, true](article-restored.jpg)",
        "![validation loss of the four steps](article-curves.svg)",
        "## Does each step matter?",
        "\n".join(changes),
    ]


def main() -> None:
    parser = study_parser(__doc__, "runs/article", 80)
    parser.add_argument("--scale", type=float, default=0.1, help="of filters, code and epochs")
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--patience", type=int, default=50, help="epochs without a better one")
    parser.add_argument("--first", type=int, default=4, help="only so many of the four steps")
    given = parser.parse_args()
    folder = page_folder(given)
    parts = parted(
        given.data, given.out, valid=0.3, test=given.test, side=given.side, limit=given.limit
    )
    steps = trials(given.scale, given.side, given.batch, given.patience)[: given.first]
    results = [run(step, parts, given.out) for step in steps]
    drawn = [draw(step, given.out, given.show, given.side) for step in steps]
    for kind in ("answer", "restored"):
        columns = {f"step {n}": of[kind] for n, of in enumerate(drawn, start=1)}
        first = drawn[0]
        photos = {"gray": first["degraded"], **columns, "true": first["true"]}
        sheet(folder / f"article-{kind}.jpg", photos)
    parts_of_page = page(steps, parts, given.out, results, folder)
    write_page(folder, "article-study.md", "The article's study", parts_of_page)


if __name__ == "__main__":
    main()
