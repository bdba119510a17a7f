"""How much of a PNG's picture is there, and which of its chunks decoders would refuse."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pixrestore.images.findings import Findings
from pixrestore.images.limits import refuse_claims

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# First pixel and step of the passes of interlaced pictures, across and down.
_PASSES = (
    (0, 8, 0, 8),
    (4, 8, 0, 8),
    (0, 4, 4, 8),
    (2, 4, 0, 4),
    (0, 2, 2, 4),
    (1, 2, 0, 2),
    (0, 1, 1, 2),
)
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_TEXT_LIMIT = 1 << 20  # above which Pillow refuses the file
_TEXTS_LIMIT = 1 << 25
_PROFILE_LIMIT = 1 << 25
_STEP = 1 << 16
_RATIO = 1040  # the most that deflate makes of a byte


@dataclass(frozen=True)
class _Chunk:
    kind: bytes
    body: bytes
    intact: bool

    @property
    def vital(self) -> bool:
        return not self.kind[0] & 32

    def written(self) -> bytes:
        check = zlib.crc32(self.kind + self.body)
        return struct.pack(">I", len(self.body)) + self.kind + self.body + struct.pack(">I", check)


def examine_png(stream: BinaryIO, max_pixels: int, damaged: bool) -> Findings:
    """Examine a PNG, as `findings.Examiner` says; its copy lacks what decoders refuse."""
    data = stream.read()
    chunks = list(_chunks(data))
    header = chunks[0].body if chunks and chunks[0].kind == b"IHDR" else b""
    if len(header) != 13 or header[9] not in _CHANNELS:
        return Findings()  # the decoder knows better what is wrong
    width, height = struct.unpack(">II", header[:8])
    if width * height > max_pixels or not width * height:
        return Findings()
    needed = _raw_size(width, height, header[8] * _CHANNELS[header[9]], bool(header[12]))
    packed = [chunk.body for chunk in chunks if chunk.kind == b"IDAT"]
    held = sum(map(len, packed))
    refuse_claims(width, height, held, _RATIO * width * height // needed)
    missing = 1 - _inflated_size(packed, needed) / needed
    if missing and not damaged:
        return Findings(missing)
    kept, notes, icc = _kept(chunks)
    whole = not missing and chunks[-1].kind == b"IEND"
    if whole and len(kept) == len(chunks) and all(chunk.intact for chunk in chunks):
        return Findings()
    return Findings(missing, "missing", _mended(kept, packed, needed), notes, icc)


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Yield the chunks up to the end of the picture or of the file; the last one may be cut."""
    place = len(_SIGNATURE)
    while place + 8 <= len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind = data[place + 4 : place + 8]
        body = data[place + 8 : place + 8 + length]
        check = data[place + 8 + length : place + 12 + length]
        intact = check == struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))
        yield _Chunk(kind, body, intact)
        place += 12 + length
        if kind == b"IEND":
            return


def _raw_size(width: int, height: int, bits: int, interlaced: bool) -> int:
    """Return the bytes of a picture's rows, each with the byte that names its filter."""
    sizes = [(width, height)]
    if interlaced:
        sizes = [
            (-(-(width - left) // across), -(-(height - top) // down))
            for left, across, top, down in _PASSES
        ]
    return sum(h * (1 + -(-w * bits // 8)) for w, h in sizes if w > 0 and h > 0)


def _inflated_size(packed: list[bytes], needed: int) -> int:
    size = 0
    for piece in _inflated(packed):
        size += len(piece)
        if size >= needed:
            return needed
    return size


def _inflated(packed: list[bytes]) -> Iterator[bytes]:
    """Yield what the compressed rows hold, up to where they are damaged."""
    inflater = zlib.decompressobj()
    for body in packed:
        for start in range(0, len(body), _STEP):
            rest = body[start : start + _STEP]
            before = inflater.copy()
            try:
                yield inflater.decompress(rest)
            except zlib.error:
                yield from _bytewise(before, rest)
                return


def _bytewise(inflater: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    for value in data:
        try:
            yield inflater.decompress(bytes([value]))
        except zlib.error:
            return


def _kept(chunks: list[_Chunk]) -> tuple[list[_Chunk], tuple[str, ...], bytes]:
    """Return the chunks that decoders read, what the others are, and a profile too large for them.

    A damaged chunk that the picture needs is kept: its content decides whether it is of use.
    """
    kept: list[_Chunk] = []
    dropped: list[str] = []
    icc, texts = b"", 0
    for chunk in chunks:
        name = chunk.kind.decode("latin-1")
        if chunk.vital:
            kept.append(chunk)
        elif not chunk.intact:
            dropped.append(f"its damaged {name!r} was left out")
        elif chunk.kind in _TEXTS and (size := _text_size(chunk)) + texts > (
            _TEXT_LIMIT if size > _TEXT_LIMIT else _TEXTS_LIMIT
        ):
            title = chunk.body[:79].split(b"\0")[0].decode("latin-1")
            dropped.append(f"its text {title!r} is too long and was left out")
        elif chunk.kind == b"iCCP" and (profile := _large_profile(chunk)) is not None:
            icc = profile
            if not profile:
                dropped.append("its colour profile is too large and was left out")
        else:
            kept.append(chunk)
            texts += _text_size(chunk) if chunk.kind in _TEXTS else 0
    return kept, tuple(dict.fromkeys(dropped)), icc


def _text_size(chunk: _Chunk) -> int:
    """Return the bytes of a text, unpacked, as far as they matter."""
    body = chunk.body.partition(b"\0")[2]
    if chunk.kind == b"tEXt" or (chunk.kind == b"iTXt" and body[:1] != b"\1"):
        return len(body)
    packed = body[1:] if chunk.kind == b"zTXt" else body[2:].split(b"\0", 2)[-1]
    return len(_unpacked(packed, _TEXT_LIMIT + 1))


def _large_profile(chunk: _Chunk) -> bytes | None:
    """Return a profile that Pillow would refuse for its size; empty when it is beyond use."""
    profile = _unpacked(chunk.body.partition(b"\0")[2][1:], _PROFILE_LIMIT + 1)
    if len(profile) <= _TEXT_LIMIT:
        return None
    return profile if len(profile) <= _PROFILE_LIMIT else b""


def _unpacked(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return b""


def _mended(kept: list[_Chunk], packed: list[bytes], needed: int) -> bytes:
    """Return a file of these chunks, in which black stands for the rows that are missing."""
    deflater = zlib.compressobj(1)
    pieces, left = [], needed
    for piece in _inflated(packed):
        piece = piece[:left]
        left -= len(piece)
        pieces.append(deflater.compress(piece))
    for _ in range(0, left, _STEP):
        pieces.append(deflater.compress(bytes(min(left, _STEP))))
        left -= min(left, _STEP)
    rows = _Chunk(b"IDAT", b"".join([*pieces, deflater.flush()]), True)
    first = next(at for at, chunk in enumerate(kept) if chunk.kind == b"IDAT")
    others = [chunk for chunk in kept[first:] if chunk.kind not in (b"IDAT", b"IEND")]
    ordered = [*kept[:first], rows, *others, _Chunk(b"IEND", b"", True)]
    return _SIGNATURE + b"".join(chunk.written() for chunk in ordered)
