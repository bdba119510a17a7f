"""The text chunks of PNG, as bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

Chunk = tuple[bytes, bytes]
"""A chunk's name and its content."""

XMP_KEYWORD = b"XML:com.adobe.xmp"

_RAW_PROFILE = b"Raw profile type "
_MAGIC = b"\x89PNG\r\n\x1a\n"
_READ = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf"})
_MOST = 64 << 20  # bytes of text that are decompressed


def chunks_of(stream: BinaryIO) -> Iterator[Chunk]:
    """Yield the texts and the EXIF of a PNG, wherever they stand; none where it is damaged."""
    stream.seek(0)
    if stream.read(8) != _MAGIC:
        return
    while len(head := stream.read(8)) == 8:
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        if name == b"IEND":
            return
        if name not in _READ:
            stream.seek(length + 4, 1)
            continue
        content, check = stream.read(length), stream.read(4)
        if zlib.crc32(name + content) == int.from_bytes(check, "big"):
            yield name, content


def keyword(chunk: Chunk) -> bytes:
    """Return what a text is about, such as ``b"Title"``."""
    return chunk[1].partition(b"\0")[0]


def content_of(chunk: Chunk) -> bytes:
    """Return a text's own bytes: Latin-1 in ``tEXt`` and ``zTXt``, UTF-8 in ``iTXt``.

    Empty when it is damaged or too large.
    """
    name, data = chunk
    text = data.partition(b"\0")[2]
    packed = name == b"zTXt"
    if name == b"iTXt":
        packed, text = text[:1] == b"\1", b"\0".join(text[2:].split(b"\0", 2)[2:])
    elif packed:
        text = text[1:]
    if not packed:
        return text
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(text, _MOST)
    except zlib.error:
        return b""
    return text if unpacking.eof else b""


def decoded(chunk: Chunk) -> str:
    """Return a text for people."""
    text = content_of(chunk)
    return text.decode("utf-8", "replace") if chunk[0] == b"iTXt" else text.decode("latin-1")


def text_chunk(keyword: bytes, text: bytes) -> Chunk | None:
    """Return a text as a chunk, UTF-8 where it is that; None where PNG cannot hold it."""
    text = text.rstrip(b"\0")
    if b"\0" in text:
        return None
    try:
        plain = text.isascii() or not text.decode("utf-8")
    except UnicodeDecodeError:
        plain = True
    if plain:
        return b"tEXt", keyword + b"\0" + text
    return b"iTXt", keyword + b"\0\0\0\0\0" + text


def xmp_chunk(xmp: bytes) -> Chunk:
    """Return XMP as a chunk."""
    return b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + xmp


def profile_chunk(kind: bytes, data: bytes) -> Chunk:
    """Return data of another format as the text that ImageMagick, ExifTool and Exiv2 know."""
    digits = data.hex().encode()
    lines = b"\n".join(digits[start : start + 72] for start in range(0, len(digits), 72))
    return b"tEXt", _RAW_PROFILE + kind + b"\0\n%b\n%8d\n%b\n" % (kind, len(data), lines)


def profile_of(chunk: Chunk) -> tuple[bytes, bytes] | None:
    """Return the kind and the data of a text that `profile_chunk` makes; None for others."""
    about = keyword(chunk)
    if not about.startswith(_RAW_PROFILE):
        return None
    try:
        _, _, _, digits = content_of(chunk).split(b"\n", 3)
        return about.removeprefix(_RAW_PROFILE).lower(), bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return about.removeprefix(_RAW_PROFILE).lower(), b""
