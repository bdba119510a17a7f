"""A folder of photos: how much of the network's own speed is left after files and conversions."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from speed.measuring import Row, Settings, answers, photos

_ROUNDS = 5


def throughput(settings: Settings) -> Iterator[Row]:
    """Compare photos a second of a folder with those of the network alone."""
    count = settings.photos
    folder = photos(settings, f"folder{count}", 672, 448, count=count)
    for task in ("denoise", "colorize"):
        out = settings.scratch / f"restored-{task}"
        found = answers("folders", settings.models[task], folder, out)
        share = found["share"]
        yield Row(
            f"folder of {count} photos of 0.3 MP, `{task}`",
            f"{found['folder']:.2f} photos/s, {found['folder ms']:.0f} ms of processor each",
            f"the network alone {found['network']:.2f}, {found['network ms']:.0f} ms; without "
            f"overlap {found['apart']:.2f}",
            f"{share:.2f} (of processor time {found['work']:.2f})",
            "at least 0.9",
            share >= 0.9,
        )


def main(model: str, folder: str, out: str) -> None:
    """Measure both in turn, a fifth of the folder at a time, in this process."""
    import time
    from pathlib import Path

    import numpy as np

    from pixrestore import load
    from pixrestore.images import find_photos, read_photo, write_photo
    from pixrestore.restoring.files import restore_files
    from speed.measuring import Turns

    restorer = load(model)
    paths = find_photos(Path(folder))
    network, seen = restorer.network, []

    def recorded(x: np.ndarray) -> np.ndarray:
        seen.append(x)
        return network(x)

    restorer.network = recorded
    restorer.restore_photo(read_photo(paths[0]))  # warms up, too
    restorer.network = network
    parts = [paths[turn::_ROUNDS] for turn in range(_ROUNDS)]

    def whole(part: list[Path], turn: int) -> None:
        restore_files(part, Path(out, f"whole{turn}"), restorer)

    def alone(part: list[Path], turn: int) -> None:
        for _ in part:
            for x in seen:
                network(x)

    def apart(part: list[Path], turn: int) -> None:
        for path in part:
            restored = restorer.restore_photo(read_photo(path))
            write_photo(restored, Path(out, f"apart{turn}", path.name))

    turns, processor = Turns(), Turns()
    for turn, part in enumerate(parts):
        # A few photos tell how fast a network is; all of them are restored.
        few = part[: max(2, len(part) // 10)]

        def speed(name: str, work, photos: list[Path], turn=turn) -> float:
            start, begun = time.perf_counter(), time.process_time()
            work(photos, turn)
            spent = (time.process_time() - begun) / len(photos)
            processor.results.setdefault(name, []).append(spent)
            return len(photos) / (time.perf_counter() - start)

        things = {"folder": (whole, part), "network": (alone, few), "apart": (apart, few)}
        turns.take(
            1, {n: lambda n=n, w=w, p=p, s=speed: s(n, w, p) for n, (w, p) in things.items()}
        )
    speeds = {name: turns.middle(name) for name in turns.results}
    shares = turns.ratio("folder", "network"), processor.ratio("network", "folder")
    spent = {f"{name} ms": 1000 * processor.middle(name) for name in ("folder", "network")}
    print(json.dumps({**speeds, **spent, "share": shares[0], "work": shares[1]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
