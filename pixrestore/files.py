"""Writing files so that no half of one is ever seen, and naming files in messages."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pixrestore.errors import OutputError

PLAN = "run.json"
"""What a training run is to do, in its folder, which becomes the model's."""

_PREFIX = ".pixrestore-"
_STALE_SECONDS = 3600.0

# Errors that the next file would meet as well: there is no point in going on.
STOPPING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def printable(path: str | os.PathLike[str]) -> str:
    """Return `path` as text that can be printed anywhere, even when its name is not UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")


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
        It cannot be written.
    """
    aside = path.parent / f"{_own_prefix()}{os.urandom(6).hex()}"
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


def replace_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write plain values for people and programs to read; raises as `replace_file` does."""
    replace_file(path, (json.dumps(value, indent=2) + "\n").encode())


def require_room(path: Path, size: int) -> None:
    """Raise an `OutputError` unless a file of `size` bytes can be written at `path`.

    For what cannot cope with a full disk itself: HDF5 then takes the whole process with it. The
    room is taken, by which quotas are asked too, and given back.
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
        with contextlib.suppress(OSError):
            path.unlink()


def _allocated(descriptor: int, size: int) -> bool:
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EOPNOTSUPP):  # a file system that cannot
            return False
        raise
    return True


_ZEROS = bytes(1 << 20)
_BINARY = getattr(os, "O_BINARY", 0)


def output_error(path: Path, error: OSError) -> OutputError:
    """Turn a system error into one for the user."""
    return OutputError(
        f"cannot write {printable(path)}: {error.strerror or error}",
        stopping=error.errno in STOPPING,
    )


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
            host, _, rest = entry.name.removeprefix(_PREFIX).partition("-")
            pid = rest.partition("-")[0]
            old = now - entry.stat(follow_symlinks=False).st_mtime > _STALE_SECONDS
            # Whether a process of another machine that shares the folder lives, nobody can say.
            if old or (host == _host() and pid.isdigit() and not _running(int(pid))):
                yield Path(entry.path)


def _own_prefix() -> str:
    return f"{_PREFIX}{_host()}-{os.getpid()}-"


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
