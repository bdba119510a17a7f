"""Where photos to train on lie: folders, archives, files."""

from __future__ import annotations

from pathlib import Path

from pixrestore.errors import PhotoError
from pixrestore.files import address_hint, printable


def require_place(place: Path) -> None:
    """Raise a `PhotoError` unless photos can be taken from a place."""
    from pixrestore.images.archives import is_archive, refuse_compressed
    from pixrestore.images.folders import PHOTO_SUFFIXES, require_folder

    if place.is_dir():
        return require_folder(place)
    if not place.exists():
        raise PhotoError(f"{printable(place)} does not exist{address_hint(place)}")
    refuse_compressed(place)
    if not (is_archive(place) or place.suffix.lower() in PHOTO_SUFFIXES):
        raise PhotoError(f"{printable(place)} is no folder, no photo, and no .tar or .zip archive")
    return None
