"""Writing files so that no half of one is ever seen, and naming files in messages."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import time
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pixrestore.errors import OutputError

PLAN = "run.json"
"""What a training run is to do, in its folder, which becomes the model's."""

_PREFIX = ".pixrestore-"
_STALE_SECONDS = 3600.0
_KEPT_OF_NAME = 24
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:[/\\]", re.IGNORECASE)

# Errors that the next file would meet as well: there is no point in going on.
STOPPING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def printable(path: str | os.PathLike[str]) -> str:
    """Return `path` as text that can be printed anywhere, even when its name is not UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")


def address_hint(source: Any) -> str:
    """Say of the address of a web page, as the end of a message, that a file is needed."""
    name = os.fsdecode(source) if isinstance(source, (str, os.PathLike)) else ""
    # A `Path` has lost one of the two slashes. Drives of Windows have one letter.
    return " (give a file: addresses are not fetched)" if _ADDRESS.match(name) else ""


@contextlib.contextmanager
def replacing(path: Path, *, room: int = 0, suffix: str = "") -> Iterator[Path]:
    """Write a whole file or folder, or nothing: aside first, then moved into place.

    Parameters
    ----------
    path : Path
        The file or folder to make or replace. Missing folders above it are made.
    room : int
        Bytes to make sure of beforehand, for writers that cannot cope with a full disk: HDF5 then
        takes the whole process with it.
    suffix : str
        Ending of the name to write to, where a writer asks for more than `path` has.

    Yields
    ------
    Path
        The place to write to: a hidden name that ends as `path` does, with nothing there yet. When
        the block ends well, what was written is flushed to the disk and takes the place of `path`.
        When it raises, what was written is deleted and `path` stays as it was. What a kill leaves
        is deleted by a later `replacing` in the same folder. A folder is replaced in two steps, so
        a kill just between them leaves none.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    fresh = path.parent / (_own_name(path) + suffix)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clean_once(path.parent)
        try:
            if room:
                require_room(fresh, room)
            yield fresh
            _flush(fresh)
            _move(fresh, path)
        except BaseException:
            _delete(fresh)
            raise
    except OSError as error:
        raise output_error(path, error) from error


def replace_file(
    path: Path, data: bytes | memoryview, times: tuple[int, int] | None = None
) -> None:
    """Write `data` as a file, of `times` as `os.utime` takes them; raises as `replacing` does."""
    with replacing(path) as fresh:
        # The user's umask decides who may read it, as for any file they save.
        fresh.write_bytes(data)
        if times is not None:
            os.utime(fresh, ns=times)


def replace_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write plain values for people and programs to read; raises as `replacing` does."""
    replace_file(path, (json.dumps(value, indent=2) + "\n").encode())


def _flush(path: Path) -> None:
    """Make sure that the bytes are on the disk before a name points at them."""
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        if file.is_file():
            with file.open("r+b") as written:
                os.fsync(written.fileno())


def _move(fresh: Path, path: Path) -> None:
    if path.is_symlink() or not (path.is_dir() and fresh.is_dir()):
        os.replace(fresh, path)
        return
    # A folder that holds something cannot be replaced in one step.
    old = path.parent / _own_name(path)
    try:
        os.replace(path, old)
        os.replace(fresh, path)
    except BaseException:
        if old.exists() and not path.exists():
            os.replace(old, path)
        raise
    _delete(old)


def _delete(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def require_room(path: Path, size: int) -> None:
    """Raise an `OutputError` unless a file of `size` bytes can be written at `path`.

    The room is taken, by which quotas are asked too, and given back.
    """
    try:
        with path.open("wb") as file:
            if hasattr(os, "posix_fallocate") and _allocated(file.fileno(), size):
                return
            for start in range(0, size, len(_ZEROS)):
                file.write(_ZEROS[: size - start])
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        _delete(path)


def _allocated(descriptor: int, size: int) -> bool:
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EOPNOTSUPP):  # a file system that cannot
            return False
        raise
    return True


_ZEROS = bytes(1 << 20)


def output_error(path: Path, error: OSError) -> OutputError:
    """Turn a system error into one for the user."""
    return OutputError(
        f"cannot write {printable(path)}: {error.strerror or error}",
        stopping=error.errno in STOPPING,
    )


@cache
def _clean_once(folder: Path) -> None:
    remove_leftovers(folder)


def remove_leftovers(folder: Path) -> None:
    """Delete what killed runs left aside in `folder`; files of runs that go on are kept."""
    with contextlib.suppress(OSError):
        for path in list(_leftovers(folder)):
            _delete(path)


def _leftovers(folder: Path) -> Iterator[Path]:
    now = time.time()
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(_PREFIX) or entry.is_symlink():
                continue
            host, _, rest = entry.name.removeprefix(_PREFIX).partition("-")
            pid = rest.partition("-")[0]
            old = now - entry.stat(follow_symlinks=False).st_mtime > _STALE_SECONDS
            # Whether a process of another machine that shares the folder lives, nobody can say.
            if old or (host == _host() and pid.isdigit() and not _running(int(pid))):
                yield Path(entry.path)


def _own_name(path: Path) -> str:
    """Return a hidden name of this process for what is to become `path`."""
    # The end of a name tells writers what to write; all of a long one would be too long.
    return f"{_PREFIX}{_host()}-{os.getpid()}-{os.urandom(6).hex()}-{path.name[-_KEPT_OF_NAME:]}"


def _host() -> str:
    import platform  # not at every start of the program

    return f"{zlib.crc32(platform.node().encode()):08x}"


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
