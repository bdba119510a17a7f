"""The tags of EXIF and TIFF: read and written as the bytes that they are, never decoded."""

from __future__ import annotations

import io
import struct
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, NamedTuple

import numpy as np

EXIF_FOLDER, GPS_FOLDER, INTEROP_FOLDER = 0x8769, 0x8825, 0xA005
# The tags that name directories, at each depth.
_FOLDERS = ({EXIF_FOLDER, GPS_FOLDER}, {INTEROP_FOLDER}, frozenset[int]())

ASCII, SHORT, LONG = 2, 3, 4

# Bytes of one value of each kind, and those of the numbers that it is made of.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_BIG_SIZES = {**_SIZES, 16: 8, 17: 8, 18: 8}
_NUMBERS = {**_SIZES, 5: 4, 10: 4}


Order = Literal["<", ">"]
"""Order of the bytes of numbers: the lowest first, or the highest."""


class Tag(NamedTuple):
    """One tag: the kind of its values, and their bytes in the order of its block."""

    kind: int
    data: bytes


@dataclass
class Tags:
    """A directory of tags, with those inside it.

    Attributes
    ----------
    order : {"<", ">"}
        Order of the bytes of numbers.
    values : dict
        The tags by their number.
    folders : dict
        Directories inside this one, by the number of the tag that names their place.
    damaged : bool
        Some tags could not be read.
    """

    order: Order = "<"
    values: dict[int, Tag] = field(default_factory=dict)
    folders: dict[int, Tags] = field(default_factory=dict)
    damaged: bool = False

    def number(self, tag: int) -> int | None:
        """Return a tag that is one whole number; None where there is none."""
        kind, data = self.values.get(tag, Tag(0, b""))
        form = {1: "B", SHORT: "H", LONG: "I"}.get(kind)
        if form is None or len(data) < _SIZES[kind]:
            return None
        number: int = struct.unpack_from(self.order + form, data)[0]
        return number

    def set_number(self, tag: int, number: int) -> None:
        """Set a tag to one whole number."""
        kind, form = (SHORT, "H") if number < 1 << 16 else (LONG, "I")
        self.values[tag] = Tag(kind, struct.pack(self.order + form, number))

    def text(self, tag: int) -> bytes:
        """Return the bytes of a text, without the zeros that end it."""
        return self.values.get(tag, Tag(ASCII, b"")).data.rstrip(b"\0")

    def set_text(self, tag: int, text: bytes) -> None:
        """Set a tag to a text."""
        self.values[tag] = Tag(ASCII, text + b"\0")

    def __bool__(self) -> bool:
        return bool(self.values or self.folders)

    def in_order(self, order: Order) -> Tags:
        """Return these tags with their numbers' bytes in another order."""
        if order == self.order:
            return self
        values = {tag: Tag(kind, _swapped(kind, data)) for tag, (kind, data) in self.values.items()}
        folders = {tag: inner.in_order(order) for tag, inner in self.folders.items()}
        return Tags(order, values, folders, self.damaged)

    def directory(self, start: int) -> bytes:
        """Return the directory as bytes that stand at `start` in a file, which is even."""
        numbers = sorted({*self.values, *self.folders})
        entries = io.BytesIO()
        rest = io.BytesIO()
        behind = start + 2 + 12 * len(numbers) + 4
        for tag in numbers:
            if tag in self.folders:
                place = behind + rest.tell()
                kind, count, data = LONG, 1, struct.pack(self.order + "I", place)
                rest.write(self.folders[tag].directory(place))
            else:
                kind, data = self.values[tag]
                count = len(data) // _SIZES[kind]
            if len(data) > 4:
                place = behind + rest.tell()
                rest.write(data + b"\0" * (len(data) % 2))
                data = struct.pack(self.order + "I", place)
            entries.write(struct.pack(self.order + "HHI", tag, kind, count) + data.ljust(4, b"\0"))
        count_of_all = struct.pack(self.order + "H", len(numbers))
        return count_of_all + entries.getvalue() + b"\0\0\0\0" + rest.getvalue()

    def block(self) -> bytes:
        """Return the tags as a block of EXIF, without the name before it."""
        return _header(self.order, 8) + self.directory(8)


def read_tags(stream: BinaryIO, *, without: Collection[int] = ()) -> Tags:
    """Read the first directory of a TIFF file or of a block of EXIF.

    Parameters
    ----------
    stream : binary file
        It may be a BigTIFF.
    without : collection of int
        Tags that are not read.

    Raises
    ------
    ValueError
        This is no directory of tags.
    """
    return _Reader(stream, frozenset(without)).tags


def append_tags(stream: io.BytesIO, tags: Tags, *, without: Collection[int] = ()) -> None:
    """Add tags to the first directory of a TIFF file, whose own are never replaced."""
    own = read_tags(stream)
    tags = tags.in_order(own.order)
    added = {tag: value for tag, value in tags.values.items() if tag not in without}
    merged = Tags(own.order, {**added, **own.values}, {**tags.folders, **own.folders})
    start = stream.seek(0, io.SEEK_END)
    start += stream.write(b"\0" * (start % 2))
    stream.write(merged.directory(start))
    stream.seek(0)
    stream.write(_header(own.order, start))


def _header(order: Order, start: int) -> bytes:
    return (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start)


def _swapped(kind: int, data: bytes) -> bytes:
    size = _NUMBERS[kind]
    return data if size == 1 else np.frombuffer(data, f"u{size}").byteswap().tobytes()


class _Reader:
    """Reads directories of tags, never more bytes than the file has."""

    def __init__(self, stream: BinaryIO, without: frozenset[int]) -> None:
        self.stream = stream
        self.without = without
        self.size = self.left = stream.seek(0, io.SEEK_END)
        head = self._bytes(0, min(16, self.size))
        self.order: Order = ">" if head[:2] == b"MM" else "<"
        version = int.from_bytes(head[2:4], "little" if self.order == "<" else "big")
        if (
            head[:2] not in (b"II", b"MM")
            or version not in (42, 43)
            or len(head) < (8 if version == 42 else 16)
        ):
            raise ValueError("no directory of tags")
        self.big = version == 43
        self.place = "Q" if self.big else "I"
        start = self._numbers(self.place, head[8:16] if self.big else head[4:8])[0]
        self.tags = self._directory(start, 0)

    def _directory(self, start: int, depth: int) -> Tags:
        tags = Tags(self.order)
        wide = 8 if self.big else 2
        count = self._numbers("Q" if self.big else "H", self._bytes(start, wide))[0]
        length = 20 if self.big else 12
        entries = self._bytes(start + wide, count * length)
        for first in range(0, len(entries), length):
            try:
                self._entry(tags, entries[first : first + length], depth)
            except ValueError:
                tags.damaged = True
        return tags

    def _entry(self, tags: Tags, entry: bytes, depth: int) -> None:
        tag, kind, count = self._numbers("HH" + self.place, entry[: 12 if self.big else 8])
        if tag in self.without and depth == 0:
            return
        value = entry[12 if self.big else 8 :]
        if (size := (_BIG_SIZES if self.big else _SIZES).get(kind)) is None:
            raise ValueError("unknown kind of tag")
        if tag in _FOLDERS[depth]:
            form = {4: "I", 8: "Q"}.get(size, self.place)
            place = self._numbers(form, value[: struct.calcsize("=" + form)])[0]
            inner = self._directory(place, depth + 1)
            tags.folders[tag] = inner
            tags.damaged |= inner.damaged
        elif kind in _SIZES:  # a file that is not a BigTIFF holds no others
            if count * size > len(value):
                value = self._bytes(self._numbers(self.place, value)[0], count * size)
            # Of a tag that a directory has twice, readers take the first.
            tags.values.setdefault(tag, Tag(kind, value[: count * size]))

    def _bytes(self, start: int, count: int) -> bytes:
        """Read bytes, which must all be there; tags that share them cannot multiply them."""
        self.left -= count
        if start + count > self.size or self.left < -self.size:
            raise ValueError("a tag lies outside the file")
        self.stream.seek(start)
        data = self.stream.read(count)
        if len(data) < count:
            raise ValueError("a tag lies outside the file")
        return data

    def _numbers(self, form: str, data: bytes) -> tuple[int, ...]:
        try:
            return struct.unpack(self.order + form, data)
        except struct.error as error:
            raise ValueError(str(error)) from error
