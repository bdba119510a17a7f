"""What a run shows while it goes on: a live bar on a terminal, a line an epoch elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

_SECONDS_BETWEEN_REFRESHES = 0.25
# Speed is the mean over about this long: older steps say little about the time left.
_WINDOW_SECONDS = 20.0
# A terminal that has closed is no reason to end a run.
_GONE = contextlib.suppress(OSError)


class Display:
    """Messages, a bar, and a summary of each epoch, on standard error.

    Parameters
    ----------
    batch : int
        Patches a step, for the rate.
    quiet : bool
        Show nothing.
    """

    def __init__(self, batch: int, quiet: bool = False) -> None:
        self.batch = batch
        self.console = Console(stderr=True, quiet=quiet, highlight=False)
        self._bar = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%  step {task.fields[step]}"),
            TextColumn("loss {task.fields[loss]:.5f}  {task.fields[rate]:.1f} images/s"),
            TextColumn("{task.fields[left]} left"),
            console=self.console,
            auto_refresh=False,
            transient=True,
            disable=quiet or not self.console.is_terminal,
        )
        self._run = self._bar.add_task("", total=1.0, epoch=1, step=0, loss=0.0, rate=0.0, left="?")
        self._ticks: list[tuple[float, int, float]] = []
        self._shown = 0.0

    def __enter__(self) -> Display:
        with _GONE:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        with _GONE:
            self._bar.stop()

    def say(self, message: str) -> None:
        """Print a line above the bar."""
        with _GONE:
            self.console.print(message, soft_wrap=True, markup=False)
            sys.stderr.flush()

    def pause(self) -> None:
        """Forget the speed so far: something other than steps took time."""
        self._ticks.clear()

    def step(self, epoch: int, step: int, done: float, loss: float) -> None:
        """Show a step."""
        now = time.monotonic()
        self._ticks.append((now, step, done))
        while now - self._ticks[0][0] > _WINDOW_SECONDS:
            self._ticks.pop(0)
        if now - self._shown < _SECONDS_BETWEEN_REFRESHES:
            return
        self._shown = now
        then, first, before = self._ticks[0]
        elapsed = max(now - then, 1e-9)
        left = (1 - done) * elapsed / (done - before) if done > before else None
        with _GONE:
            self._bar.update(
                self._run,
                completed=done,
                epoch=epoch,
                step=step,
                loss=loss,
                rate=(step - first) * self.batch / elapsed,
                left="?" if left is None else _clock(left),
            )
            self._bar.refresh()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
