"""Images to train on that Python holds: arrays, Pillow images, rows of data sets."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.backend import available_memory
from pixrestore.errors import PhotoError, TrainingDataError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PLACE = Path("images in memory")
_FINGERPRINT_BYTES = 1 << 16
# Larger images than training uses are shrunk to it before they are kept.
_LARGEST_SIDE = 1024
# Under which names rows of data sets have their image.
_COLUMNS = ("image", "img", "pixel_values", "jpg", "png")
_KINDS = "an array, a Pillow image, bytes, or a row with one under `image`"


@dataclass(frozen=True, eq=False)
class Held:
    """An image in memory: its number, and its pixels, uint8 (H, W, 3)."""

    place: int
    pixels: NDArray[np.uint8]

    def __str__(self) -> str:
        return f"image {self.place}"

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self)

    @property
    def parent(self) -> Path:
        """All of them count as one folder."""
        return _PLACE

    def fingerprint(self) -> tuple[bytes, int]:
        """Return how its pixels begin, and their size, which tell it apart from all others."""
        content = self.pixels.tobytes()
        middle = max(0, (len(content) - _FINGERPRINT_BYTES) // 2)
        return content[middle : middle + _FINGERPRINT_BYTES], len(content)

    def decode(self, shorter_side: int) -> NDArray[np.uint8]:
        """Return its pixels, shrunk as `decode_rgb8` does."""
        return _shrunk(self.pixels, shorter_side)


Paths = tuple[str, ...]


def parted(data: Any) -> tuple[Paths, tuple[Held, ...]]:
    """Return what training data is: the paths of places, or images that are now in memory.

    Parameters
    ----------
    data : path, array, or iterable of paths or of images
        See `pixrestore.train`.

    Raises
    ------
    UsageError
        It is neither.
    PhotoError
        Something in it is no image.
    TrainingDataError
        The images take more than a quarter of the free memory.
    """
    if data is None:
        return (), ()
    if isinstance(data, (str, os.PathLike)):
        return (os.fspath(data),), ()
    if not isinstance(data, Iterable):
        raise UsageError(f"`data` must be paths or images, not a {type(data).__name__}")
    paths: list[str] = []
    images: list[Held] = []
    room, used = available_memory() // 4, 0
    for place, each in enumerate(data):
        if isinstance(each, (str, os.PathLike)):
            paths.append(os.fspath(each))
        else:
            images.append(Held(place, _pixels(each, place)))
            used += images[-1].pixels.nbytes
        if paths and images:
            raise UsageError("`data` has paths and images: give either")
        if used > room:
            raise TrainingDataError(
                f"the first {len(images)} images of `data` take a quarter of the free memory: "
                "give fewer, or the paths of files, which are decoded when they are needed"
            )
    return tuple(paths), tuple(images)


def told(images: tuple[Held, ...]) -> str:
    """Return what a run says it was trained on: how many images, and which."""
    digest = hashlib.blake2b(digest_size=6)
    for image in images:
        digest.update(repr(image.pixels.shape).encode())
        digest.update(image.pixels.tobytes())
    return f"{len(images)} {_PLACE} ({digest.hexdigest()})"


def is_told(place: str) -> bool:
    """Tell whether a run's data is images that were in memory."""
    return f" {_PLACE} (" in place


def _pixels(item: Any, place: int) -> NDArray[np.uint8]:
    import numpy as np

    from pixrestore.images import to_dtype, to_float
    from pixrestore.images.profiles import in_srgb
    from pixrestore.restoring.inputs import photo_of

    try:
        photo = photo_of(_image(item))
    except (PhotoError, UsageError) as error:
        why = str(error).removeprefix("cannot restore ")
        raise PhotoError(f"image {place} of `data`: {why}") from None
    pixels = to_float(in_srgb(photo).pixels if photo.icc else photo.pixels)
    if photo.alpha is not None:  # on white, as files are
        alpha = to_float(photo.alpha).reshape(*pixels.shape[:2], 1)
        pixels = pixels * alpha + (1 - alpha)
    eight: NDArray[np.uint8] = to_dtype(np.clip(pixels, 0, 1), np.uint8)
    return _shrunk(eight, _LARGEST_SIDE)


def _image(item: Any) -> Any:
    """Take the image out of a row of a data set."""
    if isinstance(item, Mapping):
        columns = [name for name in _COLUMNS if name in item]
        if not columns and "bytes" in item:
            return item["bytes"]
        if not columns:
            raise UsageError(f"the row has {', '.join(map(str, item))}: give {_KINDS}")
        return _image(item[columns[0]])
    if isinstance(item, tuple) and item:  # with its label
        return _image(item[0])
    numpy = getattr(item, "numpy", None)  # tensors of TensorFlow, PyTorch and JAX
    return numpy() if callable(numpy) else item


def _shrunk(pixels: NDArray[np.uint8], shorter_side: int) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    if min(height, width) <= shorter_side:
        return pixels
    import numpy as np
    from PIL import Image

    share = shorter_side / min(height, width)
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.HAMMING))
