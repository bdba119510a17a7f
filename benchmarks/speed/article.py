"""Time to the quality of the article that pixrestore began with."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from speed.measuring import PIXRESTORE, Row, Settings, measured

# Its protocol, docs/explanation/from-the-article.md: epochs times photos of an epoch.
_IMAGES = 400 * 350
# What a quarter of its network gained over gray, in dB: docs/studies/article-study.md, step 4.
_QUALITY = 0.83
_COLORIZE = ("train", "--task", "colorize", "--film", "0")
_ARTICLE = ("--space", "rgb", "--arch", "bottleneck", "--chunks", "1000", "--ema", "0")
# By reconstruction, as there; epochs of 30 steps.
_OURS = ("--loss", "charbonnier", "--chunks", "30", "--rate", "2e-3", "--patience", "0")


def time_to_quality(settings: Settings) -> Iterator[Row]:
    """Compare how long its own network would take by its protocol with how long ours takes."""
    what = "time to the article's quality"
    if settings.data is None:
        yield Row(what, "", "needs --data FOLDER, of thousands of colour photos", "", "", None)
        return
    data = ("--data", settings.data)
    steps = 2 if settings.quick else 3
    theirs = settings.scratch / "article"
    command = (*PIXRESTORE, *_COLORIZE, *_ARTICLE, *data, "--out", theirs, "--steps", steps)
    article = measured(command)
    speed = _history(theirs)[-1]["images_per_second"]
    minutes = 2 if settings.quick else 4
    ours = settings.scratch / "ours"
    taken = measured((*PIXRESTORE, *_COLORIZE, *_OURS, *data, "--out", ours, "--minutes", minutes))
    rows = _history(ours)
    reached = [row["minutes"] for row in rows if row["psnr"] - row["input_psnr"] >= _QUALITY]
    whole = _IMAGES / speed / 60
    best = max(row["psnr"] - row["input_psnr"] for row in rows)
    figure = f"{reached[0]:.1f} min" if reached else f"not within {minutes} min (+{best:.2f} dB)"
    yield Row(
        f"{what}, +{_QUALITY} dB over gray",
        f"{figure}, {taken.peak / 1e9:.1f} GB",
        f"its network: {speed:.1f} images/s, {article.peak / 1e9:.1f} GB, so {whole / 60:.0f} h "
        f"for its {_IMAGES:,} images",
        f"{whole / reached[0]:.0f}" if reached else "",
        "at least 100",
        bool(reached) and whole / reached[0] >= 100,
    )


def _history(run: Path) -> list[dict[str, float]]:
    with (run / "history.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
