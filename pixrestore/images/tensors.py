"""What tasks need to make training pairs as tensors: random numbers, and colour as `colour` has it.

Imports TensorFlow: only from within `Task.tensor_pairs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pixrestore.images import colour


class Draws:
    """Random numbers for a batch, each draw of its own: what a NumPy generator is to one photo.

    Parameters
    ----------
    seed : tensor or array, int32, (2,)
        The same seed gives the same numbers, but others where XLA compiles.
    """

    def __init__(self, seed: Any) -> None:
        self._seed, self._drawn = tf.convert_to_tensor(seed, tf.int32), 0

    def uniform(self, shape: Sequence[Any], low: float = 0.0, high: float = 1.0) -> Any:
        """Return numbers that are equally likely from `low` to `high`, float32."""
        return low + (high - low) * tf.random.stateless_uniform(shape, self._next())

    def normal(self, shape: Sequence[Any]) -> Any:
        """Return numbers of the standard normal distribution, float32."""
        return tf.random.stateless_normal(shape, self._next())

    def _next(self) -> Any:
        self._drawn += 1
        return tf.random.experimental.stateless_fold_in(self._seed, self._drawn)


def linear(image: Any) -> Any:
    """Undo the sRGB tone curve, as `colour.linear` does."""
    image = tf.clip_by_value(image, 0.0, 1.0)
    return tf.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)


def gamma(light: Any) -> Any:
    """Apply the sRGB tone curve, as `colour.gamma` does."""
    curve = 1.055 * tf.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055
    return tf.where(light <= 0.0031308, 12.92 * light, curve)


def gray_lightness(gray: Any) -> Any:
    """Return CIE L of gray sRGB, as `colour.lightness` does of three equal channels."""
    return 116.0 * _root(linear(gray) * float(np.sum(colour.LUMINANCE))) - 16.0


def chroma(image: Any) -> Any:
    """Return CIE a and b, (N, H, W, 2), as `colour.chroma` does."""
    roots = _root(tf.tensordot(linear(image), colour.TO_WHITE.T, 1))
    x, y, z = tf.unstack(roots, axis=-1)
    return tf.stack([500.0 * (x - y), 200.0 * (y - z)], axis=-1)


def _root(ratio: Any) -> Any:
    # Below the knee the root is not taken, but its slope would still be, infinite at zero.
    root = tf.maximum(ratio, colour.KNEE) ** (1 / 3)
    return tf.where(ratio > colour.KNEE, root, colour.SLOPE * ratio + colour.OFFSET)
