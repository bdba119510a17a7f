"""Float images of any number of channels to other sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling, fromarray

Array = NDArray[np.float32]


def resample(
    image: Array,
    shape: tuple[int, int],
    method: Resampling,
    extent: tuple[float, float] | None = None,
) -> Array:
    """Resize an image of any number of channels, with antialiasing where it shrinks.

    Parameters
    ----------
    image : ndarray, float32, (h, w, C)
        The picture to resize.
    shape : tuple of int
        Height and width of the result.
    method : PIL.Image.Resampling
        The filter.
    extent : tuple of float, optional
        Height and width of the part of `image` to use, from its top left; all by default.

    Returns
    -------
    ndarray, float32, (H, W, C)
    """
    height, width = extent or image.shape[:2]
    box = (0.0, 0.0, float(width), float(height))
    result = np.empty((*shape, image.shape[-1]), np.float32)
    for channel in range(image.shape[-1]):
        plane = fromarray(np.ascontiguousarray(image[..., channel]))
        result[..., channel] = np.asarray(plane.resize((shape[1], shape[0]), method, box))
    return result


def enlarged(image: Array, scale: int) -> Array:
    """Enlarge an image bicubically; at scale 1 it stays as it is.

    Parameters
    ----------
    image : ndarray, float32, (H, W, C)
    scale : int

    Returns
    -------
    ndarray, float32, (H * scale, W * scale, C)
        Values may leave the image's range a little beside sharp edges. Each pixel depends on the
        two pixels of `image` around it on each side.
    """
    if scale == 1:
        return image
    height, width = image.shape[:2]
    shape = height * scale, width * scale
    return resample(np.asarray(image, np.float32), shape, Resampling.BICUBIC)


def cropped_to_multiple(image: NDArray[np.generic], multiple: int) -> NDArray[np.generic]:
    """Return the top left of an image whose height and width are multiples of `multiple`."""
    height, width = (length // multiple * multiple for length in image.shape[:2])
    return image[:height, :width]
