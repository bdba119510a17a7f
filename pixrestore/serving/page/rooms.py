"""Temporary files: one private folder, with a room for each open page that goes when it closes."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

Visit = TypeVar("Visit")

_IDLE_SECONDS = 24 * 3600


class Room(Generic[Visit]):
    """What one open page keeps: files, and what the server knows of it.

    Attributes
    ----------
    folder : Path
        For results; only this server's user can look into it.
    visit : object
        What the server knows.
    """

    def __init__(self, folder: Path, visit: Visit) -> None:
        self.folder = folder
        self.visit = visit
        self.used = time.monotonic()

    def file(self, name: str) -> Path:
        """Return a place for a file of this name, in a folder that nobody can guess."""
        return Path(tempfile.mkdtemp(dir=self.folder)) / name

    def take(self, uploaded: str | Path) -> Path:
        """Move an uploaded file here, unless it is here, and return where it is now."""
        uploaded = Path(uploaded)
        if uploaded.is_relative_to(self.folder):
            return uploaded
        place = self.file(uploaded.name)
        shutil.move(uploaded, place)
        with contextlib.suppress(OSError):
            uploaded.parent.rmdir()
        return place


class Rooms(Generic[Visit]):
    """The rooms of all open pages.

    Parameters
    ----------
    folder : Path
        Private folder for everything, uploads too.
    make : callable
        Makes what the server knows of a page that has just been opened.
    """

    def __init__(self, folder: Path, make: Callable[[], Visit]) -> None:
        self.folder = folder
        self._make = make
        self._rooms: dict[str, Room[Visit]] = {}
        self._lock = threading.Lock()

    def of(self, session: str) -> Room[Visit]:
        """Return the room of an open page."""
        with self._lock:
            if session not in self._rooms:
                self._close_idle()
                folder = Path(tempfile.mkdtemp(prefix="room-", dir=self.folder))
                self._rooms[session] = Room(folder, self._make())
            room = self._rooms[session]
            room.used = time.monotonic()
            return room

    def close(self, session: str) -> None:
        """Delete what a page that was closed has kept."""
        with self._lock:
            room = self._rooms.pop(session, None)
        if room is not None:
            shutil.rmtree(room.folder, ignore_errors=True)

    def _close_idle(self) -> None:
        # A page whose closing nobody noticed, as when a laptop was shut.
        late = time.monotonic() - _IDLE_SECONDS
        for session in [name for name, room in self._rooms.items() if room.used < late]:
            shutil.rmtree(self._rooms.pop(session).folder, ignore_errors=True)


def private_folder() -> Path:
    """Make a folder that only this user can look into, and that goes with this process."""
    folder = Path(tempfile.mkdtemp(prefix="pixrestore-page-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder.resolve()
