"""Time to the quality of the article that pixrestore began with."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from speed.measuring import PIXRESTORE, Row, Settings, answers, measured

# Its protocol, docs/explanation/from-the-article.md: epochs times photos of an epoch.
_IMAGES = 400 * 350
# What a quarter of its network gained over gray, in dB: docs/studies/article-study.md, step 4.
_QUALITY = 0.83
# By reconstruction, as there; epochs of 30 steps.
_OURS = (
    "train",
    "--task",
    "colorize",
    "--film",
    "0",
    "--loss",
    "charbonnier",
    "--chunks",
    "30",
    "--rate",
    "2e-3",
    "--patience",
    "0",
)


def time_to_quality(settings: Settings) -> Iterator[Row]:
    """Compare how long its own network would take by its protocol with how long ours takes."""
    what = "time to the article's quality"
    if settings.data is None:
        yield Row(what, "", "needs --data FOLDER, of thousands of colour photos", "", "", None)
        return
    theirs = answers("article", settings.data, settings.scratch / "article")
    minutes = 2 if settings.quick else 4
    out = settings.scratch / "ours"
    command = (*PIXRESTORE, *_OURS, "--data", settings.data, "--out", out, "--minutes", minutes)
    ours = measured(command)
    rows = _history(out)
    reached = [row["minutes"] for row in rows if row["psnr"] - row["input_psnr"] >= _QUALITY]
    whole = _IMAGES / theirs["speed"] / 60
    best = max(row["psnr"] - row["input_psnr"] for row in rows)
    theirs_in_words = f"its network: {theirs['speed']:.2f} images/s, {theirs['peak'] / 1e9:.1f} GB"
    figure = f"{reached[0]:.1f} min" if reached else f"not within {minutes} min (+{best:.2f} dB)"
    yield Row(
        f"{what}, +{_QUALITY} dB over gray",
        f"{figure}, {ours.peak / 1e9:.1f} GB",
        f"{theirs_in_words}, so {whole / 60:.0f} h for its {_IMAGES:,} images",
        f"{whole / reached[0]:.0f}" if reached else "",
        "at least 100",
        bool(reached) and whole / reached[0] >= 100,
    )


def _history(run: Path) -> list[dict[str, float]]:
    with (run / "history.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def main(data: str, out: str) -> None:
    """Measure a step of the article's network at its full size, after one that builds it."""
    import resource
    import time

    from pixrestore.tasks import Colorize
    from pixrestore.training.feed import feed
    from pixrestore.training.plan import Budget, Plan, settle_recipe
    from pixrestore.training.preparing import prepare

    task = Colorize(space="rgb", film=0.0)
    recipe = settle_recipe(task, {"architecture": "bottleneck"})
    plan = Plan(task, recipe, Budget(steps=2), data=(data,), out=Path(out))
    run = prepare(plan, lambda message: None, resume=False)
    batches = feed(run.batches, 0).take(1).cache().repeat()
    for _ in range(2):
        start = time.perf_counter()
        run.trainee.core.fit(batches, steps_per_epoch=1, shuffle=False, verbose=0)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"speed": recipe.batch / seconds, "peak": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
