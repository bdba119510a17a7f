"""Local tasks: a photo of any size in overlapping tiles that equal the whole."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pixrestore.images import to_float
from pixrestore.restoring.network import Geometry, Network, Piece, Pieces
from pixrestore.task import Task

TILE = 1024
"""Largest height and width of a tile, margins included, in pixels."""


@dataclass(frozen=True)
class Span:
    """A tile along one axis: the network sees `start` to `stop`, of which `low` to `high` is kept.

    Seen pixels may lie beyond the photo, where it is reflected; kept ones never do.
    """

    start: int
    stop: int
    low: int
    high: int


def plan_spans(length: int, tile: int, geometry: Geometry) -> list[Span]:
    """Cut an axis into tiles of equal size.

    Neighbours overlap by twice the margin at least, and the cut between them is in the middle of
    the overlap, so that every kept pixel has its margin or the photo's own border around it.

    Parameters
    ----------
    length : int
        The photo's height or width.
    tile : int
        Largest size of a tile, margins included.
    geometry : Geometry
        Of the network. A network of one size gets tiles of that size, whatever `tile` is; as such
        a network depends on all of its tile, neighbours then overlap by a quarter.
    """
    multiple = geometry.multiple
    if geometry.side:
        size, multiple = geometry.side, 1
        margin = size // 8
    else:
        margin = geometry.margin
        size = max(tile // multiple, smallest_tile(geometry) // multiple) * multiple
    canvas = max(-(-length // multiple) * multiple, geometry.side or 0)
    size = min(size, canvas)
    step = (size - 2 * margin) // multiple  # in units of `multiple`, as all positions are
    room = (canvas - size) // multiple
    count = 1 + -(-room // step) if room else 1
    starts = [room * i // max(1, count - 1) * multiple for i in range(count)]
    cuts = [(first + second + size) // 2 for first, second in pairwise(starts)]
    edges = [0, *cuts, length]
    kept = zip(starts, pairwise(edges), strict=True)
    return [Span(start, start + size, low, high) for start, (low, high) in kept]


def smallest_tile(geometry: Geometry) -> int:
    """Return the least size of a tile that keeps as much as it spends on its margins."""
    if geometry.side:
        return geometry.side
    wanted = max(4 * geometry.margin, 64)
    return -(-wanted // geometry.multiple) * geometry.multiple


def restore_in_tiles(
    task: Task, network: Network, geometry: Geometry, pixels: NDArray[np.generic], tile: int
) -> Pieces:
    """Yield a photo piece by piece with the network's answers.

    Parameters
    ----------
    task : Task
        Encodes what the network sees.
    network, geometry
        The network.
    pixels : ndarray, (H, W, 3), of any dtype of a photo
        Only the tile at work is turned to float.
    tile : int
        Largest size of a tile.
    """
    height, width = pixels.shape[:2]
    across = plan_spans(width, tile, geometry)
    columns = _reflected(width, across[-1].stop)
    down = plan_spans(height, tile, geometry)
    rows = _reflected(height, down[-1].stop)
    for vertical in down:
        for horizontal in across:
            seen = pixels[
                rows[vertical.start : vertical.stop, None],
                columns[horizontal.start : horizontal.stop],
            ]
            degraded = to_float(seen)
            answer = network(np.ascontiguousarray(task.encode(degraded)[None], np.float32))[0]
            kept = (
                slice(vertical.low - vertical.start, vertical.high - vertical.start),
                slice(horizontal.low - horizontal.start, horizontal.high - horizontal.start),
            )
            yield Piece(
                slice(vertical.low, vertical.high),
                slice(horizontal.low, horizontal.high),
                degraded[kept],
                answer[kept],
            )


def _reflected(length: int, canvas: int) -> NDArray[np.intp]:
    """Return which pixel stands at each place of a canvas that reflects the photo at its end."""
    return np.pad(np.arange(length), (0, canvas - length), mode="reflect")
