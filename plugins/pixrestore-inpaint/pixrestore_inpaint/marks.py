"""How much of a photo is scratched, dusty or torn."""

from __future__ import annotations

import numpy as np

from pixrestore.images.parts import middle

_AROUND = 9  # pixels: wider than most marks
_CONTRAST = 0.2
_PAPER, _DIRT = 0.75, 0.22
_TINT = 0.12
_SMOOTH = 0.025
_PART = 400  # height and width of what is looked at
_LEAST = 32


def marked_share(image):
    """Return the share of the smooth places of a photo that marks cover.

    Bare paper is nearly white and dirt nearly black, both without colour, and both are far from
    the median around them, which thin marks leave as it was. Where surroundings are rough, as in
    grass, what stands out may belong there.

    Parameters
    ----------
    image : ndarray, float32, (H, W, 3), in [0, 1]

    Returns
    -------
    float or None
        None where the photo is too small, or hardly any place is smooth.
    """
    from scipy.ndimage import median_filter

    if min(image.shape[:2]) < _LEAST:
        return None
    part = middle(image, _PART)
    gray = part.mean(axis=-1)
    away = gray - median_filter(gray, _AROUND, mode="nearest")
    # Of every second pixel, which is quicker.
    rough = median_filter(np.abs(away[::2, ::2]), _AROUND).repeat(2, 0).repeat(2, 1)
    smooth = rough[: gray.shape[0], : gray.shape[1]] < _SMOOTH
    if smooth.mean() < 0.02:
        return None
    plain = np.ptp(part, axis=-1) < _TINT
    paper = (gray > _PAPER) & (away > _CONTRAST)
    dirt = (gray < _DIRT) & (away < -_CONTRAST)
    return float((plain & smooth & (paper | dirt)).sum() / smooth.sum())
