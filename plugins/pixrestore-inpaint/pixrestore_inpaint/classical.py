"""Repair without a network: what is far from the median around it is taken for damage."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter

from pixrestore_inpaint.masked import inpaint

_WINDOW = 7
_FAR = 0.15


def median(image):
    """Return `image` (H, W, 3) with the median of its surroundings where it is far from it."""
    smooth = median_filter(image, (_WINDOW, _WINDOW, 1))
    return np.where(_damage(image, smooth)[..., None], smooth, image)


def biharmonic(image):
    """Return `image` (H, W, 3) with what is far from its surroundings filled smoothly."""
    damage = _damage(image, median_filter(image, (_WINDOW, _WINDOW, 1)))
    return image if damage.all() else inpaint(image, damage)


def _damage(image, smooth):
    return np.any(np.abs(image - smooth) > _FAR, axis=-1)
