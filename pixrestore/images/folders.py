"""Finding photos in folders."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pixrestore.errors import PhotoError
from pixrestore.files import address_hint, printable

PHOTO_SUFFIXES: frozenset[str] = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png"}
    | {".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"}
)
"""What a photo's name may end with, lower case, to be found in a folder."""


def find_photos(
    folder: Path,
    *,
    skip: Path | None = None,
    closed: Callable[[PhotoError], None] = lambda error: None,
) -> list[Path]:
    """List the photos in a folder and the folders below it.

    Parameters
    ----------
    folder : Path
        Folder to search. Hidden files and folders are left out, and links to folders are not
        followed, so loops cannot happen.
    skip : Path, optional
        A folder to leave out, such as the one that results go to.
    closed : callable, optional
        Told of each folder below that may not be read, which is then passed over.

    Returns
    -------
    list of Path
        Sorted; told by `PHOTO_SUFFIXES`, not by content.

    Raises
    ------
    PhotoError
        The folder does not exist, is not a folder or may not be read.
    """
    folder = Path(folder)
    require_folder(folder)

    def refuse(error: OSError) -> None:
        where = folder if error.filename is None else Path(error.filename)
        failure = PhotoError(f"cannot read {printable(where)}: {error.strerror}")
        if where == folder:
            raise failure
        closed(failure)

    found: list[Path] = []
    for root, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and not (skip and _same(Path(root, name), skip))
        ]
        found += [
            Path(root, name)
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in PHOTO_SUFFIXES
        ]
    return sorted(found)


def require_folder(folder: Path) -> None:
    """Raise a `PhotoError` unless there is such a folder."""
    if not folder.is_dir():
        missing = "is not a folder" if folder.exists() else "does not exist"
        raise PhotoError(f"{printable(folder)} {missing}{address_hint(folder)}")


def _same(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False
