"""How far the restoration of a photo has come, for whoever wants to know."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

Listener = Callable[[int, int], None]
"""Told of a photo that some of its pieces are done, and how many there are."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextlib.contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell `listener` of all pieces that this thread begins with meanwhile."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(done: int, total: int) -> None:
    """Tell that `done` of the `total` pieces of a photo are done."""
    if (listener := _listener.get()) is not None:
        listener(done, total)
