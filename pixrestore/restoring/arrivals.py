"""Photos that arrive in folders, each once it is complete."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixrestore.errors import PhotoError
from pixrestore.images import find_photos

_log = logging.getLogger("pixrestore")

# How long a file must stay as it is: one that nobody writes, one of which nobody can say, and one
# that somebody holds open. The last is for disks that answer so of every file.
_CLOSED_SECONDS = 1.0
_UNKNOWN_SECONDS = 5.0
_HELD_SECONDS = 60.0

_F_SETSIG = 10  # of Linux; Python does not name it

_Signature = tuple[int, int, int]


def being_written(path: Path) -> bool | None:
    """Tell whether any process has a file open to write into it; None if that cannot be known.

    Linux knows it of the user's own files on local disks: it gives no lease on a file that somebody
    writes.
    """
    if sys.platform != "linux":
        return None
    import fcntl

    descriptor = -1
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        # Who wants to write just then is let in, and we are told by a signal that ends nobody.
        fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    else:
        return False
    finally:
        if descriptor >= 0:
            os.close(descriptor)  # this ends the lease too


@dataclass
class _Seen:
    """A file as it was last seen, and since when it has been so."""

    signature: _Signature
    since: float
    taken: bool = False


class Arrivals:
    """Photos in folders that are complete and were not handed out before.

    Parameters
    ----------
    folders : sequence of (Path, Path)
        Folders to look into, each with one below it that is left out, such as that of the results.
    clock : callable
        Returns the time in seconds.
    written : callable
        Tells whether a file is being written; see `being_written`.
    """

    def __init__(
        self,
        folders: Sequence[tuple[Path, Path]],
        clock: Callable[[], float] = time.monotonic,
        written: Callable[[Path], bool | None] = being_written,
    ) -> None:
        self._folders = folders
        self._clock = clock
        self._written = written
        self._seen: dict[Path, _Seen] = {}
        self._closed: set[str] = set()

    def look(self) -> None:
        """See what is there, and forget what is not.

        Raises
        ------
        PhotoError
            A folder is gone or may not be read.
        """
        found: set[Path] = set()
        for folder, skip in self._folders:
            found.update(find_photos(folder, skip=skip, closed=self._tell_once))
        for path in self._seen.keys() - found:
            del self._seen[path]
        for path in found:
            self._see(path)

    def complete(self) -> list[Path]:
        """Return the photos that are complete, each once for every content that it has."""
        waiting = [path for path, seen in self._seen.items() if not seen.taken]
        complete = []
        for path in waiting:
            self._see(path)
            if path in self._seen and self._is_complete(path, self._seen[path]):
                self._seen[path].taken = True
                complete.append(path)
        return sorted(complete)

    def _see(self, path: Path) -> None:
        try:
            found = path.stat()
        except OSError:  # gone since it was listed
            self._seen.pop(path, None)
            return
        signature = found.st_ino, found.st_size, found.st_mtime_ns
        if path not in self._seen or self._seen[path].signature != signature:
            self._seen[path] = _Seen(signature, self._clock())

    def _is_complete(self, path: Path, seen: _Seen) -> bool:
        age = self._clock() - seen.since
        # Programs that copy may make an empty file first.
        if age < _CLOSED_SECONDS or not seen.signature[1]:
            return False
        written = self._written(path)
        if written is None:
            return age >= _UNKNOWN_SECONDS
        return age >= _HELD_SECONDS if written else True

    def _tell_once(self, error: PhotoError) -> None:
        if str(error) not in self._closed:
            self._closed.add(str(error))
            _log.warning("%s", error)
