"""A bar on a terminal that says how many photos are done, and how long the others will take."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from pixrestore.restoring.progress import listening

_TIMES_A_SECOND = 4


class Bar:
    """How far the work on several photos has come; it goes away at the end.

    Parameters
    ----------
    total : int
        How many photos there are.
    """

    def __init__(self, total: int) -> None:
        self._done = 0
        self._pace = Pace(total, time.monotonic())
        self._stack = contextlib.ExitStack()
        self._progress = Progress(
            BarColumn(),
            TextColumn("{task.fields[photos]}"),
            _TimeLeft(self._pace),
            console=Console(stderr=True),
            refresh_per_second=_TIMES_A_SECOND,
            transient=True,
            # Lines for people are printed in `aside`; standard output may be a file.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._total = total
        self._task = self._progress.add_task("", total=total, photos=f"0/{total}")

    def __enter__(self) -> Bar:
        self._stack.enter_context(listening(self._part))
        self._progress.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.close()
        self._progress.stop()

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while lines are printed."""
        self._progress.stop()
        sys.stderr.flush()
        try:
            yield
        finally:
            sys.stdout.flush()
            self._progress.start()

    def done(self, *, worked: bool) -> None:
        """Count a photo, and whether there was any work on it."""
        self._done += 1
        self._pace.count(worked=worked)
        photos = f"{self._done}/{self._total}"
        self._progress.update(self._task, completed=self._done, photos=photos)

    def _part(self, done: int, total: int) -> None:
        self._pace.part = done / total
        self._progress.update(self._task, completed=self._done + done / total)


class Pace:
    """How long the rest of the photos will take, by those that took any time.

    Parameters
    ----------
    total : int
        How many photos there are.
    began : float
        When the work on them began, in seconds.

    Attributes
    ----------
    part : float
        How much of the photo at hand is done, 0 to 1.
    """

    def __init__(self, total: int, began: float) -> None:
        self.part = 0.0
        self._left = total
        self._worked = 0
        self._began = began

    def count(self, *, worked: bool) -> None:
        """Count a photo, and whether there was any work on it."""
        self._left -= 1
        self._worked += worked
        self.part = 0.0

    def left(self, now: float) -> float | None:
        """Return how many seconds the rest will take, or None before anything is known."""
        done = self._worked + self.part
        if done <= 0:
            return None
        return max(0.0, self._left - self.part) * (now - self._began) / done


class _TimeLeft(ProgressColumn):
    """How long the rest will take, in words that are short."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self._pace = pace

    def render(self, task: Task) -> Text:
        """Return the text."""
        left = self._pace.left(time.monotonic())
        return Text("" if left is None else f"{duration(left)} left")


def duration(seconds: float) -> str:
    """Return a time as people say it: ``45 s``, ``3 min``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
