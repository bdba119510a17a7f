"""Before | after: a photo and its result beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling

from pixrestore.images import Photo, to_dtype, to_float
from pixrestore.images.profiles import in_srgb
from pixrestore.images.resizing import resample
from pixrestore.restoring.scene import shrink

_COMPARED = 1200  # height and width of each half of a comparison, at most
_GAP = 8


def comparison(before: Photo, after: Photo) -> Photo:
    """Return a before | after picture, small enough to look at, `before` enlarged where it must."""
    height, width = after.pixels.shape[:2]
    scale = min(1.0, _COMPARED / max(height, width))
    shape = max(1, round(height * scale)), max(1, round(width * scale))
    gap = np.ones((shape[0], _GAP, 3), np.float32)
    halves = [_fitted(in_srgb(before).pixels, shape), gap, _fitted(in_srgb(after).pixels, shape)]
    return Photo(to_dtype(np.concatenate(halves, axis=1), np.uint8))


def _fitted(pixels: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
    if pixels.shape[0] < shape[0]:
        return resample(to_float(pixels), shape, Resampling.BICUBIC)
    return shrink(pixels, shape)
