"""sRGB and CIE Lab, on whole photos in single precision.

The same numbers as `skimage.color` (white point D65, 2° observer), without the second that
importing it takes: that would be half of the wait for a colourised photo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

# IEC 61966-2-1: linear RGB to CIE XYZ, each row divided by the white point's value.
_WHITE = np.array([0.95047, 1.0, 1.08883])
_TO_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_TO_WHITE = (_TO_XYZ / _WHITE[:, None]).astype(np.float32)
_FROM_WHITE = np.linalg.inv(_TO_XYZ / _WHITE[:, None]).astype(np.float32)
LUMINANCE: Array = _TO_XYZ[1].astype(np.float32)

# CIE 15: below this ratio the cube root gives way to a line.
_KNEE = 0.008856
_SLOPE, _OFFSET = np.float32(7.787), np.float32(16 / 116)
_KNEE_ROOT = np.float32(0.2068966)


def linear(image: Array) -> Array:
    """Undo the sRGB tone curve; values are clipped to [0, 1]."""
    image = np.clip(image, 0, 1, dtype=np.float32)
    curve = (image + np.float32(0.055)) * np.float32(1 / 1.055)
    np.power(curve, np.float32(2.4), out=curve)
    return np.where(image <= 0.04045, image * np.float32(1 / 12.92), curve)


def gamma(light: Array) -> Array:
    """Apply the sRGB tone curve to linear light of 0 or more."""
    curve = np.maximum(light, np.float32(0.0031308))
    np.power(curve, np.float32(1 / 2.4), out=curve)
    curve *= np.float32(1.055)
    curve -= np.float32(0.055)
    return np.where(light <= 0.0031308, light * np.float32(12.92), curve)


def lightness(image: Array) -> Array:
    """Return CIE L, (H, W), in [0, 100], of sRGB in [0, 1], (H, W, 3)."""
    return np.float32(116) * _root(linear(image) @ LUMINANCE) - np.float32(16)


def chroma(image: Array) -> Array:
    """Return CIE a and b, (H, W, 2), of sRGB in [0, 1], (H, W, 3)."""
    x, y, z = np.moveaxis(_root(linear(image) @ _TO_WHITE.T), -1, 0)
    return np.stack([np.float32(500) * (x - y), np.float32(200) * (y - z)], axis=-1)


def from_lab(lightness: Array, chroma: Array) -> Array:
    """Return sRGB in [0, 1], (H, W, 3), of CIE L, (H, W), and a and b, (H, W, 2).

    Colours that sRGB cannot show are clipped channel by channel.
    """
    y = (lightness + np.float32(16)) * np.float32(1 / 116)
    roots = np.empty((*y.shape, 3), np.float32)
    roots[..., 0] = y + chroma[..., 0] * np.float32(1 / 500)
    roots[..., 1] = y
    roots[..., 2] = np.maximum(0, y - chroma[..., 1] * np.float32(1 / 200))
    cubes = roots * roots
    cubes *= roots
    ratios = np.where(roots > _KNEE_ROOT, cubes, (roots - _OFFSET) * (1 / _SLOPE))
    light = ratios @ _FROM_WHITE.T
    return gamma(np.clip(light, 0, 1, out=light))


def _root(ratio: Array) -> Array:
    """Return CIE's f: the cube root, a line near zero."""
    return np.where(ratio > _KNEE, np.cbrt(ratio), _SLOPE * ratio + _OFFSET)
