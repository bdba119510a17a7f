"""Try what befalls photos, disks and processes; print a table and whether anything was lost.

    cd tests && python -m torture [KIND ...] [--quick] [--seed N] [--KIND N]

Kinds: fuzz, kill-folders, kill-runs, disks, models, share, damaged; all by default. Ends with 1
where something was lost, half written or changed, where an error was no line, or where a command
hung or took more memory than it may. Files that were not survived are kept.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torture import disks, fuzzing, kills, models, sharing
from torture.tally import Tally


@dataclass(frozen=True)
class Kind:
    """Something to try, so many times; a tenth of it or less where it is to be quick."""

    run: Callable[[Tally, int, Path, int], None]
    count: int
    quick: int
    counted: str


KINDS = {
    "fuzz": Kind(
        lambda tally, n, scratch, jobs: fuzzing.fuzz(tally, n, jobs=jobs),
        10_000,
        200,
        "altered files",
    ),
    "kill-folders": Kind(
        lambda tally, n, scratch, jobs: kills.kill_folders(tally, n, scratch),
        150,
        10,
        "kills while a folder is restored",
    ),
    "kill-runs": Kind(
        lambda tally, n, scratch, jobs: kills.kill_runs(tally, n, scratch),
        50,
        3,
        "kills while a model is trained",
    ),
    "disks": Kind(
        lambda tally, n, scratch, jobs: disks.fill_disks(tally, n, scratch, lambda _: True),
        6,
        1,
        "sizes of a disk for each command that writes, besides none",
    ),
    "models": Kind(
        lambda tally, n, scratch, jobs: models.alter_models(tally, n, scratch),
        1_000,
        30,
        "altered models",
    ),
    "share": Kind(
        lambda tally, n, scratch, jobs: sharing.share(tally, n),
        64,
        8,
        "photos in threads; some of them in forks too",
    ),
    "damaged": Kind(
        lambda tally, n, scratch, jobs: sharing.cut_off(tally, n),
        100,
        5,
        "places to cut each of seven files off",
    ),
}


def main() -> int:
    """Try what is asked for; return the exit code."""
    given = _arguments()
    tally = Tally(given.keep, given.seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="torture-") as scratch:
        for name in given.kinds or KINDS:
            kind = KINDS[name]
            asked = getattr(given, name.replace("-", "_"))
            count = asked if asked is not None else kind.quick if given.quick else kind.count
            print(f"{name}: {count} {kind.counted}", flush=True)
            kind.run(tally, count, Path(scratch) / name, given.jobs)
    minutes = (time.monotonic() - began) / 60
    print(f"\n{tally.table()}\n")
    print(f"seed {given.seed}, {minutes:.0f} minutes, {_machine()}")
    print(tally.verdict())
    return 1 if tally.faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="torture", description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"{', '.join(KINDS)}; all if none")
    parser.add_argument("--quick", action="store_true", help="a small part of each")
    parser.add_argument("--seed", type=int, default=0, help="what all cases follow from")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="fuzzing processes")
    parser.add_argument("--keep", type=Path, default=Path("torture-faults"), metavar="FOLDER")
    for name, kind in KINDS.items():
        parser.add_argument(
            f"--{name}", type=int, metavar="N", help=f"{kind.counted}: {kind.count}"
        )
    given = parser.parse_args()
    if unknown := set(given.kinds) - set(KINDS):
        parser.error(
            f"no kind is called {', '.join(sorted(unknown))}: there are {', '.join(KINDS)}"
        )
    given.keep = given.keep.resolve()
    return given


def _machine() -> str:
    disk = "disks mounted" if disks.mounts() else "disks by limits on the size of files"
    return f"Python {platform.python_version()} on {platform.system()}, {disk}"


if __name__ == "__main__":
    sys.exit(main())
