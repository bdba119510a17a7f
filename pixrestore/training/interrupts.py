"""Ctrl-C during a run, kept until the run can stop without losing anything."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class Interrupts:
    """Keeps a Ctrl-C until it is let through; a second one stops the run at once.

    A context manager. Elsewhere than in the main thread, and where the program has a handler of its
    own for Ctrl-C, it keeps nothing.
    """

    def __init__(self) -> None:
        self._pressed = 0
        self._kept = self._keeping = False

    @property
    def impatient(self) -> bool:
        """Whether the run was stopped in the middle of something."""
        return self._pressed > 1

    def __enter__(self) -> Interrupts:
        self._pressed = 0
        self._kept = False
        self._keeping = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._keeping:
            signal.signal(signal.SIGINT, self._keep)
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        if self._keeping:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if kind is None:
            self.let_through()

    def _keep(self, number: int, frame: FrameType | None) -> None:
        self._pressed += 1
        self._kept = not self.impatient
        if self.impatient:
            raise KeyboardInterrupt

    def let_through(self) -> None:
        """Raise the `KeyboardInterrupt` that was kept, if any."""
        if self._kept:
            self._kept = False
            raise KeyboardInterrupt
