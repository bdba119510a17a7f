"""How wide the sharpest edges of a photo are."""

from __future__ import annotations

import numpy as np

from pixrestore.images.parts import blocks

_SIDE = 24  # of the places that are looked at one by one
_AROUND = 9  # pixels of an edge and its surroundings
_STEP = 0.12  # the least edge that noise does not make


def edge_width(image):
    """Return the width in pixels of the sharpest edges, across the direction that is worst.

    A step from dark to light that takes one pixel is as sharp as can be. Each place of the photo
    shows its sharpest edge, and one photo in focus has sharp edges in many places. A hand that
    moved leaves edges along its way sharp: of four directions the worst counts.

    Parameters
    ----------
    image : ndarray, float32, (H, W, 3), in [0, 1]

    Returns
    -------
    float or None
        None where the photo has too few edges.
    """
    gray = image.mean(axis=-1)
    found = [_width(gray, across) for across in ((0, 1), (1, 0), (1, 1), (1, -1))]
    known = [width for width in found if width is not None]
    return max(known) if len(known) > 2 else None


def _width(gray, across):
    from scipy.ndimage import maximum_filter, minimum_filter

    down, right = across
    height, width = gray.shape
    if min(height, width) < 2 * _SIDE:
        return None
    ahead = gray[down:, max(right, 0) : width + min(right, 0)]
    behind = gray[: height - down, max(-right, 0) : width - max(right, 0)]
    slope = np.abs(ahead - behind)
    line = np.zeros((_AROUND, _AROUND), bool)
    middle, reach = _AROUND // 2, _AROUND // 2
    for step in range(-reach, reach + 1):
        line[middle + step * down, middle + step * right] = True
    range_ = maximum_filter(ahead, footprint=line) - minimum_filter(ahead, footprint=line)
    steps = range_ > _STEP
    if steps.sum() < 100:
        return None
    sharpness = np.where(steps, slope / np.maximum(range_, _STEP), 0)
    best = blocks(sharpness, _SIDE).max(axis=(2, 3))
    best = best[best > 0]
    return float(1 / np.quantile(best, 0.8)) if best.size else None
