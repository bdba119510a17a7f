"""The boxes that files of JPEG 2000, AVIF and JPEG XL are made of (ISO/IEC 14496-12)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_MOST = 4096  # boxes of a file that are looked at


class Box(NamedTuple):
    """One box of a file: its kind, and where its content lies."""

    kind: bytes
    start: int
    stop: int


def boxes_of(stream: BinaryIO, start: int = 0, stop: int | None = None) -> Iterator[Box]:
    """Yield the boxes between two places of a file, as long as they make sense."""
    if stop is None:
        stop = stream.seek(0, io.SEEK_END)
    for _ in range(_MOST):
        stream.seek(start)
        head = stream.read(16)
        size, content = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, content = int.from_bytes(head[8:], "big"), 16
        elif size == 0:  # the last one, of any size
            size = stop - start
        if len(head) < 8 or size < content or start + size > stop:
            return
        yield Box(head[4:8], start + content, start + size)
        start += size


def find(stream: BinaryIO, *path: bytes, skip: int = 0) -> Box | None:
    """Return the first box at the end of a path of kinds, such as ``b"jp2h", b"colr"``.

    Parameters
    ----------
    stream : binary file
    *path : bytes
        Kinds of the boxes, each inside the one before it.
    skip : int
        Bytes before the boxes in the first one.
    """
    start, stop = 0, None
    found: Box | None = None
    for depth, kind in enumerate(path):
        inside = boxes_of(stream, start, stop)
        found = next((one for one in inside if one.kind == kind), None)
        if found is None:
            return None
        start, stop = found.start + (skip if depth == 0 else 0), found.stop
    return found


def content_of(stream: BinaryIO, box: Box) -> bytes:
    """Return what a box holds."""
    stream.seek(box.start)
    return stream.read(box.stop - box.start)


def box(kind: bytes, *content: bytes) -> bytes:
    """Return a box as bytes."""
    data = b"".join(content)
    return (8 + len(data)).to_bytes(4, "big") + kind + data
