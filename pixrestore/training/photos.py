"""Photos to train on: found, decoded when they are asked for, kept while there is room."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pixrestore.backend import available_memory
from pixrestore.errors import PhotoError, TrainingDataError
from pixrestore.files import PLAN
from pixrestore.images import decode_rgb8, find_photos, to_float
from pixrestore.images.archives import Member, is_archive, photos_within
from pixrestore.images.parts import middle
from pixrestore.images.tint import SMOOTH, tint
from pixrestore.training.held import Held
from pixrestore.training.places import require_place
from pixrestore.training.splitting import split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pixrestore.task import Task

# A photo to train on: a file, one within an archive, or an image in memory.
Entry = Path | Member | Held

# Photos looked at before training starts, to refuse a folder that is mostly bad.
_INSPECTED = 200
_SIDE_FOR_TINT = 512
_MEANS_FOR_TINT = 8  # on a side, at least
_LARGEST_SIDE_FOR_DETAIL = 1024


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
    unreadable: dict[Entry, str] = field(default_factory=dict)
    _kept: dict[Entry, NDArray[np.uint8]] = field(default_factory=dict, repr=False)
    _used: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def decode(self, path: Entry) -> NDArray[np.uint8] | None:
        """Return a photo, (H, W, 3); None for one that cannot be read."""
        kept = self._kept.get(path)
        if kept is not None:
            return kept
        if path in self.unreadable:
            return None
        try:
            photo = _decoded(path, self.shorter_side)
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

    paths: list[Entry]
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
                f"{len(bad)} of {count} photos cannot be read, for example {bad[0]}: "
                f"{self.decoder.unreadable[bad[0]]}"
            )
        left_out = set(bad)
        return Photos([path for path in self.paths if path not in left_out], self.decoder)

    def gray_share(self) -> float:
        """Return which share of up to 200 photos is black and white, or toned as sepia is."""
        count = min(_INSPECTED, len(self.paths))
        # Spread over all folders, in whose order the photos are.
        looked_at = [self[place * len(self) // count] for place in range(count)]
        return sum(map(_is_gray, looked_at)) / count

    def split(self, share: float) -> tuple[Photos, Photos]:
        """Part the photos into training and validation, as `split` does."""
        training, validation = split(self.paths, share)
        return Photos(training, self.decoder), Photos(validation, self.decoder)


def _is_gray(photo: NDArray[np.uint8]) -> bool:
    part = to_float(np.ascontiguousarray(middle(photo, _SIDE_FOR_TINT)))
    # Photos are shrunk for small patches: a few means alone would look like a toned print's.
    smooth = max(1, min(SMOOTH, min(part.shape[:2]) // _MEANS_FOR_TINT))
    return tint(part, smooth).kind != "colour"


def open_photos(paths: Sequence[Entry], task: Task, patch: int) -> Photos:
    """Prepare photos for a task's patches, keeping up to a quarter of the free memory."""
    side = _LARGEST_SIDE_FOR_DETAIL if task.scope == "local" else round(1.5 * patch)
    return Photos(list(paths), Decoder(max(side, patch), available_memory() // 4))


def _decoded(entry: Entry, shorter_side: int) -> NDArray[np.uint8]:
    if isinstance(entry, Path):
        return decode_rgb8(entry, shorter_side=shorter_side)
    return entry.decode(shorter_side)


def entries_in(place: Path) -> Sequence[Entry]:
    """List the photos in a folder or an archive; a photo's own path is one of one.

    Raises
    ------
    PhotoError
        There is no such place, or it is damaged or of another kind.
    """
    require_place(place)
    if place.is_dir():
        return training_files(place)
    return photos_within(place) if is_archive(place) else [place]


def training_files(folder: Path) -> list[Path]:
    """List the photos under a folder, but for the pictures that training runs have drawn there."""
    photos = find_photos(folder)
    drawn = {place for place in {path.parent for path in photos} if (place.parent / PLAN).exists()}
    return [path for path in photos if path.parent not in drawn]
