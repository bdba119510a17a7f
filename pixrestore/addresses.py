"""Files that are not on this machine, by addresses such as ``s3://bucket/photo.jpg``."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from pixrestore.errors import OutputError, PhotoError, PixrestoreError, UsageError

EXTRA = "pixrestore[cloud]"
"""What pip installs for addresses."""

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/(/?)(.+)", re.IGNORECASE | re.DOTALL)

# Names of one scheme. Two spellings of a place must not pass for two places.
_ALIASES = {"s3a": "s3", "s3n": "s3", "gcs": "gs"}

# File systems: they show a file while it grows, and need its folder first. Other stores show an
# object when it is whole, and may make a bucket where they are asked for a folder.
_WITH_FOLDERS = frozenset({"local", "sftp", "ssh", "ftp", "smb", "hdfs", "webhdfs"})

# Web pages are not fetched: a photo's address would let whoever chooses it send requests from here.
_PAGES = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Address:
    """A file or folder of a store such as S3, by its URL; named and joined as a `Path` is.

    Attributes
    ----------
    url : str
        The whole address, without a slash at its end.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def __fspath__(self) -> str:
        return self.url

    def __truediv__(self, below: str | PurePath) -> Address:
        name = below.as_posix() if isinstance(below, PurePath) else below
        return Address(f"{self.url}/{name}")

    @property
    def name(self) -> str:
        """What follows the last slash; empty for a bucket or a host."""
        return self._parts[1]

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return PurePath(self.name).stem

    @property
    def suffix(self) -> str:
        """The ending of the name, with its dot."""
        return PurePath(self.name).suffix

    @property
    def parent(self) -> Address:
        """The folder that it lies in; a bucket lies in itself."""
        return Address(self._parts[0])

    @property
    def _parts(self) -> tuple[str, str]:
        scheme, _, rest = self.url.partition("://")
        above, slash, name = rest.rpartition("/")
        return (f"{scheme}://{above}", name) if slash else (self.url, "")

    def with_name(self, name: str) -> Address:
        """Return the address of another name in the same folder."""
        return self.parent / name

    def is_below(self, folder: Address) -> bool:
        """Say whether it lies in a folder, at any depth."""
        return self.url.startswith(f"{folder.url}/")

    def is_dir(self) -> bool:
        """Say whether it is a folder; asks the store.

        Raises
        ------
        PhotoError
            The store does not answer, or refuses.
        """
        with _as(PhotoError, self, "read"):
            system, key = _opened(self)
            try:
                found: str = system.info(key)["type"]
            except FileNotFoundError:
                found = ""
        return found == "directory"


Place = Path | Address
"""Where a file is: on this machine, or in a store."""


def place_of(given: str | os.PathLike[str]) -> Place:
    """Return the `Address` that a text or path is, or else a `Path`.

    Web pages are no addresses: they stay paths, which are not found. ``file://`` is a path.
    """
    if isinstance(given, Address):
        return given
    text = given.as_posix() if isinstance(given, PurePath) else os.fsdecode(given)
    found = _ADDRESS.fullmatch(text)
    # A `Path` has lost one of the two slashes.
    if found is None or not (found[2] or isinstance(given, PurePath)):
        return Path(given)
    scheme, rest = found[1].lower(), found[3]
    if scheme in _PAGES:
        return Path(given)
    if scheme == "file":
        return Path("/" + rest.lstrip("/"))
    return Address(f"{_ALIASES.get(scheme, scheme)}://{rest.strip('/')}")


def fetch(address: Address) -> bytes:
    """Return a file's content.

    Raises
    ------
    PhotoError
        It is missing, or cannot be read. The message does not name the address.
    UsageError
        What reads such addresses is not installed.
    """
    with _as(PhotoError, None, "read"):
        system, key = _opened(address)
        content: bytes = system.cat_file(key)
    return content


def put(address: Address, data: bytes) -> None:
    """Write a file, which appears whole or not at all.

    Raises
    ------
    OutputError
        It cannot be written; what was sent is thrown away.
    """
    with _as(OutputError, address, "write"):
        system, key = _opened(address)
        if address.url.partition(":")[0] in _WITH_FOLDERS:
            _put_aside(system, key, data)
        else:
            # One request, or the parts of an upload that is finished when all are there.
            system.pipe_file(key, data)


def _put_aside(system: Any, key: str, data: bytes) -> None:
    """Write a file under another name, and rename it when it is whole."""
    system.makedirs(system._parent(key), exist_ok=True)
    file = system.open(key, "wb", autocommit=False)
    try:
        with file:
            file.write(data)
        file.commit()
    except BaseException:
        with contextlib.suppress(Exception):
            file.discard()
        raise


def entries(folder: Address) -> tuple[list[str], list[str]]:
    """List the names of the files and of the folders in a folder, each sorted.

    Names that no file system can have are left out. A folder that does not exist is empty, as
    stores such as S3 have none.

    Raises
    ------
    PhotoError
        It cannot be listed.
    """
    files: set[str] = set()
    folders: set[str] = set()
    with _as(PhotoError, folder, "list"):
        system, key = _opened(folder)
        system.invalidate_cache(key)
        with contextlib.suppress(FileNotFoundError):
            system.info(key)  # some list the folder above where this one is not there
            for entry in system.ls(key, detail=True):
                whole = entry["name"].rstrip("/")
                if whole != key.rstrip("/"):  # an empty file that stands for the folder itself
                    (folders if entry["type"] == "directory" else files).add(_last(whole))
        system.invalidate_cache(key)  # what was listed may take much memory
    unnamed = {"", ".", ".."}  # where results keep an input's structure, these would leave it
    return sorted(files - unnamed), sorted(folders - unnamed)


def files_below(folder: Address, skip: Collection[Address] = ()) -> Iterator[Address]:
    """Yield the files in a folder and those below it, listing each folder when its turn comes.

    Parameters
    ----------
    folder : Address
        Where to look. Hidden files and folders are left out.
    skip : collection of Address
        Folders to leave out.

    Raises
    ------
    PhotoError
        A folder cannot be listed.
    """
    files, folders = (
        [name for name in names if not name.startswith(".")] for names in entries(folder)
    )
    for name in files:
        yield folder / name
    del files
    for name in folders:
        if (below := folder / name) not in skip:
            yield from files_below(below, skip)


def _last(key: str) -> str:
    return key.rpartition("/")[2]


def _opened(address: Address) -> tuple[Any, str]:
    """Return the file system of an address, and the address as it calls it."""
    try:
        import fsspec
    except ImportError:
        raise UsageError(f"{address} needs fsspec: pip install '{EXTRA}'") from None
    try:
        system, key = fsspec.url_to_fs(address.url)
    except ImportError as error:  # the text says which package is to be installed
        extra = f": pip install '{EXTRA}'" if address.url.startswith("s3:") else ""
        raise UsageError(f"{address}: {_line(error)}{extra}") from None
    except ValueError as error:
        raise UsageError(f"{address}: {_line(error)}") from None
    return system, key


@contextlib.contextmanager
def _as(kind: type[PixrestoreError], address: Address | None, verb: str) -> Iterator[None]:
    """Turn all that stores and networks raise into an error for the user."""
    named = "" if address is None else f"cannot {verb} {address}: "
    try:
        yield
    except PixrestoreError:
        raise
    except FileNotFoundError as error:
        raise _error(kind, f"{named}does not exist", error) from error
    except PermissionError as error:
        raise _error(kind, f"{named}no permission ({_line(error)})", error) from error
    except Exception as error:  # each kind of store has its own
        raise _error(kind, f"{named}{_line(error)}", error) from error


def _error(kind: type[PixrestoreError], message: str, error: Exception) -> PixrestoreError:
    if kind is not OutputError:
        return kind(message)
    # A bucket that is not there, or may not be written, is so for the next photo too.
    return OutputError(message, stopping=isinstance(error, (FileNotFoundError, PermissionError)))


def _line(error: Exception) -> str:
    """Return what an error says, in one line."""
    said = " ".join(str(error).split())
    return said or type(error).__name__
