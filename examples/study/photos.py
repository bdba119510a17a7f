"""Photos parted into those to train on, to validate on, and to look at last."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pixrestore.images import Photo, decode_rgb8, find_photos, to_dtype, write_photo
from pixrestore.images.cropping import central_square
from pixrestore.training.splitting import split


@dataclass(frozen=True)
class Parts:
    """Folders of photos: `test` holds squares that nothing was trained or chosen by."""

    train: Path
    valid: Path
    test: Path


def parted(data: Path, out: Path, *, valid: float, test: int, side: int, limit: int) -> Parts:
    """Part the photos of a folder by their content, into folders of links under `out`.

    Parameters
    ----------
    data, out : Path
    valid : float
        Share of the photos to validate on.
    test : int
        How many photos to keep apart: cut to squares of `side` pixels.
    side : int
    limit : int
        Take only so many photos, in order of their names; 0 takes all.
    """
    parts = Parts(*(out / "photos" / name for name in ("train", "valid", "test")))
    if parts.test.is_dir():
        return parts
    photos = find_photos(data)[: limit or None]
    rest, apart = split(photos, test / len(photos))
    training, validation = split(rest, valid)
    for folder, chosen in ((parts.train, training), (parts.valid, validation)):
        folder.mkdir(parents=True, exist_ok=True)
        for index, photo in enumerate(chosen):
            _link(photo.resolve(), folder / f"{index:06}-{photo.name}")
    squares = parts.test.with_name("new.test")
    squares.mkdir(exist_ok=True)
    for index, photo in enumerate(apart):
        square = central_square(decode_rgb8(photo), side, "scene")
        write_photo(Photo(to_dtype(square, np.uint8)), squares / f"{index:06}.png")
    squares.rename(parts.test)
    return parts


def _link(photo: Path, link: Path) -> None:
    if link.exists():
        return
    try:
        link.symlink_to(photo)
    except OSError:  # where links are not allowed
        shutil.copyfile(photo, link)
