"""Squares cut from photos: patches at random, and the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

# How much of a photo's shorter side a patch of a scene shows. Down to 0.7 only, colorize stopped
# getting better on held-out photos after an hour.
_SCENE_SHARE = (0.45, 1.0)


def clean_patch(
    photo: NDArray[np.uint8], patch: int, scope: str, rng: np.random.Generator
) -> Array:
    """Cut a square of `patch` pixels from a photo, turned at random.

    A local task gets the photo's own pixels, in any of eight orientations; a scene task gets a
    large part of the photo, shrunk, mirrored or not.
    """
    height, width = photo.shape[:2]
    if scope == "local":
        if min(height, width) < patch:
            photo = _resized(photo, (0, 0, width, height), _at_least(width, height, patch))
            height, width = photo.shape[:2]
        top = rng.integers(height - patch + 1)
        left = rng.integers(width - patch + 1)
        square = photo[top : top + patch, left : left + patch]
        square = np.rot90(square, int(rng.integers(4)))
    else:
        side = min(height, width) * float(rng.uniform(*_SCENE_SHARE))
        top, left = rng.uniform(0, height - side), rng.uniform(0, width - side)
        square = _resized(photo, (left, top, left + side, top + side), (patch, patch))
    if rng.random() < 0.5:
        square = square[:, ::-1]
    return square.astype(np.float32) / np.float32(255)


def central_square(photo: NDArray[np.uint8], side: int, scope: str) -> Array:
    """Cut the middle of a photo to `side` pixels square: its own pixels, or shrunk for a scene."""
    height, width = photo.shape[:2]
    if scope == "scene" or min(height, width) < side:
        photo = _resized(photo, (0, 0, width, height), _at_least(width, height, side))
        height, width = photo.shape[:2]
    top, left = (height - side) // 2, (width - side) // 2
    square = photo[top : top + side, left : left + side]
    return square.astype(np.float32) / np.float32(255)


def _at_least(width: int, height: int, side: int) -> tuple[int, int]:
    scale = side / min(width, height)
    return max(side, round(width * scale)), max(side, round(height * scale))


def _resized(
    photo: NDArray[np.uint8], box: tuple[float, float, float, float], size: tuple[int, int]
) -> NDArray[np.uint8]:
    from PIL import Image as Pillow

    resized = Pillow.fromarray(photo).resize(size, Pillow.Resampling.BICUBIC, box=box)
    return np.asarray(resized)
