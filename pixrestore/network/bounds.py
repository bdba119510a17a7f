"""A network that is no larger than the weights that there are for it."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from pixrestore.backend import import_keras
from pixrestore.errors import ModelError


@dataclass
class Room:
    """How much of a network may still be made.

    Attributes
    ----------
    numbers : int
        Weights, each a number.
    arrays : int
        Arrays of weights.
    """

    numbers: int
    arrays: int

    def take(self, shape: Any) -> None:
        """Take the room of one array; a `ModelError` where there is none."""
        self.numbers -= math.prod(shape)
        self.arrays -= 1
        if self.numbers < 0 or self.arrays < 0:
            raise ModelError("it describes a larger network than there are weights for")


_room: ContextVar[Room | None] = ContextVar("room", default=None)


@contextlib.contextmanager
def within(room: Room | None) -> Iterator[None]:
    """Refuse to make a network that needs more, before any memory for it is taken.

    What a ``model.json`` describes may be of any size, and Keras makes each weight as soon as its
    layer is built. The file of weights says how many there can be.
    """
    _watch()
    token = _room.set(room)
    try:
        yield
    finally:
        _room.reset(token)


@functools.cache
def _watch() -> None:
    """Let Keras' layers ask for room, where someone has set a limit, before they make weights."""
    layer: Any = import_keras().layers.Layer
    make = layer.add_weight

    @functools.wraps(make)
    def add_weight(self: Any, shape: Any = None, *args: Any, **settings: Any) -> Any:
        room = _room.get()
        if room is not None:
            room.take(() if shape is None else shape)
        return make(self, shape, *args, **settings)

    layer.add_weight = add_weight
