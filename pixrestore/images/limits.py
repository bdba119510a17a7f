"""How many pixels are read: what a caller allows, and what a file can hold."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from PIL import Image

from pixrestore.errors import PhotoError, TooLargeError

# Below this many pixels a photo takes so little memory that nothing is asked of its file.
_SMALL = 50_000_000
PIXELS_A_BYTE = 5_000
"""Pixels that a byte can stand for, in formats whose own limit is not known.

Photos have 1 to 30; blank pages some thousands.
"""

_opening = threading.Lock()


@contextlib.contextmanager
def without_pillows_limit() -> Iterator[None]:
    """Lift Pillow's limit of pixels, a global of the process and too low for large scans."""
    with _opening:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def refuse_claims(width: int, height: int, size: int, most: int = PIXELS_A_BYTE) -> None:
    """Raise a `PhotoError` where `size` bytes cannot hold so many pixels, `most` of them each."""
    if not size:
        raise PhotoError("the file is damaged: it is cut off before its picture")
    if width * height > max(_SMALL, most * size):
        raise PhotoError(f"a file of {size} bytes cannot hold a photo of {width} x {height} pixels")


def refuse_larger(width: int, height: int, max_pixels: int) -> None:
    """Raise a `TooLargeError` where a photo has more than `max_pixels`."""
    if width * height > max_pixels:
        raise TooLargeError(
            f"{width} x {height} pixels are more than the limit of {max_pixels / 1e6:g} megapixels"
        )
