"""Ctrl-C and other requests to stop, kept until a run can stop without losing anything."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

# What asks a program to end: `kill`, and a terminal or connection that closes.
_REQUESTS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_last: int = signal.SIGINT


def last_signal() -> int:
    """Return the number of the signal that the last `KeyboardInterrupt` stands for."""
    return _last


def _stop(number: int, frame: FrameType | None) -> None:
    """End what is under way as Ctrl-C does, so that it is cleaned up."""
    global _last
    _last = number
    raise KeyboardInterrupt


@contextlib.contextmanager
def answering_requests() -> Iterator[None]:
    """Within the block, requests to end raise a `KeyboardInterrupt`, as Ctrl-C does.

    Where the program has a handler of its own, or ignores them as under `nohup`, that stays.
    """
    global _last
    _last = signal.SIGINT
    answered: list[Any] = []
    if threading.current_thread() is threading.main_thread():
        answered = [one for one in _REQUESTS if signal.getsignal(one) is signal.SIG_DFL]
    for one in answered:
        signal.signal(one, _stop)
    try:
        yield
    finally:
        for one in answered:
            signal.signal(one, signal.SIG_DFL)


class Interrupts:
    """Keeps a request to stop until it is let through; a second Ctrl-C stops the run at once.

    A context manager. Elsewhere than in the main thread, and for signals that the program has a
    handler of its own for, it keeps nothing.
    """

    def __init__(self) -> None:
        self._pressed = 0
        self._kept = False
        self._before: dict[Any, Any] = {}

    @property
    def impatient(self) -> bool:
        """Whether the run was stopped in the middle of something."""
        return self._pressed > 1

    def __enter__(self) -> Interrupts:
        self._pressed = 0
        self._kept = False
        self._before = {}
        if threading.current_thread() is threading.main_thread():
            for one in (signal.SIGINT, *_REQUESTS):
                handler = signal.getsignal(one)
                # SIG_DFL of Ctrl-C is a program's own wish to end at once.
                usual = (
                    signal.default_int_handler if one == signal.SIGINT else signal.SIG_DFL,
                    _stop,
                )
                if handler in usual:
                    self._before[one] = handler
                    signal.signal(one, self._keep)
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)
        if kind is None:
            self.let_through()

    def _keep(self, number: int, frame: FrameType | None) -> None:
        global _last
        _last = number
        # A machine that goes down may ask twice; people who do have lost their patience.
        self._pressed += 1 if number == signal.SIGINT else 0
        self._kept = not self.impatient
        if self.impatient:
            raise KeyboardInterrupt

    def let_through(self) -> None:
        """Raise the `KeyboardInterrupt` that was kept, if any."""
        if self._kept:
            self._kept = False
            raise KeyboardInterrupt
