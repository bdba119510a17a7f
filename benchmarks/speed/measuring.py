"""What all rows share: their form, and processes measured from outside.

Where a ratio of processor time stands beside one of wall clock, it is what the wall clock would say
if every processor were busy all the time; other programs disturb it less.

Nothing heavy may be imported here: a child's peak memory counts from that of its parent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, ClassVar

BENCHMARKS = Path(__file__).parents[1]
PIXRESTORE = (sys.executable, "-m", "pixrestore")


@dataclass(frozen=True)
class Settings:
    """What the user chose."""

    scratch: Path
    quick: bool
    peers: str | None
    models: dict[str, str]
    data: Path | None
    photos: int


@dataclass(frozen=True)
class Row:
    """One line of the table; `met` is None where there is no target."""

    what: str
    figure: str
    reference: str
    ratio: str
    target: str
    met: bool | None
    HEADER: ClassVar[str] = (
        "| what | today | reference in the same run | ratio | target | met |\n"
        "|---|---|---|---|---|---|"
    )

    def as_line(self) -> str:
        """Return the row in Markdown."""
        met = {True: "yes", False: "no", None: ""}[self.met]
        cells = (self.what, self.figure, self.reference, self.ratio, self.target, met)
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True)
class Process:
    """What a finished process took: seconds of wall clock and of processors, peak bytes."""

    wall: float
    cpu: float
    peak: int


def measured(command: Sequence[str | Path]) -> Process:
    """Run a command to its end and measure it; an error of its own ends the benchmark."""
    import time

    start = time.perf_counter()
    child = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    complaint = child.stderr.read() if child.stderr else b""
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {complaint.decode(errors='replace')[-800:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    seconds = time.perf_counter() - start
    return Process(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * unit)


@dataclass
class Turns:
    """Several things measured in turn, so that what else the machine does meets all alike."""

    results: dict[str, list[Any]] = field(default_factory=dict)

    def take(self, rounds: int, things: dict[str, Callable[[], Any]]) -> Turns:
        """Measure each of `things` once in each of `rounds`, in alternating order."""
        for turn in range(rounds):
            for name in sorted(things, reverse=bool(turn % 2)):
                self.results.setdefault(name, []).append(things[name]())
        return self

    def least(self, name: str, attribute: str) -> float:
        """Return the least of one attribute: what the thing takes when left alone."""
        return min(getattr(result, attribute) for result in self.results[name])

    def ratio(self, first: str, second: str) -> float:
        """Return the median over the rounds of numbers `first` over numbers `second`."""
        pairs = zip(self.results[first], self.results[second], strict=True)
        return median(a / b for a, b in pairs)

    def middle(self, name: str) -> float:
        """Return the median of numbers."""
        return median(self.results[name])


def answers(module: str, *arguments: object, python: str = sys.executable) -> Any:
    """Run a module of this package in a process of its own; return the JSON that it prints last."""
    done = subprocess.run(
        [python, "-m", f"speed.{module}", *map(str, arguments)],
        cwd=BENCHMARKS,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def photos(
    settings: Settings, name: str, width: int, height: int, count: int = 1, noise: int = 0
) -> Path:
    """Return a photo (or a folder of `count`) of that size, made once; `noise` is its sigma."""
    path = settings.scratch / (name if count > 1 else f"{name}.jpg")
    if not path.exists():
        answers("photos", path, width, height, count, noise)
    return path


def installed_tasks() -> Iterator[str]:
    """Name the installed tasks."""
    listed = subprocess.run([*PIXRESTORE, "tasks", "--json"], stdout=subprocess.PIPE, check=True)
    for task in json.loads(listed.stdout):
        yield task["name"]
