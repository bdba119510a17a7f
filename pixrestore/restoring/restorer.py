"""A model loaded for use."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixrestore.errors import OutOfMemoryError, PhotoError, UsageError, nearest
from pixrestore.images import (
    Photo,
    encode_photo,
    photo_from_image,
    photo_to_image,
    read_photo,
    to_dtype,
)
from pixrestore.images.photo import photo_from_channels
from pixrestore.options import checked, options_of
from pixrestore.restoring.network import Array, Geometry, Network, Pieces
from pixrestore.restoring.scene import restore_as_scene
from pixrestore.restoring.tiles import TILE, restore_in_tiles, smallest_tile
from pixrestore.task import Task

_log = logging.getLogger("pixrestore")

# Float images hold [0, 1]; noise goes beyond, but not as far as values that mean 0 to 255.
_FLOAT_LIMIT = 8.0

ImageLike = TypeVar("ImageLike", bytes, Image.Image, NDArray[Any])


class Restorer:
    """A task and a trained network, ready to restore photos.

    Parameters
    ----------
    task : Task
        The task the network was trained for.
    network : Network
        Runs the network; see `Network`.
    geometry : Geometry
        The sizes it takes.
    info : Mapping, optional
        What is known about the model, such as its name and figures.

    Attributes
    ----------
    tile : int
        Largest height and width of the tiles of local tasks. It becomes smaller by itself when
        memory runs out.
    """

    def __init__(
        self,
        task: Task,
        network: Network,
        geometry: Geometry,
        *,
        info: Mapping[str, Any] | None = None,
    ) -> None:
        self.task = task
        self.network = network
        self.geometry = geometry
        self.info: Mapping[str, Any] = dict(info or {})
        self.tile = TILE
        self._adds_colour: bool | None = None

    def __repr__(self) -> str:
        name = self.info.get("name")
        return f"Restorer({self.task!r}" + (f", model {name!r})" if name else ")")

    def restore(self, image: Any, **options: Any) -> Any:
        """Restore an image, and return it as the kind of thing that it was given as.

        Parameters
        ----------
        image : path, bytes, PIL.Image.Image or ndarray
            A photo's path gives a Pillow image; a file's bytes give a file's bytes in the same
            format (PNG for those that are only read, such as GIF); a Pillow image gives one; an
            array of shape (H, W), (H, W, 1 to 4) gives one of the same dtype and shape, except
            that a gray one gets three channels when the task adds colour, and that height and
            width become `Task.scale` times as large. Arrays are uint8,
            uint16 or float with values in [0, 1]; the last of 2 or 4 channels is alpha.
        **options
            Options of the task that take effect when restoring, such as ``strength``.

        Returns
        -------
        PIL.Image.Image, bytes or ndarray

        Raises
        ------
        PhotoError
            The photo is missing or unreadable, or the array is not an image.
        UsageError
            The task has no such option.
        OutOfMemoryError
            Even the smallest tiles were too large.
        """
        self.configured(options)  # a wrong option is told before any work
        if isinstance(image, (str, os.PathLike)):
            return photo_to_image(self.restore_photo(read_photo(image), **options))
        if isinstance(image, (bytes, bytearray, memoryview)):
            return encode_photo(self.restore_photo(read_photo(bytes(image)), **options))
        if isinstance(image, Image.Image):
            return photo_to_image(self.restore_photo(photo_from_image(image), **options))
        if isinstance(image, np.ndarray):
            return self._restore_array(image, options)
        if hasattr(image, "read"):
            return photo_to_image(self.restore_photo(read_photo(image), **options))
        kinds = "a path, bytes, a Pillow image or a NumPy array"
        raise UsageError(f"cannot restore a {type(image).__name__}: give {kinds}")

    def restore_photo(self, photo: Photo, **options: Any) -> Photo:
        """Restore the pixels of a photo, and keep all else: alpha, depth, EXIF, profile.

        A gray photo stays gray unless the task adds colour. One that is enlarged gets as many
        more dots per inch, so that it prints at its old size.
        """
        pixels = self._restored(photo.pixels, options)
        if photo.gray and not self.adds_colour:
            pixels = _gray(pixels)
        return photo.with_pixels(pixels, gray=photo.gray and not self.adds_colour)

    def restore_pixels(self, pixels: Array, **options: Any) -> Array:
        """Restore float32 RGB in [0, 1], (H, W, 3), to the same, `Task.scale` times as large."""
        return self._restored(np.asarray(pixels, np.float32), options)

    def answer(self, pixels: Array) -> Array:
        """Return the network's answer to an image at its full size, before the task composes it.

        Parameters
        ----------
        pixels : ndarray, float32, (H, W, 3)

        Returns
        -------
        ndarray, float32, (H * scale, W * scale, Cy)
        """
        pixels = np.asarray(pixels, np.float32)
        shape = self._restored_shape(pixels)

        def collect() -> Array:
            answer: Array | None = None
            for piece in self._pieces(self.task, pixels):
                if answer is None:
                    answer = np.empty((*shape, piece.answer.shape[-1]), np.float32)
                answer[piece.rows, piece.columns] = piece.answer[piece.inner]
            assert answer is not None  # there is no photo without a pixel
            return answer

        return self._within_memory(collect)

    def configured(self, options: Mapping[str, Any]) -> Task:
        """Return the task with `options` of restoring; a `UsageError` names what is wrong."""
        offered = [option.name for option in options_of(type(self.task)) if option.restoring]
        for name in options:
            if name not in offered:
                known = nearest(name, offered)
                raise UsageError(f"{self.task.name} has no option {name!r} for restoring: {known}")
        if not options:
            return self.task
        return dataclasses.replace(self.task, **checked(type(self.task), options))  # type: ignore[type-var]

    @property
    def adds_colour(self) -> bool:
        """Whether the task brings colour back: found by trying what its damage does to colours."""
        if self._adds_colour is None:
            colours = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32)
            rng = np.random.default_rng(0)
            left = min(_colour(self.task.corrupt(colours.copy(), rng)) for _ in range(4))
            self._adds_colour = left < 0.1 * _colour(colours)
        return self._adds_colour

    def _restored(self, pixels: NDArray[Any], options: Mapping[str, Any]) -> NDArray[Any]:
        task = self.configured(options)
        if pixels.ndim != 3 or pixels.shape[-1] != 3 or 0 in pixels.shape:
            raise PhotoError(f"an image of shape (H, W, 3) is needed, not {pixels.shape}")

        def collect() -> NDArray[Any]:
            result = np.empty((*self._restored_shape(pixels), 3), pixels.dtype)
            for piece in self._pieces(task, pixels):
                restored = task.compose(piece.degraded, piece.answer)[piece.inner]
                result[piece.rows, piece.columns] = to_dtype(restored, pixels.dtype)
            return result

        return self._within_memory(collect)

    def _restored_shape(self, pixels: NDArray[Any]) -> tuple[int, int]:
        height, width = pixels.shape[:2]
        return height * self.task.scale, width * self.task.scale

    def _pieces(self, task: Task, pixels: NDArray[Any]) -> Pieces:
        if task.scope == "scene":
            return restore_as_scene(task, self.network, self.geometry, pixels)
        return restore_in_tiles(task, self.network, self.geometry, pixels, self.tile)

    def _within_memory(self, work: Any) -> Any:
        """Do `work`, again with smaller tiles whenever memory runs out."""
        while True:
            try:
                return work()
            except MemoryError as error:
                least = smallest_tile(self.geometry)
                if self.task.scope == "scene" or self.tile <= least:
                    raise OutOfMemoryError(
                        "not enough memory to restore this photo, even with the smallest tiles"
                    ) from error
                self.tile = max(least, self.tile // 2)
                _log.warning("out of memory: going on with tiles of %d pixels", self.tile)

    def _restore_array(self, image: NDArray[Any], options: Mapping[str, Any]) -> NDArray[Any]:
        kept = image.dtype
        if kept.kind == "f":
            low, high = np.min(image, initial=0), np.max(image, initial=0)
            if not max(-low, high) < _FLOAT_LIMIT:  # true also where a value is no number
                raise PhotoError(
                    f"float images have values in [0, 1]; these reach from {low:g} to {high:g}"
                )
            image = image.astype(np.float32, copy=False)
        elif kept.kind == "u" and kept.itemsize <= 2:
            image = image.astype(kept.newbyteorder("="), copy=False)
        else:
            raise PhotoError(f"images are of uint8, uint16 or float, not {kept}")
        if image.ndim not in (2, 3):
            raise PhotoError(f"an image has shape (H, W) or (H, W, 1 to 4), not {image.shape}")
        photo = self.restore_photo(photo_from_channels(image), **options)
        channels = photo.channels()
        if image.ndim == 3 and channels.ndim == 2:
            channels = channels[..., None]
        return np.ascontiguousarray(channels.astype(kept, copy=False))


def _colour(image: Array) -> float:
    """Return how far the channels are from equal, on average."""
    return float(np.mean(np.ptp(image, axis=-1)))


def _gray(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return the channels' mean in place of each, as views of one channel, band by band."""
    height, width = pixels.shape[:2]
    gray = np.empty((height, width, 1), pixels.dtype)
    rows = max(1, 1_000_000 // width)
    for top in range(0, height, rows):
        band = pixels[top : top + rows].mean(axis=-1, keepdims=True, dtype=np.float32)
        gray[top : top + rows] = np.rint(band) if pixels.dtype.kind == "u" else band
    return np.broadcast_to(gray, (height, width, 3))
