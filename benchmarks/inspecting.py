"""Whether `pixrestore inspect` suggests the right task, on clean photos damaged by each task.

    python benchmarks/inspecting.py --data data/test/kodak24 data/test/cbsd68

Every task that looks damages each photo as it does by default, and the result is kept in 8 bits, as
a file would. All installed tasks then look at it. A photo counts for its task where that task is
suggested; "alone" says how often nothing else was.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from pixrestore import inspect_photo
from pixrestore.images import decode_rgb8, find_photos
from pixrestore.images.resizing import cropped_to_multiple
from pixrestore.plugins.kinds import TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.task import Task


def degraded(task: Task, photo: np.ndarray, seed: tuple[int, ...]) -> np.ndarray:
    clean = cropped_to_multiple(photo, task.scale).astype(np.float32) / np.float32(255)
    damaged = task.corrupt(clean, np.random.default_rng(seed))
    return np.rint(np.clip(damaged, 0, 1) * 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--every", type=int, default=1, help="take each Nth photo only")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    kinds = load_plugins().all(TASKS).items()
    tasks = {name: kind() for name, kind in kinds if kind.detect is not Task.detect}
    for folder in given.data:
        photos = find_photos(folder)[:: given.every]
        right, alone, count = Counter(), Counter(), len(photos)
        also = {name: Counter() for name in ("clean", *tasks)}
        for place, path in enumerate(photos):
            photo = decode_rgb8(path)
            found = inspect_photo(photo).tasks
            right["clean"] += not found
            also["clean"].update(found)
            for name, task in tasks.items():
                found = inspect_photo(degraded(task, photo, (given.seed, place))).tasks
                right[name] += name in found
                alone[name] += found == (name,)
                also[name].update(set(found) - {name})
        print(f"{folder.name}, {count} photos")
        for name in ("clean", *tasks):
            others = ", ".join(f"{other} {n}" for other, n in also[name].most_common())
            print(f"  {name:9} right {right[name]:3}  alone {alone[name]:3}  others: {others}")


if __name__ == "__main__":
    main()
