"""What sizes suit a network, found by trying it, so that no architecture has to declare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pixrestore.backend import import_keras
from pixrestore.errors import PluginError

if TYPE_CHECKING:
    import keras

    from pixrestore.geometry import Network
    from pixrestore.task import Image

_MULTIPLES = sorted(odd * 2**power for odd in (1, 3, 5, 7) for power in range(9))
# Times this, a multiple cannot suit a network by having another factor in common with it.
_PRIME = 17
_MARGINS = (16, 32, 48, 64, 96, 128, 192)
# A quarter of the 1e-3 within which tiles must equal the whole: other photos may need more.
_TOLERANCE = 2.5e-4


def fixed_side(core: keras.Model) -> int | None:
    """Return the side of a network that takes one size only, None for a free size."""
    height, width = core.input_shape[1:3]
    if height is None and width is None:
        return None
    if height != width:
        raise PluginError(f"architecture {core.name} must take squares, not {height} by {width}")
    return int(height)


def size_multiple(core: keras.Model) -> int:
    """Find the number whose multiples a free-size network takes as height and width, by trying."""
    keras = import_keras()
    for multiple in _MULTIPLES:
        side = _PRIME * multiple
        try:
            picture = keras.KerasTensor((1, side, side, core.input_shape[-1]))
            height, width = core.compute_output_spec(picture).shape[1:3]
            # A side that only happens to give a whole fraction is no multiple of that fraction.
            if height == width and height and multiple * height % side == 0:
                return multiple
        except (ValueError, TypeError):
            pass
    raise PluginError(
        f"architecture {core.name} does not answer at its input's size or a part of it"
    )


def measure_margin(network: Network, xs: Image, multiple: int) -> int:
    """Find how far around a tile a network looks, from what it makes of real pictures.

    A network may see further in theory than it does once trained: the margin is the smallest with
    which the middle of each picture comes out as it does from the whole picture.

    Parameters
    ----------
    network : Network
    xs : ndarray, (N, S, S, Cx)
        Pictures to try, S at least three times `multiple`.
    multiple : int
        Heights and widths that the network takes are multiples of this.

    Returns
    -------
    int
        Margin in pixels, a multiple of `multiple`; the widest that fits into `xs` when none
        suffices.
    """
    side = xs.shape[1]
    middle = max(multiple, side // 4 // multiple * multiple)
    start = (side - middle) // 2 // multiple * multiple
    whole = np.concatenate([network(x[None]) for x in xs])
    whole = whole[:, start : start + middle, start : start + middle]
    widest = min(start, side - start - middle) // multiple * multiple
    for margin in sorted({-(-m // multiple) * multiple for m in _MARGINS}):
        if margin >= widest:
            break
        part = slice(start - margin, start + middle + margin)
        inner = slice(margin, margin + middle)
        tiles = np.concatenate([network(x[None, part, part]) for x in xs])[:, inner, inner]
        if float(np.abs(tiles - whole).max()) < _TOLERANCE:
            return margin
    return widest
