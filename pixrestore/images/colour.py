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
TO_WHITE = (_TO_XYZ / _WHITE[:, None]).astype(np.float32)
_FROM_WHITE = np.linalg.inv(_TO_XYZ / _WHITE[:, None]).astype(np.float32)
LUMINANCE: Array = _TO_XYZ[1].astype(np.float32)

# CIE 15: below this ratio the cube root gives way to a line.
KNEE = 0.008856
SLOPE, OFFSET = np.float32(7.787), np.float32(16 / 116)
_KNEE_ROOT = np.float32(0.2068966)


# Whole photos pass here: what is written where it was read spares the system new pages of memory,
# which take longer than the sums.


def linear(image: Array) -> Array:
    """Undo the sRGB tone curve; values are clipped to [0, 1]."""
    light = np.clip(image, 0, 1, dtype=np.float32)
    dark, line = light <= np.float32(0.04045), light * np.float32(1 / 12.92)
    light += np.float32(0.055)
    light *= np.float32(1 / 1.055)
    np.power(light, np.float32(2.4), out=light)
    np.copyto(light, line, where=dark)
    return light


def gamma(light: Array) -> Array:
    """Apply the sRGB tone curve to linear light of 0 or more."""
    dark, line = light <= np.float32(0.0031308), light * np.float32(12.92)
    curve = np.maximum(light, np.float32(0.0031308))
    np.power(curve, np.float32(1 / 2.4), out=curve)
    curve *= np.float32(1.055)
    curve -= np.float32(0.055)
    np.copyto(curve, line, where=dark)
    return curve


def lightness(image: Array) -> Array:
    """Return CIE L, (H, W), in [0, 100], of sRGB in [0, 1], (H, W, 3)."""
    root = _root(linear(image) @ LUMINANCE)
    root *= np.float32(116)
    root -= np.float32(16)
    return root


def chroma(image: Array) -> Array:
    """Return CIE a and b, (H, W, 2), of sRGB in [0, 1], (H, W, 3)."""
    x, y, z = np.moveaxis(_root(linear(image) @ TO_WHITE.T), -1, 0)
    return np.stack([np.float32(500) * (x - y), np.float32(200) * (y - z)], axis=-1)


def from_lab(lightness: Array, chroma: Array) -> Array:
    """Return sRGB in [0, 1], (H, W, 3), of CIE L, (H, W), and a and b, (H, W, 2).

    Colours that sRGB cannot show are clipped channel by channel.
    """
    y = lightness + np.float32(16)
    y *= np.float32(1 / 116)
    x = chroma[..., 0] * np.float32(1 / 500)
    x += y
    z = chroma[..., 1] * np.float32(-1 / 200)
    z += y
    white = [_cube(root) for root in (x, y, np.maximum(z, 0, out=z))]
    result = np.empty((*y.shape, 3), np.float32)
    # Channel by channel: products with matrices of 3 x 3 take several times as long.
    for channel, weights in enumerate(_FROM_WHITE):
        light = white[0] * weights[0]
        light += white[1] * weights[1]
        light += white[2] * weights[2]
        result[..., channel] = gamma(np.clip(light, 0, 1, out=light))
    return result


def _root(ratio: Array) -> Array:
    """Return CIE's f: the cube root, a line near zero."""
    dark, line = ratio <= np.float32(KNEE), ratio * SLOPE
    line += OFFSET
    root = np.cbrt(ratio)
    np.copyto(root, line, where=dark)
    return root


def _cube(root: Array) -> Array:
    """Undo `_root`."""
    dark, line = root <= _KNEE_ROOT, root - OFFSET
    line *= 1 / SLOPE
    cube = root * root
    cube *= root
    np.copyto(cube, line, where=dark)
    return cube
