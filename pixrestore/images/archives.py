"""Photos within tar and zip archives, read where they lie: nothing is unpacked."""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pixrestore.errors import PhotoError
from pixrestore.files import printable
from pixrestore.images.folders import PHOTO_SUFFIXES
from pixrestore.images.reading import decode_rgb8

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ARCHIVE_SUFFIXES = frozenset({".tar", ".zip"})
"""What an archive's name ends with, lower case."""

_COMPRESSED = frozenset({".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar"})
# A photo of the largest size that is read, as a file that is not compressed, and some more.
_LARGEST_MEMBER = 2 << 30
_FINGERPRINT_BYTES = 1 << 16
# What the readers of archives raise at hostile bytes.
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError)
_REFUSED = (NotImplementedError, RuntimeError, OverflowError, UnicodeError, IndexError)


@dataclass(frozen=True)
class Member:
    """A photo within an archive.

    Attributes
    ----------
    archive : Path
    place : int
        Its number among the archive's members.
    path : PurePosixPath
        Its path within the archive.
    size : int
        Bytes of its file.
    """

    archive: Path
    place: int
    path: PurePosixPath
    size: int
    _read: Callable[[], bytes] = field(compare=False, repr=False)

    def __str__(self) -> str:
        return printable(self.archive / self.path)

    @property
    def name(self) -> str:
        """Its file's name."""
        return self.path.name

    @property
    def parent(self) -> Path:
        """The folder it lies in, below the archive's own path."""
        return self.archive / self.path.parent

    def content(self) -> bytes:
        """Return its file's bytes; a `PhotoError` where they cannot be read."""
        try:
            found = self._read()
        except (*_DAMAGED, *_REFUSED, OSError) as error:
            raise PhotoError(f"cannot read {self}: {error}") from error
        if len(found) != self.size:
            raise PhotoError(f"{self}: the archive is damaged: it is cut off before its end")
        return found

    def fingerprint(self) -> tuple[bytes, int]:
        """Return how its file begins, and its size, which tell it apart from all others."""
        return self.content()[:_FINGERPRINT_BYTES], self.size

    def decode(self, shorter_side: int) -> NDArray[np.uint8]:
        """Read it as `decode_rgb8` does."""
        try:
            return decode_rgb8(self.content(), shorter_side=shorter_side)
        except PhotoError as error:
            raise PhotoError(f"{self}: {error}") from None


def is_archive(path: Path) -> bool:
    """Tell by its name whether a file is an archive that is read."""
    return path.suffix.lower() in ARCHIVE_SUFFIXES


def photos_within(archive: Path) -> list[Member]:
    """List the photos in an archive, in order of their paths.

    Only files of moderate size whose names end as those of photos are listed; links, devices, what
    is encrypted and hidden files are passed over. No name leads out of the archive: nothing is
    written.

    Raises
    ------
    PhotoError
        It is missing or damaged, or no archive.
    """
    named = printable(archive)
    try:
        if not stat.S_ISREG(archive.stat().st_mode):
            raise PhotoError(f"{named} is not a file")
        kind = _zipped if archive.suffix.lower() == ".zip" else _tarred
        found = kind(archive)
    except OSError as error:
        raise PhotoError(f"cannot read {named}: {error.strerror or error}") from error
    except (*_DAMAGED, *_REFUSED) as error:
        raise PhotoError(f"cannot read {named}: it is damaged, or no archive ({error})") from error
    return sorted(found, key=lambda member: (member.path, member.place))


def refuse_compressed(path: Path) -> None:
    """Raise a `PhotoError` for an archive that must be read from its beginning each time."""
    if path.suffix.lower() in _COMPRESSED:
        raise PhotoError(
            f"{printable(path)}: of archives, .tar and .zip are read; compressing photos again "
            "saves next to nothing"
        )


def _zipped(archive: Path) -> list[Member]:
    # Open for as long as its photos are known; reading it is safe from several threads.
    file = zipfile.ZipFile(archive)
    encrypted = 1
    return [
        Member(archive, place, path, info.file_size, _reader_of_zip(file, info))
        for place, info in enumerate(file.infolist())
        if (path := _photo(info.filename, info.file_size))
        and not info.is_dir()
        and not info.flag_bits & encrypted
    ]


def _reader_of_zip(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        with file.open(info) as stream:
            return stream.read(info.file_size + 1)

    return read


def _tarred(archive: Path) -> list[Member]:
    with tarfile.open(archive, "r:") as file:
        return [
            Member(archive, place, path, info.size, _reader_of_tar(archive, info))
            for place, info in enumerate(file)
            if info.isreg() and not info.issparse() and (path := _photo(info.name, info.size))
        ]


def _reader_of_tar(archive: Path, info: tarfile.TarInfo) -> Callable[[], bytes]:
    place, size = info.offset_data, info.size

    def read() -> bytes:
        with archive.open("rb") as stream:
            stream.seek(place)
            return stream.read(size)

    return read


def _photo(name: str, size: int) -> PurePosixPath | None:
    """Return the path of a member that is to be read; None for others."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    if not parts or hidden or not 0 < size <= _LARGEST_MEMBER:
        return None
    path = PurePosixPath(*parts)
    return path if path.suffix.lower() in PHOTO_SUFFIXES else None
