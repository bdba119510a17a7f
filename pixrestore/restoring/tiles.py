"""Local tasks: a photo of any size in overlapping tiles that equal the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pixrestore.geometry import Geometry, Network
from pixrestore.images import to_float
from pixrestore.images.resizing import Array
from pixrestore.restoring.layers import straight
from pixrestore.restoring.pieces import Piece, Pieces
from pixrestore.restoring.progress import tell
from pixrestore.task import Task, reach

TILE = 896
"""Largest height and width of a tile, margins included, in pixels of the restored photo."""


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


def plan_spans(length: int, tile: int, geometry: Geometry) -> list[Section]:
    """Cut an axis into the fewest tiles, of equal size and no larger than that needs.

    A tile may reach beyond the photo, which is reflected there; what is kept of it never does.
    Neighbours overlap by twice the margin at least, and the cut between them is in the middle of
    the overlap, so that every kept pixel has its margin or the photo's own border around it.

    Parameters
    ----------
    length : int
        Height or width of the restored photo.
    tile : int
        Largest size of a tile, margins included.
    geometry : Geometry
        The sizes that the network takes. A network of one size gets tiles of that size, whatever
        `tile` is. It depends on all of its tile, so neighbours overlap by a quarter.
    """
    multiple = geometry.multiple
    if geometry.side:
        size = geometry.side
        margin = size // 8
    else:
        margin = geometry.margin
        size = max(tile // multiple, smallest_tile(geometry) // multiple) * multiple
    canvas = max(-(-length // multiple) * multiple, geometry.side or 0)
    # From here on in units of `multiple`, as all positions are.
    whole, most, overlap = canvas // multiple, size // multiple, -(-2 * margin // multiple)
    count = 1 + -(-max(0, whole - most) // (most - overlap))
    least = -(-(whole + overlap * (count - 1)) // count)
    size = geometry.side or least * multiple
    room = whole - size // multiple
    starts = [room * i // max(1, count - 1) * multiple for i in range(count)]
    cuts = [(first + second + size) // 2 for first, second in pairwise(starts)]
    edges = [0, *cuts, length]
    kept = zip(starts, pairwise(edges), strict=True)
    return [Section(start, start + size, low, high) for start, (low, high) in kept]


def smallest_tile(geometry: Geometry) -> int:
    """Return the least size of a tile that keeps as much as it spends on its margins."""
    if geometry.side:
        return geometry.side
    wanted = max(4 * geometry.margin, 64)
    return -(-wanted // geometry.multiple) * geometry.multiple


def restore_in_tiles(
    task: Task,
    network: Network,
    geometry: Geometry,
    pixels: NDArray[np.generic],
    tile: int,
    layers: Mapping[str, NDArray[np.uint8]],
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
    layers : mapping of str to ndarray
        The guides on which something is painted, premultiplied RGBA, (H, W, 4).
    """
    scale = task.scale
    fitting = _for_scale(geometry, scale)
    height, width = (scale * length for length in pixels.shape[:2])
    across = plan_spans(width, tile, fitting)
    columns = _reflected(pixels.shape[1], across[-1].stop // scale)
    down = plan_spans(height, tile, fitting)
    rows = _reflected(pixels.shape[0], down[-1].stop // scale)
    for row, vertical in enumerate(down):
        for column, horizontal in enumerate(across):
            tell(row * len(across) + column, len(down) * len(across))
            place = (
                rows[vertical.start // scale : vertical.stop // scale],
                columns[horizontal.start // scale : horizontal.stop // scale],
            )
            degraded = to_float(_taken(pixels, *place))
            guides = {
                name: straight(to_float(_taken(layer, *place))) for name, layer in layers.items()
            }
            encoded = task.encode_guided(degraded, guides)
            answer = network(np.ascontiguousarray(encoded[None], np.float32))[0]
            if guides:
                answer = task.hold(encoded, answer, guides)
            yield _cut(vertical, horizontal, degraded, encoded, answer, scale)


def _taken(
    pixels: NDArray[np.generic], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.generic]:
    """Return rows and columns of a photo: a view of it where none of them is reflected."""
    if rows[-1] - rows[0] == len(rows) - 1 and columns[-1] - columns[0] == len(columns) - 1:
        return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return pixels[rows[:, None], columns]


def _for_scale(geometry: Geometry, scale: int) -> Geometry:
    """Return a network's geometry for tiles that begin and end between degraded pixels."""
    return replace(
        geometry,
        multiple=math.lcm(geometry.multiple, scale),
        # What `encode` makes of a tile differs from the whole as far as it looks around.
        margin=geometry.margin + scale * reach(scale),
    )


def _reflected(length: int, canvas: int) -> NDArray[np.intp]:
    """Return which pixel stands at each place of a canvas that reflects the photo at its end."""
    return np.pad(np.arange(length), (0, canvas - length), mode="reflect")


def _cut(
    rows: Section, columns: Section, degraded: Array, encoded: Array, answer: Array, scale: int
) -> Piece:
    """Cut what is kept, with its surroundings, out of what the network saw and answered."""
    down, across = rows.within(scale), columns.within(scale)
    enlarged = tuple(slice(part.start * scale, part.stop * scale) for part in (down, across))
    return Piece(
        slice(rows.low, rows.high),
        slice(columns.low, columns.high),
        degraded[down, across],
        encoded[enlarged],
        answer[enlarged],
        (rows.kept(down, scale), columns.kept(across, scale)),
    )
