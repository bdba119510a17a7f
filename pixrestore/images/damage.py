"""Files that are cut short or altered: how much of the photo is there, and what can be mended."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

from pixrestore.errors import PhotoError
from pixrestore.images.damaged_jpeg import examine_jpeg
from pixrestore.images.damaged_png import examine_png
from pixrestore.images.damaged_tiff import TIFF_MAGIC, examine_tiff
from pixrestore.images.findings import Examiner


@dataclass(frozen=True)
class Sound:
    """A file that decoders read.

    Attributes
    ----------
    stream : BinaryIO
        The file, or its mended copy.
    notes : tuple of str
        What was dropped or is missing.
    icc : bytes
        A colour profile that was set aside, because decoders refuse one of its size.
    """

    stream: BinaryIO
    notes: tuple[str, ...] = ()
    icc: bytes = b""


def sound(stream: BinaryIO, *, damaged: bool, max_pixels: int) -> Sound:
    """Return a file that decoders read: this one, or a copy without what is wrong with it.

    Parameters
    ----------
    stream : BinaryIO
        The file.
    damaged : bool
        Accept that pixels are missing.
    max_pixels : int
        Larger photos are refused before any of their pixels is looked at.

    Raises
    ------
    PhotoError
        Pixels are missing, or the file is too small to hold as many as it claims.
    """
    start = stream.read(8)
    stream.seek(0)
    for magic, examine in _EXAMINERS.items():
        if start.startswith(magic):
            found = examine(stream, max_pixels, damaged)
            stream.seek(0)
            if found.missing and not damaged:
                raise PhotoError(missing_pixels(found.missing, found.what) + OFFER)
            notes = found.notes
            if found.missing:
                notes = (*notes, missing_pixels(found.missing, found.what))
            mended = stream if found.mended is None else io.BytesIO(found.mended)
            return Sound(mended, notes, found.icc)
    return Sound(stream)


OFFER = " (`damaged` restores what is there)"


def missing_pixels(share: float, what: str = "missing") -> str:
    """Say how much of a photo is not there, never 0 % nor, of a part, 100 %."""
    if 0.001 <= share < 1:
        share = min(share, 0.999)
    percent = "under 0.1" if share < 0.001 else f"{100 * share:.3g}"
    verb = "lack" if what.startswith("detail") else "are"
    return f"the file is damaged: {percent} % of its pixels {verb} {what}"


_EXAMINERS: dict[bytes, Examiner] = {
    b"\xff\xd8\xff": examine_jpeg,
    b"\x89PNG\r\n\x1a\n": examine_png,
    **dict.fromkeys(TIFF_MAGIC, examine_tiff),
}
