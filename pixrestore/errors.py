"""Every error a user can act on: one clear line, and an exit code of its own."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class PixrestoreError(Exception):
    """Base of all errors whose message is meant for the user.

    The command line prints the message, without a traceback, and leaves with `exit_code`.
    """

    exit_code = 1


class UsageError(PixrestoreError):
    """An option or a combination of options that makes no sense."""

    exit_code = 2


class UnknownNameError(PixrestoreError):
    """A task, architecture, loss or model that nobody provides."""

    exit_code = 3


class PhotoError(PixrestoreError):
    """A photo or folder that is missing, unreadable or too large."""

    exit_code = 4


class TooLargeError(PhotoError):
    """A photo of more pixels than are allowed; it was not decoded."""


class ModelError(PixrestoreError):
    """A model folder that is missing, damaged, altered or from a newer version."""

    exit_code = 5


class PluginError(PixrestoreError):
    """The thing asked for comes from a plugin that failed, or from two plugins at once."""

    exit_code = 6


class TrainingDataError(PixrestoreError):
    """Photos that cannot be trained on: none left, or most of them unreadable."""

    exit_code = 7


class TrainingError(PixrestoreError):
    """A training run that cannot go on."""

    exit_code = 8


class OutOfMemoryError(PixrestoreError):
    """Not enough memory, even with the smallest tiles."""

    exit_code = 9


class OutputError(PixrestoreError):
    """A result that cannot be written: disk full, no permission, or it would replace its input.

    Attributes
    ----------
    stopping : bool
        No other file could be written either, as on a full disk.
    """

    exit_code = 10

    def __init__(self, message: str, stopping: bool = False) -> None:
        super().__init__(message)
        self.stopping = stopping


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known names are like `name`, or list them all, as the end of a message."""
    names = sorted(known)
    close = get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"there is {', '.join(names)}" if names else "there is none"
