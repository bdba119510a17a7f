"""Parts and small copies of photos, which are enough to measure on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = TypeVar("Pixels", bound=NDArray[Any])


def middle(image: Pixels, side: int) -> Pixels:
    """Return a view of the middle of an image (H, W, ...), at most `side` pixels high and wide."""
    top, left = (max(0, (length - side) // 2) for length in image.shape[:2])
    return image[top : top + side, left : left + side]  # type: ignore[return-value]


def blocks(image: NDArray[Any], side: int) -> NDArray[Any]:
    """Return the whole blocks of an image (H, W, ...), (rows, columns, `side`, `side`, ...)."""
    rows, columns = image.shape[0] // side, image.shape[1] // side
    whole = image[: rows * side, : columns * side]
    return whole.reshape(rows, side, columns, side, *image.shape[2:]).swapaxes(1, 2)


def reduced(image: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Return the mean of each block of an image (H, W, C); less than a block counts as one."""
    height, width = (min(side, length) for length in image.shape[:2])
    rows, columns = image.shape[0] // height, image.shape[1] // width
    whole = image[: rows * height, : columns * width]
    # One axis after the other, which takes a quarter of the time of both at once.
    across = whole.reshape(rows, height, -1).mean(axis=1)
    means = across.reshape(rows, columns, width, -1).mean(axis=2)
    return np.asarray(means, np.float32)
