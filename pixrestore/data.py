"""Photos to batches of training pairs."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pixrestore.backend import available_memory
from pixrestore.errors import PhotoError, TrainingDataError
from pixrestore.files import PLAN
from pixrestore.images import decode_rgb8, find_photos

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pixrestore.task import Image, Task

# How much of a file tells its content apart from all others': its size and its beginning.
_FINGERPRINT_BYTES = 1 << 16
# Photos looked at before training starts, to refuse a folder that is mostly bad.
_INSPECTED = 200
_LARGEST_SIDE_FOR_DETAIL = 1024


def split(photos: Sequence[Path], share: float) -> tuple[list[Path], list[Path]]:
    """Part photos into training and validation by what they contain.

    The same photo always falls on the same side, whatever its name, its copies and the rest of the
    folder. At least one photo is on each side where there are two different ones.

    Parameters
    ----------
    photos : sequence of Path
        Their order is kept.
    share : float
        Share of validation, in (0, 1).

    Returns
    -------
    training, validation : list of Path
    """
    places = {photo: _place(photo) for photo in photos}
    validation = [photo for photo in photos if places[photo] < share]
    training = [photo for photo in photos if places[photo] >= share]
    if not validation and len(set(places.values())) > 1:
        first = min(places.values())
        validation = [photo for photo in photos if places[photo] == first]
        training = [photo for photo in photos if places[photo] != first]
    elif not training and len(set(places.values())) > 1:
        last = max(places.values())
        training = [photo for photo in photos if places[photo] == last]
        validation = [photo for photo in photos if places[photo] != last]
    return training, validation


def _place(photo: Path) -> float:
    """Return a number in [0, 1) that depends on the file's content only."""
    try:
        with photo.open("rb") as file:
            content = file.read(_FINGERPRINT_BYTES)
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return 1.0
    digest = hashlib.blake2b(content + size.to_bytes(8, "little"), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64


@dataclass
class Decoder:
    """Clean photos as 8-bit arrays: decoded when first asked for, kept while there is room.

    Attributes
    ----------
    shorter_side : int
        Photos are shrunk so that their shorter side is about this, never enlarged.
    room : int
        Bytes of decoded photos to keep in memory.
    unreadable : dict
        The photos that could not be read, and why.
    """

    shorter_side: int
    room: int
    unreadable: dict[Path, str] = field(default_factory=dict)
    _kept: dict[Path, NDArray[np.uint8]] = field(default_factory=dict, repr=False)
    _used: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def decode(self, path: Path) -> NDArray[np.uint8] | None:
        """Return a photo, (H, W, 3); None for one that cannot be read."""
        kept = self._kept.get(path)
        if kept is not None:
            return kept
        if path in self.unreadable:
            return None
        try:
            photo = decode_rgb8(path, shorter_side=self.shorter_side)
        except PhotoError as error:
            self.unreadable[path] = str(error)
            return None
        with self._lock:
            if path not in self._kept and self._used + photo.nbytes <= self.room:
                self._kept[path] = photo
                self._used += photo.nbytes
        return photo


@dataclass(frozen=True)
class Photos:
    """A sequence of photos, each decoded when it is asked for."""

    paths: list[Path]
    decoder: Decoder

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Return photo `index`, (H, W, 3), or the next one that can be read."""
        if index >= len(self.paths):
            raise IndexError(index)  # what ends a loop over the photos
        for offset in range(len(self.paths)):
            photo = self.decoder.decode(self.paths[(index + offset) % len(self.paths)])
            if photo is not None:
                return photo
        raise TrainingDataError(f"none of {len(self.paths)} photos can be read")

    def inspect(self, rng: np.random.Generator) -> Photos:
        """Read up to 200 photos, and leave out those that cannot be read.

        Raises
        ------
        TrainingDataError
            There are no photos, or most are bad.
        """
        if not self.paths:
            raise TrainingDataError("there are no photos to train on")
        count = min(_INSPECTED, len(self.paths))
        chosen = [self.paths[index] for index in rng.choice(len(self.paths), count, replace=False)]
        bad = [path for path in chosen if self.decoder.decode(path) is None]
        if 2 * len(bad) > count:
            raise TrainingDataError(
                f"{len(bad)} of {count} photos cannot be read, {bad[0]} for one: "
                f"{self.decoder.unreadable[bad[0]]}"
            )
        left_out = set(bad)
        return Photos([path for path in self.paths if path not in left_out], self.decoder)

    def split(self, share: float) -> tuple[Photos, Photos]:
        """Part the photos into training and validation, as `split` does."""
        training, validation = split(self.paths, share)
        return Photos(training, self.decoder), Photos(validation, self.decoder)


def open_photos(paths: Sequence[Path], task: Task, patch: int) -> Photos:
    """Prepare photos for a task's patches, keeping up to a quarter of the free memory."""
    side = _LARGEST_SIDE_FOR_DETAIL if task.scope == "local" else round(1.5 * patch)
    return Photos(list(paths), Decoder(max(side, patch), available_memory() // 4))


def training_files(folder: Path) -> list[Path]:
    """List the photos under a folder, but for the pictures that training runs have drawn there."""
    photos = find_photos(folder)
    drawn = {place for place in {path.parent for path in photos} if (place.parent / PLAN).exists()}
    return [path for path in photos if path.parent not in drawn]


@dataclass(frozen=True)
class Sampler:
    """Which photo comes at which place of the endless sequence of training crops.

    With `balance` 1 every photo comes once in as many places as there are photos, in an order that
    changes each time around. Below 1 folders are drawn by their size to the power of `balance`: 0
    draws from each folder alike.
    """

    groups: tuple[NDArray[np.int64], ...]
    balance: float
    seed: int

    def index(self, place: int) -> int:
        """Return the index of the photo at `place`."""
        if self.balance == 1:
            count = sum(len(group) for group in self.groups)
            turn, rest = divmod(place, count)
            return int(_order(self.seed, turn, count)[rest])
        rng = np.random.default_rng((self.seed, 1, place))
        sizes = np.array([len(group) for group in self.groups], np.float64) ** self.balance
        group = self.groups[rng.choice(len(sizes), p=sizes / sizes.sum())]
        return int(rng.choice(group))


@lru_cache(maxsize=4)
def _order(seed: int, turn: int, count: int) -> NDArray[np.int64]:
    """Return the order of one turn, remembered since each is asked for `count` times."""
    return np.random.default_rng((seed, 0, turn)).permutation(count)


def folders_of(paths: Sequence[Path]) -> tuple[NDArray[np.int64], ...]:
    """Group the indices of photos by the folder that they lie in."""
    groups: dict[Path, list[int]] = {}
    for index, path in enumerate(paths):
        groups.setdefault(path.parent, []).append(index)
    return tuple(np.array(group, np.int64) for group in groups.values())


@dataclass(frozen=True)
class Pairs:
    """The endless, repeatable sequence of training batches of a task.

    Batch `step` is a function of the photos, the settings and the seed alone, so that a resumed run
    sees what an uninterrupted one would have seen.
    """

    task: Task
    photos: Photos
    sampler: Sampler
    patch: int
    batch: int
    seed: int

    def __call__(self, step: int) -> tuple[Image, Image]:
        """Return what the network sees and must answer, (N, H, W, Cx) and (N, H, W, Cy)."""
        pairs = [self._pair(step * self.batch + item) for item in range(self.batch)]
        return np.stack([x for x, _ in pairs]), np.stack([y for _, y in pairs])

    def _pair(self, place: int) -> tuple[Image, Image]:
        clean, rng = self._patch(place)
        degraded = np.asarray(self.task.corrupt(clean, rng), np.float32)
        x = np.asarray(self.task.encode(degraded), np.float32)
        return x, np.asarray(self.task.target(clean), np.float32)

    def _patch(self, place: int) -> tuple[Image, np.random.Generator]:
        rng = np.random.default_rng((self.seed, 2, place))
        photo = self.photos[self.sampler.index(place)]
        return clean_patch(photo, self.patch, self.task.scope, rng), rng

    def clean(self, step: int) -> tuple[Image, NDArray[np.int32]]:
        """Return the same patches undamaged, (N, H, W, 3), and seeds for their damage, (N, 2)."""
        places = range(step * self.batch, (step + 1) * self.batch)
        seeds = [np.random.SeedSequence((self.seed, 4, place)) for place in places]
        return (
            np.stack([self._patch(place)[0] for place in places]),
            np.stack([seed.generate_state(2).view(np.int32) for seed in seeds]),
        )


# How much of a photo's shorter side a patch of a scene shows. Down to 0.7 only, colorize stopped
# getting better on held-out photos after an hour.
_SCENE_SHARE = (0.45, 1.0)


def clean_patch(
    photo: NDArray[np.uint8], patch: int, scope: str, rng: np.random.Generator
) -> Image:
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


def central_square(photo: NDArray[np.uint8], side: int, scope: str) -> Image:
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
