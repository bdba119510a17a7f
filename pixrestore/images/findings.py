"""What examining a file's content shows."""

from __future__ import annotations

from dataclasses import dataclass


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
