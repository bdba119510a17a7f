"""What the formats that are written can hold, and which kind of a format a file is."""

from __future__ import annotations

from typing import BinaryIO

from pixrestore.errors import OutputError
from pixrestore.images.heif import INSTALL, reads_heif

LARGEST_SIDE = {"WEBP": 16_383, "JPEG": 65_500, "AVIF": 65_535}
"""The most pixels that a picture's height or width may have, where a format has a limit."""


def refuse_unfit(format: str, height: int, width: int) -> None:
    """Raise an `OutputError` where a format cannot hold a picture of this size, or be written."""
    if format == "HEIF" and not reads_heif():
        raise OutputError(f"HEIC photos need another package: {INSTALL}")
    most = LARGEST_SIDE.get(format, 0)
    if most and max(height, width) > most:
        raise OutputError(
            f"{format} holds at most {most} pixels a side, and the result would have "
            f"{width} x {height} pixels: write it as PNG or TIFF"
        )


def refuse_pages(format: str, count: int) -> None:
    """Raise an `OutputError` where a format cannot hold so many pages."""
    if count > 1 and format != "TIFF":
        raise OutputError(f"{format} holds one page: write the {count} pages as TIFF")


def is_lossless(stream: BinaryIO) -> bool:
    """Say whether a WebP holds its first picture without loss."""
    stream.seek(0)
    start = stream.read(1 << 16)
    stream.seek(0)
    place = 12
    while place + 8 <= len(start):
        kind, size = (
            start[place : place + 4],
            int.from_bytes(start[place + 4 : place + 8], "little"),
        )
        if kind in (b"VP8L", b"VP8 "):
            return kind == b"VP8L"
        # A frame of an animation has its picture inside, behind 16 bytes about it.
        place += 24 if kind == b"ANMF" else 8 + size + size % 2
    return False
