"""What examining a file's content shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True)
class Findings:
    """What is wrong with a file.

    Attributes
    ----------
    missing : float
        Share of the pixels that is not there, 0 to 1.
    what : str
        How they miss: ``"missing"``, or ``"detail"`` when they are there but coarse.
    mended : bytes, optional
        A copy that decoders read; None when they read the file itself.
    notes : tuple of str
        What the copy leaves out.
    icc : bytes
        A colour profile that the copy leaves out, to be put back after decoding.
    """

    missing: float = 0.0
    what: str = "missing"
    mended: bytes | None = None
    notes: tuple[str, ...] = ()
    icc: bytes = b""


Examiner = Callable[[BinaryIO, int, bool], Findings]
"""Finds out how many of the pixels of a format's file are there.

It gets the file, the most pixels that a photo may have, and whether missing pixels are accepted: it
then makes a copy of what is there. Larger photos are refused, or left to reading, which refuses
them. It raises a `PhotoError` where the file is too small for its picture, or has none at all.
"""
