"""The pieces that a photo is restored in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pixrestore.images.resizing import Array

# How many degraded pixels around a place `encode` and `compose` may look at where they enlarge.
_REACH = 4


def reach(scale: int) -> int:
    """Return how far around a degraded pixel a task of that scale may look, in such pixels."""
    return _REACH if scale > 1 else 0


class Piece(NamedTuple):
    """A rectangle of the restored photo: what it is composed of, and where it belongs.

    Attributes
    ----------
    rows, columns : slice
        Where in the restored photo.
    degraded : ndarray, float32, (h, w, 3)
        The degraded photo there, with the surroundings that the task may look at.
    answer : ndarray, float32, (h * scale, w * scale, Cy)
        What the network says there, surroundings included.
    inner : tuple of slice
        The rectangle itself, without its surroundings, in `answer` and what is composed of it.
    """

    rows: slice
    columns: slice
    degraded: Array
    answer: Array
    inner: tuple[slice, slice]

    @classmethod
    def cut(
        cls, rows: Section, columns: Section, degraded: Array, answer: Array, scale: int
    ) -> Piece:
        """Cut a piece, with its surroundings, out of what the network saw and answered."""
        down, across = rows.within(scale), columns.within(scale)
        enlarged = tuple(slice(part.start * scale, part.stop * scale) for part in (down, across))
        return cls(
            slice(rows.low, rows.high),
            slice(columns.low, columns.high),
            degraded[down, across],
            answer[enlarged],
            (rows.kept(down, scale), columns.kept(across, scale)),
        )


@dataclass(frozen=True)
class Section:
    """What is kept of a stretch that the network saw, along one axis.

    Attributes
    ----------
    start, stop : int
        The stretch, in pixels of the restored photo; multiples of the task's scale.
    low, high : int
        What is kept of it.
    """

    start: int
    stop: int
    low: int
    high: int

    def within(self, scale: int) -> slice:
        """Return what is kept with its surroundings, in degraded pixels from `start`."""
        around = reach(scale)
        first = (self.low - self.start) // scale - around
        last = -(-(self.high - self.start) // scale) + around
        return slice(max(0, first), min((self.stop - self.start) // scale, last))

    def kept(self, within: slice, scale: int) -> slice:
        """Return what is kept, in pixels of the restored photo from the start of `within`."""
        offset = self.start + within.start * scale
        return slice(self.low - offset, self.high - offset)


Pieces = Iterator[Piece]
