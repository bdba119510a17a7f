"""The pieces that a photo is restored in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pixrestore.images.resizing import Array


class Piece(NamedTuple):
    """A rectangle of the restored photo: what it is composed of, and where it belongs.

    Attributes
    ----------
    rows, columns : slice
        Where in the restored photo.
    degraded : ndarray, float32, (h, w, 3)
        The degraded photo there, with the surroundings that the task may look at.
    encoded : ndarray, float32, (h * scale, w * scale, Cx)
        What the task's `encode` made of the photo there.
    answer : ndarray, float32, (h * scale, w * scale, Cy)
        What the network says there, surroundings included.
    inner : tuple of slice
        The rectangle itself, without its surroundings, in `answer` and what is composed of it.
    """

    rows: slice
    columns: slice
    degraded: Array
    encoded: Array
    answer: Array
    inner: tuple[slice, slice]


Pieces = Iterator[Piece]
