"""The pipeline alone: pairs a second beside plain decoding and resizing with Pillow."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from speed.measuring import Row, Settings, answers, photos


def throughput(settings: Settings) -> Iterator[Row]:
    """Compare pairs a second the first time around, and later, with decoding alone."""
    count = 60 if settings.quick else 240
    folder = photos(settings, f"clean{count}", 672, 448, count=count)
    for task in ("colorize", "denoise"):
        found = answers("pipeline", task, folder, 3 if settings.quick else 5)
        plain = f"Pillow decodes and resizes {found['plain']:.0f} photos/s"
        yield Row(
            f"pairs for `{task}`, photos seen for the first time",
            f"{found['first']:.0f} pairs/s",
            plain,
            f"{found['first_ratio']:.2f}",
            "the decode limit",
            None,
        )
        yield Row(
            f"pairs for `{task}`, photos seen before",
            f"{found['later']:.0f} pairs/s",
            plain,
            f"{found['later_ratio']:.2f}",
            "nothing decoded again",
            found["decoded_again"] == 0,
        )


def main(task: str, folder: str, rounds: str) -> None:
    """Measure all three in turn, with a thread for each usable processor."""
    import time
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    import numpy as np
    from PIL import Image

    from pixrestore.backend import usable_cpus
    from pixrestore.plugins.kinds import TASKS
    from pixrestore.plugins.loading import load_plugins
    from pixrestore.training import photos as data
    from speed.measuring import Turns

    kind = load_plugins().find(TASKS, task)()
    patch, batch = kind.settled_recipe().patch, kind.settled_recipe().batch
    paths = data.training_files(Path(folder))
    steps = range(-(-len(paths) // batch))  # every photo comes
    decoded: list[Path] = []
    decode = data.decode_rgb8

    def counting(path: Path, **settings) -> np.ndarray:
        decoded.append(path)
        return decode(path, **settings)

    data.decode_rgb8 = counting
    pool = ThreadPoolExecutor(usable_cpus())

    def pairs() -> data.Pairs:
        opened = data.open_photos(paths, kind, patch)
        return data.Pairs(kind, opened, data.Sampler(data.folders_of(paths), 1, 0), patch, batch, 0)

    def plain(path: Path) -> None:
        with Image.open(path) as image:
            np.asarray(image.convert("RGB").resize((patch, patch), Image.Resampling.BICUBIC))

    def speed(function, items) -> float:
        start = time.perf_counter()
        for _ in pool.map(function, items):
            pass
        return time.perf_counter() - start

    warm = pairs()
    speed(warm, steps)
    begun = len(decoded)
    later = [len(steps) + step for step in steps]
    made = len(steps) * batch
    turns = Turns()
    turns.take(1, {"later": lambda: made / speed(warm, later)})
    again = len(decoded) - begun
    turns = Turns().take(
        int(rounds),
        {
            "plain": lambda: len(paths) / speed(plain, paths),
            "first": lambda: made / speed(pairs(), steps),
            "later": lambda: made / speed(warm, later),
        },
    )
    found = {name: turns.middle(name) for name in turns.results}
    ratios = {f"{name}_ratio": turns.ratio(name, "plain") for name in ("first", "later")}
    print(json.dumps({**found, **ratios, "decoded_again": again}))


if __name__ == "__main__":
    main(*sys.argv[1:])
