"""A model loaded for use."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import groupby, islice
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from pixrestore.belief import Belief, Doubt, Suggestion
from pixrestore.errors import OutOfMemoryError, PhotoError, UsageError, nearest
from pixrestore.geometry import Classifier, Geometry, Network
from pixrestore.images import MAX_PIXELS, Photo, photo_to_image, to_dtype, to_float
from pixrestore.images.parts import middle
from pixrestore.images.photo import is_gray
from pixrestore.images.profiles import as_stored, to_working
from pixrestore.images.resizing import Array
from pixrestore.images.tint import tint
from pixrestore.options import checked, options_of
from pixrestore.restoring.believing import (
    believed,
    doubted_places,
    likely_colours,
    refuse_question,
)
from pixrestore.restoring.comparing import comparison
from pixrestore.restoring.inputs import RestoresPhotos, photo_of
from pixrestore.restoring.layers import Layer, layers_of
from pixrestore.restoring.pieces import Pieces
from pixrestore.restoring.scene import padded, restore_as_scene, seen_whole
from pixrestore.restoring.showing import as_table
from pixrestore.restoring.tiles import TILE, restore_in_tiles, smallest_tile
from pixrestore.task import Task

_log = logging.getLogger("pixrestore")

_CODED_AT_ONCE = 32
_LOOKED_AT = 512  # height and width of the part whose colours are looked at: some milliseconds
_REPLACED = "it had colours already, which were replaced by guesses"
_REFUSED = "it has colours already (`existing_colours` says what becomes of such photos)"


class Restorer(RestoresPhotos):
    """A task and a trained network, ready to restore photos.

    Parameters
    ----------
    task : Task
        The task the network was trained for.
    network : Network
        Runs the network; see `Network`.
    geometry : Geometry
        The sizes it takes.
    adds_colour : bool
        Whether the task gives colour to gray photos. Others stay gray.
    info : Mapping, optional
        Facts about the model, such as its name and figures.
    encoder : callable, optional
        Loads the network from what `network` sees to its code, when `encode` first asks for it.
    classifier : callable, optional
        Loads what says how likely each class is, when `suggest` or `doubts` first asks for it.

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
        adds_colour: bool = False,
        info: Mapping[str, Any] | None = None,
        encoder: Callable[[], Network] | None = None,
        classifier: Callable[[], Classifier] | None = None,
    ) -> None:
        self.task = task
        self.network = network
        self.geometry = geometry
        self.info: Mapping[str, Any] = dict(info or {})
        self.tile = TILE
        self.adds_colour = adds_colour
        self._load_encoder = encoder
        self._load_classifier = classifier

    def __repr__(self) -> str:
        name = self.info.get("name")
        return f"Restorer({self.task!r}" + (f", model {name!r})" if name else ")")

    def _repr_html_(self) -> str:
        return as_table(self.task, self.info)

    def compare(self, image: Any, *, damaged: bool = False, **options: Any) -> PIL.Image.Image:
        """Restore an image, and return a picture of before | after, as notebooks show it.

        Parameters
        ----------
        image : path, bytes, PIL.Image.Image or ndarray
            As `restore` takes it.
        damaged, **options
            As `restore` takes them.

        Returns
        -------
        PIL.Image.Image
            In sRGB; each half has at most 1200 pixels a side.
        """
        self.check(options)
        before = photo_of(image, damaged=damaged)
        return photo_to_image(comparison(before, self.restore_photo(before, **options)))

    def __getstate__(self) -> dict[str, Any]:
        # These are loaded again where they are asked for.
        again = ("_encoder", "_classifier")
        return {name: value for name, value in vars(self).items() if name not in again}

    def restore_photo(self, photo: Photo, **options: Any) -> Photo:
        """Restore the pixels of a photo, and keep all else: alpha, depth, EXIF, profile.

        The network sees the photo in tones that it knows, whatever its profile. A task that adds
        colour gives it in sRGB; others give it back in the photo's own profile.

        A gray photo, stored in one channel or in three, stays gray unless the task adds colour.
        Where it does, and the photo has colours that no toned print has, `Task.existing_colours`
        says what becomes of them. By default they are replaced, and a note says so.
        One that is enlarged gets as many more dots per inch, so that it prints at its old size.
        """
        seen = self._working(photo)
        coloured = self.adds_colour and not photo.gray and _is_coloured(seen.pixels)
        existing = self.configured(options).existing_colours
        if coloured and existing == "refuse":
            raise PhotoError(_REFUSED)
        if coloured and existing == "keep":
            return photo
        pixels = self._restored(seen.pixels, options)
        restored = seen.with_pixels(pixels, gray=photo.gray and not self.adds_colour)
        if coloured:
            restored = dataclasses.replace(restored, notes=(*restored.notes, _REPLACED))
        return as_stored(restored, photo)

    def restore_pixels(self, pixels: Array, **options: Any) -> Array:
        """Restore float32 RGB in [0, 1], (H, W, 3), to the same, `Task.scale` times as large."""
        # A copy where the channels are views of one: the result is the caller's to write to.
        return np.ascontiguousarray(self._restored(np.asarray(pixels, np.float32), options))

    def encode(self, images: Any) -> Array:
        """Return the codes of images: what the network makes of each in its layer called "code".

        Pictures with alike codes are alike to the network. A code is of the whole image, brought to
        the size that the network sees, and of what the task sees of it: for `colorize` its grays.

        Parameters
        ----------
        images : image or iterable of images
            Each of a kind that `restore` takes; an array of shape (N, H, W, C) is N of them.

        Returns
        -------
        ndarray, float32, (N, code)

        Raises
        ------
        UsageError
            The architecture has no layer called "code"; ``bottleneck`` has. Or there are no images.
        PhotoError
            An image is missing or unreadable, or the array is none.
        """
        single = isinstance(
            images, (str, bytes, bytearray, memoryview, os.PathLike, PIL.Image.Image)
        )
        if single or hasattr(images, "read") or getattr(images, "ndim", 4) < 4:
            images = [images]
        return self.encode_photos(photo_of(image) for image in images)

    def encode_photos(self, photos: Iterable[Photo]) -> Array:
        """Return the codes of photos, (N, code), as `encode` does."""
        seen = (padded(self.geometry, self._seen(photo)) for photo in photos)
        codes = [self._encoder(np.stack(batch)) for batch in alike(seen, _CODED_AT_ONCE)]
        if not codes:
            raise UsageError("there are no images to encode")
        return np.concatenate(codes)

    def _seen(self, photo: Photo) -> Array:
        return seen_whole(self.task, self.geometry, self._working(photo).pixels)

    def _working(self, photo: Photo) -> Photo:
        return to_working(photo, keeps_colour=not self.adds_colour)

    @cached_property
    def _encoder(self) -> Network:
        if self._load_encoder is None:
            raise UsageError("this restorer has no encoder")
        return self._load_encoder()

    def suggest(
        self, image: Any, x: float, y: float, count: int = 5, **options: Any
    ) -> list[Suggestion]:
        """Return likely colours of a place, with their probabilities, the likeliest first.

        Parameters
        ----------
        image : image
            Of any kind that `restore` takes.
        x, y : float
            The place: to the right and down, in pixels of the photo as a viewer shows it.
        count : int
            How many colours at most.
        **options
            As `restore` takes them. The guides that are there already, such as ``hints``, change
            what is likely.

        Returns
        -------
        list of Suggestion
            Their probabilities sum to one or less.

        Raises
        ------
        UsageError
            The task suggests nothing, the model's loss chooses among no classes, or the place is
            beyond the photo.
        PhotoError
            The photo cannot be read.
        """
        photo = self._working(photo_of(image))
        height, width = photo.pixels.shape[:2]
        if not (0 <= x < width and 0 <= y < height):
            raise UsageError(
                f"the place {x:g}, {y:g} is beyond the photo of {width} x {height} pixels"
            )
        task = self.configured(options)
        refuse_question(task, Task.suggest, count)
        belief = self._believed(task, photo, options)
        return likely_colours(task, belief, (x, y), (height, width), count)

    def doubts(self, image: Any, count: int = 5, **options: Any) -> list[Doubt]:
        """Return the places of a photo where a hint would help most, the best first.

        Parameters
        ----------
        image : image
            Of any kind that `restore` takes.
        count : int
            How many places at most. Each is meant to be painted after those before it.
        **options
            As `restore` takes them. Where a guide such as ``hints`` is painted already, there is
            less to doubt.

        Returns
        -------
        list of Doubt
            Places in pixels of the photo as a viewer shows it.

        Raises
        ------
        UsageError
            The task knows no doubt, or the model's loss chooses among no classes.
        PhotoError
            The photo cannot be read.
        """
        photo = self._working(photo_of(image))
        task = self.configured(options)
        refuse_question(task, Task.doubt, count)
        belief = self._believed(task, photo, options)
        return doubted_places(task, belief, photo.pixels.shape, count)

    def _believed(self, task: Task, photo: Photo, options: Mapping[str, Any]) -> Belief:
        layers = layers_of(task, options, photo.pixels.shape[:2])
        return believed(task, self.network, self._classifier, self.geometry, photo.pixels, layers)

    @cached_property
    def _classifier(self) -> Classifier:
        if self._load_classifier is None:
            raise UsageError("this restorer does not say how likely answers are")
        return self._load_classifier()

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
            for piece in self._pieces(self.task, pixels, {}):
                if answer is None:
                    answer = np.empty((*shape, piece.answer.shape[-1]), np.float32)
                answer[piece.rows, piece.columns] = piece.answer[piece.inner]
            assert answer is not None  # there is no photo without a pixel
            return answer

        return self._within_memory(collect)

    @property
    def label(self) -> str:
        """The task's name, after which results are called."""
        return self.task.name

    @property
    def scale(self) -> int:
        """How many times as high and wide results are."""
        return self.task.scale

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise a `UsageError` unless the task has these options of restoring."""
        self.configured(options)

    def configured(self, options: Mapping[str, Any]) -> Task:
        """Return the task with `options` of restoring; a `UsageError` names what is wrong."""
        offered = [option.name for option in options_of(type(self.task)) if option.restoring]
        guides = [guide.name for guide in self.task.guides]
        for name in options:
            if name not in (*offered, *guides):
                known = nearest(name, [*offered, *guides])
                raise UsageError(f"{self.task.name} has no option {name!r} for restoring: {known}")
        options = {name: value for name, value in options.items() if name not in guides}
        if not options:
            return self.task
        return dataclasses.replace(self.task, **checked(type(self.task), options))  # type: ignore[type-var]

    def _restored(self, pixels: NDArray[Any], options: Mapping[str, Any]) -> NDArray[Any]:
        task = self.configured(options)
        if pixels.ndim != 3 or pixels.shape[-1] != 3 or 0 in pixels.shape:
            raise PhotoError(f"an image of shape (H, W, 3) is needed, not {pixels.shape}")
        layers = layers_of(task, options, pixels.shape[:2])
        height, width = self._restored_shape(pixels)
        if height * width > max(MAX_PIXELS, pixels[..., 0].size):
            raise PhotoError(
                f"the restored photo would have {width} x {height} pixels, more than the limit of "
                f"{MAX_PIXELS // 1_000_000} megapixels"
            )

        gray = not self.adds_colour and is_gray(pixels)

        def collect() -> NDArray[Any]:
            result = np.empty((height, width, 1 if gray else 3), pixels.dtype)
            for piece in self._pieces(task, pixels, layers):
                restored = task.compose_encoded(piece.degraded, piece.encoded, piece.answer)
                restored = restored[piece.inner]
                if gray:  # what a network adds to one channel and not to another is a tint
                    restored = restored.mean(axis=-1, keepdims=True, dtype=np.float32)
                result[piece.rows, piece.columns] = to_dtype(restored, pixels.dtype)
            return np.broadcast_to(result, (height, width, 3)) if gray else result

        return self._within_memory(collect)

    def _restored_shape(self, pixels: NDArray[Any]) -> tuple[int, int]:
        height, width = pixels.shape[:2]
        return height * self.task.scale, width * self.task.scale

    def _pieces(self, task: Task, pixels: NDArray[Any], layers: Mapping[str, Layer]) -> Pieces:
        if task.scope == "scene":
            return restore_as_scene(task, self.network, self.geometry, pixels, layers)
        return restore_in_tiles(task, self.network, self.geometry, pixels, self.tile, layers)

    def _within_memory(self, work: Any) -> Any:
        """Do `work`, again with smaller tiles whenever memory runs out."""
        while True:
            try:
                return work()
            except MemoryError as error:
                tiled, least = self.task.scope == "local", smallest_tile(self.geometry)
                if not tiled or self.tile <= least:
                    even = ", even with the smallest tiles" if tiled else ""
                    raise OutOfMemoryError(
                        f"not enough memory to restore this photo{even}"
                    ) from error
                self.tile = max(least, self.tile // 2)
                _log.warning("out of memory: going on with tiles of %d pixels", self.tile)


def _is_coloured(pixels: NDArray[Any]) -> bool:
    part = to_float(np.ascontiguousarray(middle(pixels, _LOOKED_AT)))
    return tint(part).kind == "colour"


def alike(pictures: Iterable[Array], most: int) -> Iterator[list[Array]]:
    """Yield `pictures` in lists of up to `most` that follow one another and are of one shape."""
    for _, same in groupby(pictures, key=lambda picture: picture.shape):
        while part := list(islice(same, most)):
            yield part
