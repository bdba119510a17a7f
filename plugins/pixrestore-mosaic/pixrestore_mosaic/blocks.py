"""How much of a photo a mosaic hides."""

from __future__ import annotations

import numpy as np

_LEAST, _LARGEST = 3, 64
# Two neighbours of one block are equal up to the rounding of 8 bits.
_EQUAL = 0.2 / 255


def hidden_share(image):
    """Return the share of a photo that lies in squares of one colour and one size.

    Along rows and columns, equal neighbours make runs. In a mosaic most are as long as a block is
    wide; in the flat places of other photos they have any length.

    Parameters
    ----------
    image : ndarray, float32, (H, W, 3), in [0, 1]

    Returns
    -------
    tuple of float and int
        The share, and the side of a block in pixels.
    """
    shares = [_shares(image), _shares(image.swapaxes(0, 1))]
    both = np.minimum(*shares)
    # By how much one length stands out from those beside it.
    peak = both[1:-1] - (both[:-2] + both[2:]) / 2
    side = int(peak[_LEAST - 1 :].argmax()) + _LEAST
    return float(max(0.0, peak[side - 1])), side


def _shares(image):
    """Return for each length the share of pixels that are in runs along rows as long as that."""
    height, width = image.shape[:2]
    if width < 2:
        return np.zeros(_LARGEST + 2)
    differs = np.abs(np.diff(image, axis=1)).max(axis=-1) > _EQUAL
    edge = np.ones((height, 1), bool)
    starts = np.concatenate([edge, differs], axis=1).ravel()
    places = np.append(np.flatnonzero(starts), height * width)
    lengths = np.diff(places)
    counted = np.bincount(lengths[lengths <= _LARGEST + 1], minlength=_LARGEST + 2)
    return counted * np.arange(_LARGEST + 2) / (height * width)
