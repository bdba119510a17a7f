"""What moves on a terminal while one photo is worked on."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Any

from pixrestore.restoring.progress import listening

_PATIENCE_SECONDS = 1.0  # before anything is shown: most photos take less
_SECONDS_BETWEEN = 0.2
_CLEAR = "\r\x1b[K"
# Nobody may be looking any more.
_GONE = contextlib.suppress(OSError, ValueError)


class Movement:
    """How much of a photo is done, in a line that goes away; on a terminal only."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._began = self._shown_at = 0.0
        self._shown = False

    def __enter__(self) -> Movement:
        if sys.stderr.isatty():
            self._stack.enter_context(listening(self._show))
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.close()
        self.clear()

    def clear(self) -> None:
        """Take the line away: something else is to be said."""
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
