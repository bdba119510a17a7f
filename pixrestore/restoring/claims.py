"""Photos that a process works on, so that others of the same job take the next ones.

A claim is a lock on the photo's own file: nothing is written, and it ends with its process, however
that ends. Where there are no such locks, as on some disks or behind addresses, any photo is free.
"""

from __future__ import annotations

import contextlib
import os
import stat

from pixrestore.addresses import Address, Place

with contextlib.suppress(ImportError):  # Windows
    import fcntl


# What this process holds. It never waits for itself: whoever asks twice has two results in mind.
_ours: set[tuple[int, int]] = set()


class Claims:
    """The photos that this job has claimed."""

    def __init__(self) -> None:
        self._held: dict[Place, tuple[int, tuple[int, int]]] = {}

    def take(self, photo: Place) -> bool:
        """Claim a photo; return False where another process has it."""
        if os.name != "posix" or isinstance(photo, Address):
            return True
        descriptor = -1
        try:
            # Opening a pipe would wait for somebody to write into it.
            descriptor = os.open(photo, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            found = os.fstat(descriptor)
            identity = found.st_dev, found.st_ino
            if stat.S_ISREG(found.st_mode) and identity not in _ours:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _ours.add(identity)
                self._held[photo] = descriptor, identity
                return True
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:  # no photo, which reading it tells, or no locks on this disk
            pass
        if descriptor >= 0:
            os.close(descriptor)
        return True

    def release(self, photo: Place) -> None:
        """Give a photo back, if it is held."""
        if photo in self._held:
            descriptor, identity = self._held.pop(photo)
            _ours.discard(identity)
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def release_all(self) -> None:
        """Give all photos back."""
        for photo in list(self._held):
            self.release(photo)
