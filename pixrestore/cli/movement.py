"""What moves on a terminal while photos are worked on."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any, Protocol

from pixrestore.restoring.progress import listening

_PATIENCE_SECONDS = 1.0  # before anything is shown: most photos take less
_SECONDS_BETWEEN = 0.2
_CLEAR = "\r\x1b[K"
# Nobody may be looking any more.
_GONE = contextlib.suppress(OSError, ValueError)


class Movement(Protocol):
    """Something that moves on a terminal, while a context of it is open."""

    def __enter__(self) -> Movement: ...
    def __exit__(self, *error: Any) -> None: ...

    def aside(self) -> contextlib.AbstractContextManager[object]:
        """Return a context in which lines can be printed."""

    def done(self, *, worked: bool) -> None:
        """Count a photo, and whether there was any work on it."""


def movement_for(total: int) -> Movement:
    """Return what moves while `total` photos are worked on: nothing where nobody would see it."""
    if not total or not sys.stderr.isatty():
        return Stillness()
    if total == 1:
        return Percentage()
    from pixrestore.cli.progress_bar import Bar

    return Bar(total)


class Stillness:
    """Nothing moves."""

    def __enter__(self) -> Stillness:
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def aside(self) -> contextlib.AbstractContextManager[object]:
        """Return a context in which lines can be printed."""
        return contextlib.nullcontext()

    def done(self, *, worked: bool) -> None:
        """Count nothing."""


class Percentage:
    """How much of a photo is done, in a line that goes away."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._began = self._shown_at = 0.0
        self._shown = False

    def __enter__(self) -> Percentage:
        self._stack.enter_context(listening(self._show))
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.close()
        self._clear()

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Take the line away: something else is to be said."""
        self._clear()
        yield

    def done(self, *, worked: bool) -> None:
        """Count nothing: there is one photo."""

    def _clear(self) -> None:
        if self._shown:
            self._shown = False
            with _GONE:
                sys.stderr.write(_CLEAR)
                sys.stderr.flush()

    def _show(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not done:
            self._began = now
        if now - self._began < _PATIENCE_SECONDS or now - self._shown_at < _SECONDS_BETWEEN:
            return
        self._shown, self._shown_at = True, now
        with _GONE:
            sys.stderr.write(f"{_CLEAR}{100 * done // total} %  {done} of {total} pieces done")
            sys.stderr.flush()
