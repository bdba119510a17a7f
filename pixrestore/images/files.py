"""Finding photos, and writing files so that no half of one is ever seen."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from pixrestore.errors import OutputError, PhotoError

PHOTO_SUFFIXES: frozenset[str] = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png"}
    | {".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"}
)
"""What a photo's name may end with, lower case, to be found in a folder."""

_PREFIX = ".pixrestore-"
_STALE_SECONDS = 3600.0

# Errors that the next file would meet as well: there is no point in going on.
STOPPING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def printable(path: str | os.PathLike[str]) -> str:
    """Return `path` as text that can be printed anywhere, even when its name is not UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")


def find_photos(folder: Path, *, skip: Path | None = None) -> list[Path]:
    """List the photos in a folder and the folders below it.

    Parameters
    ----------
    folder : Path
        Where to look. Hidden files and folders are left out, and links to folders are not
        followed, so loops cannot happen.
    skip : Path, optional
        A folder to leave out, such as the one that results go to.

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
    if not folder.is_dir():
        missing = "is not a folder" if folder.exists() else "does not exist"
        raise PhotoError(f"{printable(folder)} {missing}")

    def refuse(error: OSError) -> None:
        # A closed folder below is passed over; the one that was asked for is not.
        if error.filename is not None and Path(error.filename) == folder:
            raise PhotoError(f"cannot read {printable(folder)}: {error.strerror}")

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


def _same(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False


def replace_file(path: Path, data: bytes | memoryview) -> None:
    """Write a whole file or none: aside first, under a hidden name, then moved into place.

    Parameters
    ----------
    path : Path
        The file to make or replace; folders on the way are made.
    data : bytes
        Its content.

    Raises
    ------
    OutputError
        It cannot be written. The attribute ``stopping`` is true when no other file could be
        written either, as on a full disk.
    """
    aside = path.parent / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(6)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # 0o666 lets the user's umask decide, as for any file they save.
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(aside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                aside.unlink()
            raise
    except OSError as error:
        raise output_error(path, error) from error


_BINARY = getattr(os, "O_BINARY", 0)


def output_error(path: Path, error: OSError) -> OutputError:
    """Turn a system error into one for the user; ``stopping`` says whether to give up the rest."""
    failure = OutputError(f"cannot write {printable(path)}: {error.strerror or error}")
    failure.stopping = error.errno in STOPPING  # type: ignore[attr-defined]
    return failure


def remove_leftovers(folder: Path) -> None:
    """Delete what a killed run left aside in `folder`; files of runs that go on are kept."""
    with contextlib.suppress(OSError):
        for path in _leftovers(folder):
            with contextlib.suppress(OSError):
                path.unlink()


def _leftovers(folder: Path) -> Iterator[Path]:
    now = time.time()
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(_PREFIX) or not entry.is_file(follow_symlinks=False):
                continue
            pid = entry.name.removeprefix(_PREFIX).partition("-")[0]
            old = now - entry.stat(follow_symlinks=False).st_mtime > _STALE_SECONDS
            if old or (pid.isdigit() and not _running(int(pid))):
                yield Path(entry.path)


def _running(pid: int) -> bool:
    """Say whether a process lives; where that cannot be asked harmlessly, suppose so."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
