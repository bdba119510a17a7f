"""TIFFs of several pages: each page as a file of its own, and such files as one."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from pixrestore.errors import OutputError, TooLargeError
from pixrestore.images.damaged_tiff import TIFF_MAGIC, led_by, own_pages
from pixrestore.images.tags import LONG, Tag, read_tags

_PLACES = (273, 324)  # where strips or tiles lie
_LARGEST = (1 << 32) - 1  # what a TIFF's numbers can reach


def is_tiff(stream: BinaryIO) -> bool:
    """Say whether a file is a TIFF."""
    start = stream.read(4)
    stream.seek(0)
    return start in TIFF_MAGIC


def pages_of(stream: BinaryIO, max_pixels: int) -> list[int]:
    """Return where the pages of a TIFF are described, without small copies and masks of others.

    Raises
    ------
    TooLargeError
        They have more than `max_pixels` together.
    """
    import tifffile

    with tifffile.TiffFile(stream) as tiff:
        pages = own_pages(tiff)
        total = sum(page.imagewidth * page.imagelength for page in pages)
        if len(pages) > 1 and total > max_pixels:
            raise TooLargeError(
                f"its {len(pages)} pages have {total / 1e6:.0f} megapixels together, more than the "
                f"limit of {max_pixels / 1e6:g}"
            )
        places = [page.offset for page in pages]
    stream.seek(0)
    return places


def single_pages(stream: BinaryIO, places: Sequence[int]) -> Iterator[BinaryIO]:
    """Yield copies of a TIFF, each with one of its pages and no other behind that."""
    for place in places:
        data = bytearray(led_by(stream, place))
        order = "<" if data[:1] == b"I" else ">"
        big = 43 in data[2:4]
        count = struct.unpack_from(order + ("Q" if big else "H"), data, place)[0]
        following = place + (8 + 20 * count if big else 2 + 12 * count)
        width = 8 if big else 4
        if following + width <= len(data):
            data[following : following + width] = bytes(width)
        yield io.BytesIO(data)


def join_pages(files: Sequence[bytes], stream: BinaryIO) -> None:
    """Write TIFFs of one page and one order of bytes as a TIFF of several pages.

    Raises
    ------
    OutputError
        They are larger than a TIFF can be.
    """
    link = 4  # where the place of the next page is written
    for data in files:
        base = stream.seek(0, io.SEEK_END)
        base += stream.write(b"\0" * (base % 2)) if base else 0
        if base + len(data) + (1 << 20) > _LARGEST:
            raise OutputError("the pages are more than a TIFF of 4 GB holds")
        stream.write(data)
        tags = read_tags(io.BytesIO(data))
        for tag in _PLACES:
            if tag in tags.values:
                tags.values[tag] = _moved(tags.values[tag], base, tags.order)
        start = stream.seek(0, io.SEEK_END)
        start += stream.write(b"\0" * (start % 2))
        directory = tags.directory(start)
        stream.write(directory)
        stream.seek(link)
        stream.write(struct.pack(tags.order + "I", start))
        (count,) = struct.unpack_from(tags.order + "H", directory)
        link = start + 2 + 12 * count


def _moved(tag: Tag, base: int, order: str) -> Tag:
    form = "I" if tag.kind == LONG else "H"
    count = len(tag.data) // struct.calcsize(form)
    places = struct.unpack(f"{order}{count}{form}", tag.data)
    return Tag(LONG, struct.pack(f"{order}{count}I", *(place + base for place in places)))
