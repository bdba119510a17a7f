"""Bringing a small answer up to full resolution along the edges of a large guide."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter

Array = NDArray[np.float32]

RADIUS = 2
EPSILON = 1e-3


def resample(
    image: Array,
    shape: tuple[int, int],
    rows: slice | None = None,
    extent: tuple[float, float] | None = None,
) -> Array:
    """Resize an image of any number of channels, with antialiasing where it shrinks.

    Parameters
    ----------
    image : ndarray, float32, (h, w, C)
        What to resize.
    shape : tuple of int
        Height and width of the result.
    rows : slice, optional
        The rows of the result to make; all by default. Bands fit together without a seam.
    extent : tuple of float, optional
        Height and width of the part of `image` to use, from its top left; all by default.

    Returns
    -------
    ndarray, float32, (H, W, C)
    """
    height, width = extent or image.shape[:2]
    top, bottom = (rows.start, rows.stop) if rows else (0, shape[0])
    box = (0.0, top * height / shape[0], float(width), bottom * height / shape[0])
    enlarges = shape[0] >= height and shape[1] >= width
    method = Image.Resampling.BILINEAR if enlarges else Image.Resampling.HAMMING
    channels = [
        Image.fromarray(np.ascontiguousarray(image[..., c])).resize(
            (shape[1], bottom - top), method, box
        )
        for c in range(image.shape[-1])
    ]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


class GuidedUpsampler:
    """A small answer as a locally linear function of a guide: the fast guided filter [1]_.

    Around each pixel the answer is described as ``slope * guide + offset``, fitted at the small
    size. Slope and offset are smooth, so they can be enlarged; the sharp guide brings the edges.

    Parameters
    ----------
    guide : ndarray, float32, (h, w)
        The guide at the answer's size.
    answer : ndarray, float32, (h, w, C)
        What to bring up.
    radius : int
        Of the window of the fit, in small pixels.
    epsilon : float
        Variance of the guide below which it is taken for flat.

    References
    ----------
    .. [1] K. He, J. Sun, "Fast guided filter", arXiv:1505.00996, 2015.
    """

    def __init__(
        self, guide: Array, answer: Array, radius: int = RADIUS, epsilon: float = EPSILON
    ) -> None:
        guide = np.asarray(guide[..., None], np.float32)
        mean_guide, mean_answer = _box(guide, radius), _box(answer, radius)
        covariance = _box(guide * answer, radius) - mean_guide * mean_answer
        variance = _box(guide * guide, radius) - mean_guide * mean_guide
        slope = covariance / (variance + np.float32(epsilon))
        offset = mean_answer - slope * mean_guide
        self._fit = np.concatenate([_box(slope, radius), _box(offset, radius)], axis=-1)

    def rows(self, guide: Array, shape: tuple[int, int], rows: slice) -> Array:
        """Return a band of the answer at full resolution.

        Parameters
        ----------
        guide : ndarray, float32, (rows, W)
            The guide's rows at full resolution.
        shape : tuple of int
            Height and width of the full resolution.
        rows : slice
            Which rows.

        Returns
        -------
        ndarray, float32, (rows, W, C)
        """
        slope, offset = np.split(resample(self._fit, shape, rows), 2, axis=-1)
        brought: Array = slope * guide[..., None] + offset
        return brought


def _box(image: NDArray[Any], radius: int) -> Array:
    size = 2 * radius + 1
    filtered: Array = uniform_filter(image, size=(size, size, 1), mode="nearest")
    return filtered
