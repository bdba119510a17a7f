"""The kinds of things that photos are given as: paths, bytes, Pillow images, arrays."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import IO, Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixrestore.errors import PhotoError, UsageError
from pixrestore.images import Photo, encode_photo, photo_from_image, photo_to_image, read_photo
from pixrestore.images.formats import refuse_pages, refuse_unfit
from pixrestore.images.photo import photo_from_channels
from pixrestore.images.provenance import marked
from pixrestore.images.reading import as_photo_errors
from pixrestore.images.writing import written_format

ImageOrFile = str | os.PathLike[str] | IO[bytes] | Image.Image
"""What is restored to a Pillow image."""

Content = bytes | bytearray | memoryview
"""The bytes of a file, which are restored to bytes."""

_Scalar = TypeVar("_Scalar", bound=np.generic)

# Float images hold [0, 1]; noise goes beyond, but not as far as values that mean 0 to 255.
_FLOAT_LIMIT = 8.0


class RestoresPhotos(ABC):
    """Something that restores a `Photo`, and so every kind of thing that a photo is given as."""

    @abstractmethod
    def restore_photo(self, photo: Photo, **options: Any) -> Photo:
        """Restore the pixels of a photo, and keep all else; return `photo` if nothing is to do."""

    @abstractmethod
    def check(self, options: Mapping[str, Any]) -> None:
        """Raise a `UsageError` unless these options can be given when restoring."""

    @property
    @abstractmethod
    def label(self) -> str:
        """What results are called after."""

    @property
    @abstractmethod
    def scale(self) -> int:
        """How many times as high and wide results are."""

    def refuse_unfit(self, photo: Photo, format: str) -> None:
        """Raise an `OutputError`, before any work, where a format cannot hold the result."""
        refuse_pages(format, 1 + len(photo.further))
        for page in (photo, *photo.further):
            height, width = page.pixels.shape[:2]
            refuse_unfit(format, height * self.scale, width * self.scale)

    def restore_marked(self, photo: Photo, *, mark: bool = True, **options: Any) -> Photo:
        """Restore a photo, and let it say so where it was changed and `mark` is true.

        Its further pages are restored too.
        """
        if photo.further:
            return self._restored_pages(photo, mark, options)
        restored = self.restore_photo(photo, **options)
        return marked(restored) if mark and restored is not photo else restored

    def _restored_pages(self, photo: Photo, mark: bool, options: Mapping[str, Any]) -> Photo:
        pages = (replace(photo, further=()), *photo.further)
        restored = [self.restore_marked(page, mark=mark, **options) for page in pages]
        if all(new is old for new, old in zip(restored, pages, strict=True)):
            return photo
        first, *others = restored
        notes = [
            f"page {number}: {note}" for number, page in enumerate(others, 2) for note in page.notes
        ]
        return replace(first, further=tuple(others), notes=(*first.notes, *notes))

    @overload
    def restore(
        self, image: ImageOrFile, *, mark: bool = ..., damaged: bool = ..., **options: Any
    ) -> Image.Image: ...
    @overload
    def restore(
        self, image: Content, *, mark: bool = ..., damaged: bool = ..., **options: Any
    ) -> bytes: ...
    @overload
    def restore(
        self, image: NDArray[_Scalar], *, mark: bool = ..., damaged: bool = ..., **options: Any
    ) -> NDArray[_Scalar]: ...
    def restore(
        self, image: Any, *, mark: bool = True, damaged: bool = False, **options: Any
    ) -> Any:
        """Restore an image, and return it as the kind of thing that it was given as.

        Parameters
        ----------
        image : path, bytes, PIL.Image.Image or ndarray
            A photo's path gives a Pillow image; a file's bytes give a file's bytes in the same
            format (PNG for those that are only read, such as GIF); a Pillow image gives one; an
            array of shape (H, W), (H, W, 1 to 4) gives one of the same dtype and shape, except
            that a gray one gets three channels when the task adds colour, and that height and
            width become `Task.scale` times as large. Arrays are uint8,
            uint16 or float with values in [0, 1]; the last of 2 or 4 channels is alpha, which is
            clipped to that range. Masked arrays are taken where no value is masked.
        mark : bool
            Say in EXIF and XMP that a trained model has changed the photo. Arrays hold neither.
        damaged : bool
            Restore what is there of a file that lacks some of its pixels, which are black or gray
            then; by default it is refused.
        **options
            Options of the task that take effect when restoring, such as ``strength``, and its
            guides, such as ``hints``: each an image of the photo's size, transparent where nothing
            is painted, or a list of such images and of ``(x, y, colour)``.

        Returns
        -------
        PIL.Image.Image, bytes or ndarray

        Raises
        ------
        PhotoError
            The photo is missing or unreadable, lacks pixels, or the array is not an image.
        OutputError
            The format of the file's bytes cannot hold as large a result.
        UsageError
            The task has no such option.
        OutOfMemoryError
            Even the smallest tiles were too large.
        """
        self.check(options)  # a wrong option is told before any work
        photo = photo_of(image, damaged=damaged)
        content = isinstance(image, (bytes, bytearray, memoryview))
        if content:
            self.refuse_unfit(photo, written_format(photo))
        photo = self.restore_marked(photo, mark=mark, **options)
        if content:
            return encode_photo(photo)
        return _array_like(image, photo) if isinstance(image, np.ndarray) else photo_to_image(photo)


def photo_of(image: Any, *, damaged: bool = False) -> Photo:
    """Return the photo that a path, bytes, a file, a Pillow image or an array is; see `restore`."""
    if isinstance(image, Image.Image):
        with as_photo_errors(image):  # Pillow opens files without decoding them
            return photo_from_image(image)
    if isinstance(image, (bytes, bytearray, memoryview)):
        return read_photo(bytes(image), damaged=damaged)
    if isinstance(image, np.ndarray):
        return _photo_of_array(image)
    if isinstance(image, (str, os.PathLike)) or hasattr(image, "read"):
        return read_photo(image, damaged=damaged)
    kinds = "a path, bytes, a Pillow image or a NumPy array"
    raise UsageError(f"cannot restore a {type(image).__name__}: give {kinds}")


def _photo_of_array(image: NDArray[Any]) -> Photo:
    if np.ma.is_masked(image):
        masked = int(np.ma.getmaskarray(image).sum())
        raise PhotoError(f"{masked} values of the array are masked: fill them in before")
    image = np.asarray(image)  # no subclass, whose functions take other arguments
    kind = image.dtype
    if kind.kind == "f":
        low, high = np.min(image, initial=0), np.max(image, initial=0)
        if not max(-low, high) < _FLOAT_LIMIT:  # true also where a value is no number
            raise PhotoError(
                f"float images have values in [0, 1]; these reach from {low:g} to {high:g}"
            )
        image = image.astype(np.float32, copy=False)
    elif kind.kind == "u" and kind.itemsize <= 2:
        image = image.astype(kind.newbyteorder("="), copy=False)
    else:
        raise PhotoError(f"images are of uint8, uint16 or float, not {kind}")
    if image.ndim not in (2, 3):
        raise PhotoError(f"an image has shape (H, W) or (H, W, 1 to 4), not {image.shape}")
    photo = photo_from_channels(image)
    if photo.alpha is None or kind.kind != "f":
        return photo
    return replace(photo, alpha=np.clip(photo.alpha, 0, 1))


def _array_like(image: NDArray[Any], photo: Photo) -> NDArray[Any]:
    """Return a photo as an array of the type and the number of axes that `image` has."""
    channels = photo.channels()
    if image.ndim == 3 and channels.ndim == 2:
        channels = channels[..., None]
    return np.ascontiguousarray(channels.astype(image.dtype, copy=False))
