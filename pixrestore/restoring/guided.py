"""Bringing a small answer up to full resolution along the edges of a large guide."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling, fromarray

from pixrestore.images.resizing import resample

Array = NDArray[np.float32]

# Chosen by benchmarks/upsampling.py among 1, 2, 3 and 0.0001 to 0.06.
RADIUS = 1
EPSILON = 0.02

# Pixels and rows of one product of matrices. Larger ones wake threads of NumPy's own, which wait
# for each other by spinning and stand in the way of those that read, write and run the network.
_PRODUCT_PIXELS = 16_384
_PRODUCT_ROWS = 24


class GuidedUpsampler:
    """A small answer enlarged smoothly, plus the detail that a guide says is missing.

    Around each small pixel the answer is fitted as ``slope * guide + offset``, as in the guided
    filter [1]_. The enlarged answer lacks what the enlarged guide lacks of the true one, times
    the slope: at edges that guide and answer share, colour follows the edge.

    The filter itself, which enlarges slope and offset [2]_, blurs what the answer knows already:
    on the chroma of Kodak's 24 photos it lost to plain bilinear enlarging.

    Parameters
    ----------
    guide : ndarray, float32, (h, w)
        The guide at the answer's size.
    answer : ndarray, float32, (h, w, C)
        The picture to enlarge.
    shape : tuple of int
        Height and width of the enlarged picture.
    radius : int
        Radius of the window of the fit, in small pixels.
    epsilon : float
        Variance of the guide below which it is taken for flat.

    References
    ----------
    .. [1] K. He, J. Sun, X. Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013.
    .. [2] K. He, J. Sun, "Fast guided filter", arXiv:1505.00996, 2015.
    """

    def __init__(
        self,
        guide: Array,
        answer: Array,
        shape: tuple[int, int],
        radius: int = RADIUS,
        epsilon: float = EPSILON,
    ) -> None:
        guide = np.asarray(guide[..., None], np.float32)
        mean_guide, mean_answer = _box(guide, radius), _box(answer, radius)
        covariance = _box(guide * answer, radius) - mean_guide * mean_answer
        variance = _box(guide * guide, radius) - mean_guide * mean_guide
        slope = np.asarray(covariance / (variance + epsilon), np.float32)
        small = np.concatenate([answer, guide], axis=-1)
        self._height = shape[0]
        # As wide as the full resolution already: bands only differ in height.
        self._wide = _widened(small, shape[1], Resampling.LANCZOS)
        self._wide_slope = _widened(slope, shape[1], Resampling.BILINEAR)

    def rows(self, guide: Array, rows: slice) -> Array:
        """Return a band of the answer at full resolution.

        Parameters
        ----------
        guide : ndarray, float32, (rows, W)
            The guide's rows at full resolution.
        rows : slice
            The rows to return.

        Returns
        -------
        ndarray, float32, (rows, W, C)
        """
        *smooth, smooth_guide = self._heightened(self._wide, rows, Resampling.LANCZOS)
        slopes = self._heightened(self._wide_slope, rows, Resampling.BILINEAR)
        missing = guide - smooth_guide
        band = np.empty((*guide.shape, len(smooth)), np.float32)
        for channel, (plane, slope) in enumerate(zip(smooth, slopes, strict=True)):
            slope *= missing
            np.add(plane, slope, out=band[..., channel])
        return band

    def _heightened(self, wide: Array, rows: slice, method: Resampling) -> Array:
        """Return rows of all channels at full height, (C, rows, W)."""
        weights, seen = _weights(wide.shape[1], self._height, rows, method)
        wide = wide[:, seen]
        result = np.empty((len(wide), len(weights), wide.shape[2]), np.float32)
        step = min(_PRODUCT_ROWS, max(2, _PRODUCT_PIXELS // wide.shape[2]))
        for top in range(0, len(weights), step):
            part = weights[top : top + step]
            weighty = np.flatnonzero(part.any(axis=0))
            used = slice(weighty[0], weighty[-1] + 1)
            np.matmul(part[:, used], wide[:, used], out=result[:, top : top + step])
        return result


def _widened(small: Array, width: int, method: Resampling) -> Array:
    """Return all channels at full width, (C, h, W)."""
    wide = resample(small, (len(small), width), method)
    return np.ascontiguousarray(np.moveaxis(wide, -1, 0))


def _weights(length: int, full: int, part: slice, method: Resampling) -> tuple[Array, slice]:
    """Return how much of which small pixels each full one of a part is made of.

    The weights are what Pillow makes of a unit matrix; multiplying with them is several times as
    fast as Pillow's own resizing of floats.
    """
    step = length / full
    reach = int(np.ceil(4 * max(1.0, step)))  # Lanczos looks 3 pixels far, of the coarser size
    first, last = int(part.start * step) - reach, int(part.stop * step) + reach + 1
    seen = slice(max(0, first), min(length, last))
    count = seen.stop - seen.start
    box = (0.0, part.start * step - seen.start, float(count), part.stop * step - seen.start)
    size = (count, part.stop - part.start)
    return np.asarray(fromarray(np.eye(count, dtype=np.float32)).resize(size, method, box)), seen


def _box(image: NDArray[Any], radius: int) -> Array:
    """Return the mean over squares, the image's edges repeated; SciPy's takes longer to import."""
    for axis in (0, 1):
        pad = [(0, 0)] * image.ndim
        pad[axis] = (radius, radius)
        padded, length = np.pad(image, pad, mode="edge"), image.shape[axis]
        shifted = [padded.take(range(k, k + length), axis) for k in range(2 * radius + 1)]
        image = np.asarray(np.mean(shifted, axis=0), np.float32)
    return image
