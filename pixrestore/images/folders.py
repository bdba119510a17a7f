"""Finding photos in folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from pixrestore.addresses import Address
from pixrestore.errors import PhotoError
from pixrestore.files import address_hint, printable
from pixrestore.images.heif import HEIF_SUFFIXES, INSTALL, reads_heif

PHOTO_SUFFIXES: frozenset[str] = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png"}
    | {".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".jp2", ".j2k"}
    | (HEIF_SUFFIXES if reads_heif() else frozenset())
)
"""What a photo's name may end with, lower case, to be found in a folder."""

_RAW = frozenset(
    {".dng", ".nef", ".nrw", ".cr2", ".cr3", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"}
)

UNREAD_SUFFIXES: dict[str, str] = {
    **dict.fromkeys(sorted(HEIF_SUFFIXES - PHOTO_SUFFIXES), INSTALL),
    **dict.fromkeys(sorted(_RAW), "raw: save as TIFF with a raw developer"),
    **dict.fromkeys((".jxl", ".psd", ".jxr", ".tga", ".ico"), "save as TIFF or PNG"),
}
"""What names of pictures end with that are not read, and what to do about them."""


def told_unread(paths: Sequence[Path | Address]) -> str:
    """Say how many pictures were passed over, of which kinds, and what to do about them."""
    kinds: dict[str, list[str]] = {}
    for suffix in sorted({path.suffix.lower() for path in paths}):
        kinds.setdefault(UNREAD_SUFFIXES[suffix], []).append(suffix)
    told = ", ".join(f"{' '.join(suffixes)} ({advice})" for advice, suffixes in kinds.items())
    return f"{len(paths)} passed over: {told}"


def find_photos(
    folder: Path,
    *,
    skip: Path | None = None,
    closed: Callable[[PhotoError], None] = lambda error: None,
    unread: Callable[[Path], None] = lambda path: None,
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
    unread : callable, optional
        Told of each picture of a kind that is not read, such as raw photos; see `told_unread`.

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
        shown = [Path(root, name) for name in sorted(names) if not name.startswith(".")]
        found += [path for path in shown if path.suffix.lower() in PHOTO_SUFFIXES]
        for path in shown:
            if path.suffix.lower() in UNREAD_SUFFIXES:
                unread(path)
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
