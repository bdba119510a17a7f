"""Where results go: folders of this machine, or of a store behind addresses."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from pathlib import Path
from typing import Any

from pixrestore.addresses import Address, Place, entries
from pixrestore.errors import OutputError, PhotoError
from pixrestore.files import output_error, remove_leftovers

# Folders whose names are kept: those of the photos being planned, read and written.
_LISTED = 3


class Destination(ABC):
    """What a run asks of the place that its results go to."""

    @abstractmethod
    def exists(self, result: Any) -> bool:
        """Say whether there is something of that name."""

    @abstractmethod
    def is_folder(self, result: Any) -> bool:
        """Say whether what is there is a folder."""

    @abstractmethod
    def made(self, result: Any, *, keep_times: bool) -> float | None:
        """Return when a result was made, in seconds since 1970; None if there is none.

        Parameters
        ----------
        result : Path or Address
            The result.
        keep_times : bool
            Results are given the times of their photos. When those were set tells when a result
            was made.
        """

    @abstractmethod
    def prepare(self, folder: Any) -> None:
        """See that results can be written to a folder, once, before the work.

        Raises
        ------
        OutputError
            They cannot.
        """

    @abstractmethod
    def tidy(self, folder: Any) -> None:
        """Delete, once, what killed runs left aside in a folder."""


class LocalFolders(Destination):
    """Folders of this machine."""

    def __init__(self) -> None:
        self._prepared: dict[Path, OutputError | None] = {}
        self._tidied: set[Path] = set()

    def exists(self, result: Path) -> bool:
        """Say whether there is something of that name, be it a link to nowhere."""
        return os.path.lexists(result)

    def is_folder(self, result: Path) -> bool:
        """Say whether what is there is a folder."""
        return result.is_dir()

    def made(self, result: Path, *, keep_times: bool) -> float | None:
        """Return when a result was last written, or when its times were last set."""
        try:
            found = result.lstat()
        except OSError:
            return None
        return found.st_ctime if keep_times else found.st_mtime

    def prepare(self, folder: Path) -> None:
        """Make a folder and see that it can be written."""
        if folder not in self._prepared:
            self._prepared[folder] = None
            try:
                folder.mkdir(parents=True, exist_ok=True)
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise PermissionError(13, "no permission to write there")
                self.tidy(folder)
            except OSError as error:
                self._prepared[folder] = output_error(folder, error)
        if failure := self._prepared[folder]:
            raise failure

    def tidy(self, folder: Path) -> None:
        """Delete, once, what killed runs left aside in a folder."""
        if folder not in self._tidied:
            self._tidied.add(folder)
            remove_leftovers(folder)


class RemoteFolders(Destination):
    """Folders behind addresses.

    A folder is listed once: a request for each thousand names costs less than one for each name.
    """

    def __init__(self) -> None:
        self._listed: OrderedDict[Address, tuple[frozenset[str], frozenset[str]]] = OrderedDict()
        self._lock = threading.Lock()

    def exists(self, result: Address) -> bool:
        """Say whether there was something of that name when its folder was listed."""
        return any(result.name in names for names in self._names(result.parent))

    def is_folder(self, result: Address) -> bool:
        """Say whether what is there is a folder and no file."""
        files, folders = self._names(result.parent)
        return result.name in folders and result.name not in files

    def made(self, result: Address, *, keep_times: bool) -> float | None:
        """Say 0 for a result that was there: others' clocks and names seen since are not asked."""
        return 0.0 if self.exists(result) else None

    def prepare(self, folder: Address) -> None:
        """Do nothing: stores have no folders, and refuse only what is written."""

    def tidy(self, folder: Address) -> None:
        """Do nothing: stores show files when they are whole."""

    def _names(self, folder: Address) -> tuple[frozenset[str], frozenset[str]]:
        """Return the names of a folder's files and folders."""
        with self._lock:  # photos are read and planned in two threads
            if folder not in self._listed:
                try:
                    files, folders = entries(folder)
                except PhotoError as error:
                    raise OutputError(str(error), stopping=True) from error
                self._listed[folder] = frozenset(files), frozenset(folders)
                if len(self._listed) > _LISTED:
                    self._listed.popitem(last=False)
            return self._listed[folder]


class Destinations:
    """The destinations of one run, each found by what a place is."""

    def __init__(self) -> None:
        self._local, self._remote = LocalFolders(), RemoteFolders()

    def of(self, place: Place) -> Destination:
        """Return the destination that a place belongs to."""
        return self._remote if isinstance(place, Address) else self._local
