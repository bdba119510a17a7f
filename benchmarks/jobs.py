"""Whether several processes restore a folder sooner than one does.

    python benchmarks/jobs.py                       # colorize and denoise, small and large photos
    python benchmarks/jobs.py --processes 4 --rounds 5 colorize

Each round restores the same photos once with one process, and once with several that share them, in
turn. Other programs disturb both; a ratio of the clock that is larger than that of idle processors
is what several processes take from others, not what they gain. So the share of the processors that
one process keeps busy on its own is printed too: its inverse is what can be gained at most.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

import pixrestore

SAMPLES = sorted((Path(pixrestore.__file__).parent / "samples").glob("*.jpg"))
SIZES = {"0.3 MP": ((640, 480), 24), "12 MP": ((4000, 3000), 4)}


def make_photos(folder: Path, size: tuple[int, int], count: int) -> None:
    """Fill a folder with gray photos of one size."""
    folder.mkdir()
    for number in range(count):
        with Image.open(SAMPLES[number % len(SAMPLES)]) as image:
            image.convert("L").resize(size, Image.Resampling.BICUBIC).save(
                folder / f"{number}.jpg", quality=92
            )


def restore(task: str, photos: Path, out: Path, processes: int) -> tuple[float, float]:
    """Restore a folder; return seconds by the clock and of processors."""
    words = [sys.executable, "-m", "pixrestore", task, str(photos), "-o", str(out), "--quiet"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    running = [subprocess.Popen(words) for _ in range(processes)]
    codes = [one.wait() for one in running]
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert not any(codes), codes
    assert len(list(out.iterdir())) == len(list(photos.iterdir()))
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=["colorize", "denoise"])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", nargs="*", choices=SIZES, default=list(SIZES))
    asked = parser.parse_args()
    print(f"{len(os.sched_getaffinity(0))} processors, load {os.getloadavg()[0]:.1f}")
    for task in asked.tasks:
        for name in asked.sizes:
            size, count = SIZES[name]
            if task == "denoise":
                count = max(2, count // 4)
            with tempfile.TemporaryDirectory() as folder:
                photos = Path(folder, "photos")
                make_photos(photos, size, count)
                rows = []
                for turn in range(asked.rounds):
                    order = [1, asked.processes][:: 1 if turn % 2 else -1]
                    outs = {n: Path(folder, f"{n}-{turn}") for n in order}
                    rows.append({n: restore(task, photos, outs[n], n) for n in order})
                one = [row[1] for row in rows]
                several = [row[asked.processes] for row in rows]
                ratios = [a[0] / b[0] for a, b in zip(one, several, strict=True)]
                print(
                    f"{task}, {count} photos of {name}: sooner by "
                    f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}); "
                    f"processor time a photo {statistics.median(a[1] for a in one) / count:.3f} s "
                    f"and {statistics.median(b[1] for b in several) / count:.3f} s; "
                    f"one process keeps {max(a[1] / a[0] for a in one):.2f} busy",
                    flush=True,
                )


if __name__ == "__main__":
    main()
