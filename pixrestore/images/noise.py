"""How much noise a photo has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pixrestore.images.parts import blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE = 12
# Of all blocks, so many are flat enough to show nothing but noise.
_FLAT = 0.15
# What the flattest of many blocks of pure noise show is less than its deviation.
_BIAS = 0.93
_ENDS = (0.03, 0.97)


def noise_sigma(image: NDArray[np.float32]) -> float:
    """Estimate the standard deviation of noise in a photo, in units of [0, 1].

    Noise is what is left of the flattest places when all that is smooth is taken away [1]_.

    Parameters
    ----------
    image : ndarray, float32, (H, W, C)

    References
    ----------
    .. [1] J. Immerkaer, "Fast noise variance estimation", Computer Vision and Image Understanding
       64(2), 1996.
    """
    if min(image.shape[:2]) < 3 * _SIDE:
        return 0.0
    rows = image[:-2] - 2 * image[1:-1] + image[2:]
    rough = (rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]) / 6
    deviations = np.sqrt(np.mean(blocks(rough, _SIDE) ** 2, axis=(2, 3)))
    means = blocks(image[1:-1, 1:-1], _SIDE).mean(axis=(2, 3))
    # Where values are cut off at black and white, noise is too.
    found = []
    for channel in range(image.shape[-1]):
        level = means[..., channel]
        inner = deviations[..., channel][(level > _ENDS[0]) & (level < _ENDS[1])]
        if inner.size:
            found.append(float(np.quantile(inner, _FLAT)))
    return float(np.mean(found)) / _BIAS if found else 0.0
