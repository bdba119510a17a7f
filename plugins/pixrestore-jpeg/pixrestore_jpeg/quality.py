"""The quality at which a photo was compressed, from its pixels alone."""

from __future__ import annotations

import numpy as np
from scipy.fft import dctn

from pixrestore.images.parts import blocks, middle

# The luminance table of ITU-T T.81, annex K, which most encoders scale by quality.
_TABLE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_QUALITIES = range(4, 91, 2)
_PART = 512  # height and width of what is looked at
_GRID = 256  # and of what the place of the blocks is looked for in
_FEW = 40


def quality(image):
    """Estimate the quality at which a photo was last compressed.

    What an encoder keeps of a block are multiples of steps, which its quality sets [1]_. The lowest
    quality to whose steps most coefficients keep is the one.

    Parameters
    ----------
    image : ndarray, float32, (H, W, 3), in [0, 1]

    Returns
    -------
    int
        100 where no quality below 92 fits.

    References
    ----------
    .. [1] Z. Fan, R. L. de Queiroz, "Identification of bitmap compression history: JPEG detection
       and quantizer estimation", IEEE TIP 12(2), 2003.
    """
    part = 255 * (middle(image, _PART) @ _LUMA) - 128
    found = _coefficients(part, *_place(middle(part, _GRID)))
    for tried in _QUALITIES:
        scale = 5000 / tried if tried < 50 else 200 - 2 * tried
        steps = np.clip(np.floor((_TABLE * scale + 50) / 100), 1, 255)
        # What was rounded to zero says nothing of the step.
        kept = np.abs(found) > 0.6 * steps
        if kept.sum() >= _FEW and np.cos(2 * np.pi * found / steps)[kept].mean() > 0.5:
            return tried
    return 100


def _place(part):
    """Return where the first whole block begins: where most high frequencies are zero."""
    share = {
        (top, left): np.mean(np.abs(_coefficients(part, top, left)[:, 1:, 1:]) < 1)
        for top in range(8)
        for left in range(8)
    }
    return max(share, key=share.get)


def _coefficients(part, top, left):
    """Return the cosine transform of each block, (N, 8, 8)."""
    return dctn(blocks(part[top:, left:], 8), axes=(2, 3), norm="ortho").reshape(-1, 8, 8)
