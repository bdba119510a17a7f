"""Which photos are for training and which for validation, told by their content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pixrestore.errors import PhotoError

# How much of a file tells its content apart from all others': its size and its beginning.
_FINGERPRINT_BYTES = 1 << 16


def split(photos: Sequence[Any], share: float) -> tuple[list[Any], list[Any]]:
    """Part photos into training and validation by what they contain.

    The same photo always falls on the same side, whatever its name, its copies and the rest of the
    folder. At least one photo is on each side where there are two different ones.

    Parameters
    ----------
    photos : sequence of Path, or of others that have a ``fingerprint``
        Their order is kept.
    share : float
        Share of validation, in (0, 1).

    Returns
    -------
    training, validation : list
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


def _place(photo: Any) -> float:
    """Return a number in [0, 1) that depends on the file's content only."""
    try:
        content, size = _beginning(photo) if isinstance(photo, Path) else photo.fingerprint()
    except (OSError, PhotoError):
        return 1.0
    digest = hashlib.blake2b(content + size.to_bytes(8, "little"), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64


def _beginning(photo: Path) -> tuple[bytes, int]:
    with photo.open("rb") as file:
        return file.read(_FINGERPRINT_BYTES), os.fstat(file.fileno()).st_size
