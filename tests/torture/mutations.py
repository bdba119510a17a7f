"""Ways in which a file can be altered: by accident, by a bad disk, or by somebody who means it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence

import numpy as np

Alter = Callable[[bytearray, np.random.Generator, Sequence[bytes]], bytearray]
"""Alters a file. The third is other files, to take parts from."""

_NUMBERS = (0, 1, 2, 3, 255, 256, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1)


def _place(data: bytearray, rng: np.random.Generator) -> int:
    """Return a place, in every second case among the first bytes, which tell of the rest."""
    end = min(len(data), 600) if rng.random() < 0.5 else len(data)
    return int(rng.integers(0, max(1, end)))


def bits(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Turn one to thirty bits over."""
    for _ in range(int(rng.integers(1, 31)) if data else 0):
        data[_place(data, rng)] ^= 1 << int(rng.integers(8))
    return data


def values(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Replace bytes by others."""
    for _ in range(int(rng.integers(1, 12)) if data else 0):
        data[_place(data, rng)] = int(rng.integers(256))
    return data


def cut(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Cut the file off."""
    return data[: int(rng.random() ** 0.7 * len(data))]


def hole(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Lose a piece, or have it filled with one value."""
    start = _place(data, rng)
    end = start + int(rng.integers(1, max(2, len(data) // 4)))
    filled = rng.random() < 0.5
    data[start:end] = (
        bytes([int(rng.choice([0, 255, 32]))]) * (min(end, len(data)) - start) * filled
    )
    return data


def splice(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Put in or lay over a piece of another file."""
    other = others[int(rng.integers(len(others)))]
    start = int(rng.integers(len(other)))
    piece = other[start : start + int(rng.integers(1, 2000))]
    at = _place(data, rng)
    data[at : at + (len(piece) if rng.random() < 0.5 else 0)] = piece
    return data


def repeat(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Have a piece twice."""
    at = _place(data, rng)
    piece = data[at : at + int(rng.integers(1, 500))]
    data[at:at] = piece
    return data


def joined(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Begin or end with something else."""
    other = others[int(rng.integers(len(others)))]
    piece = bytes(int(rng.integers(1, 5000))) if rng.random() < 0.5 else other
    return bytearray(piece) + data if rng.random() < 0.3 else data + piece


def numbers(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Write an extreme number where the file may hold a size, a count or a place."""
    for _ in range(int(rng.integers(1, 4))):
        width = int(rng.choice([1, 2, 4, 8]))
        number = int(rng.choice(_NUMBERS)) % (1 << 8 * width)
        at = _place(data, rng)
        data[at : at + width] = number.to_bytes(width, str(rng.choice(["little", "big"])))
    return data


# --- by the structure of a format, so that what is wrong is not found at once ---------------------


def tags(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Alter entries of a TIFF's directories, or of EXIF."""
    start = 0 if data[:2] in (b"II", b"MM") else data.find(b"Exif\0\0") + 6
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[start : start + 2]))
    if order is None or len(data) < start + 16:
        return numbers(data, rng, others)
    big = 43 in data[start + 2 : start + 4]
    entry, wide, head = (20, "Q", 8) if big else (12, "I", 2)
    (place,) = struct.unpack_from(order + wide, data, start + (8 if big else 4))
    place += start
    if place + head > len(data):
        return numbers(data, rng, others)
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, place)
    if not 0 < count < 500:
        return numbers(data, rng, others)
    for _ in range(int(rng.integers(1, 4))):
        at = place + head + entry * int(rng.integers(count))
        if at + entry > len(data):
            continue
        number, kind = int(rng.choice(_NUMBERS)), int(rng.integers(4))
        if kind == 0:
            struct.pack_into(order + "H", data, at, int(rng.choice([254, 256, 257, 258, 259, 262])))
        elif kind == 1:
            struct.pack_into(order + "H", data, at + 2, int(rng.integers(0, 20)))
        elif kind == 2:
            struct.pack_into(order + wide, data, at + 4, number)
        else:
            small = int(rng.integers(0, 40)) if rng.random() < 0.5 else number
            struct.pack_into(order + wide, data, at + entry // 2 + 2, small)
    return data


def chunks(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Alter, lose, double or move chunks of a PNG, with right checksums."""
    parts, at = [], 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        parts.append((bytes(data[at + 4 : at + 8]), bytearray(data[at + 8 : at + 8 + size])))
        at += 12 + size
    if not parts:
        return bits(data, rng, others)
    for _ in range(int(rng.integers(1, 4))):
        which, how = int(rng.integers(len(parts))), int(rng.integers(5))
        kind, content = parts[which]
        if how == 0:
            del parts[which]
        elif how == 1:
            parts.insert(int(rng.integers(len(parts) + 1)), (kind, bytearray(content)))
        elif how == 2 and content:
            content[int(rng.integers(len(content)))] = int(rng.integers(256))
        elif how == 3:
            parts[which] = kind, content[: int(rng.integers(len(content) + 1))]
        else:
            name = bytes(
                rng.choice([b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"acTL", b"fdAT"])
            )
            parts.insert(int(rng.integers(len(parts) + 1)), (name, bytearray(rng.bytes(13))))
        if not parts:
            break
    return bytearray(data[:8]) + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def segments(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Alter, lose or double segments of a JPEG's header, or its size."""
    places, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        places.append((at, at + 2 + size))
        at += 2 + size
    if not places:
        return bits(data, rng, others)
    start, end = places[int(rng.integers(len(places)))]
    frames = [place for place in places if 0xC0 <= data[place[0] + 1] <= 0xC2]
    how = int(rng.integers(5))
    if how == 0:
        del data[start:end]
    elif how == 1:
        data[start:start] = data[start:end]
    elif how == 2 and frames:
        sizes = rng.choice([0, 1, 7, 73, 5000, 20000, 65500, 65535], 2)
        struct.pack_into(">HH", data, frames[0][0] + 5, *(int(size) for size in sizes))
    elif how == 3:
        struct.pack_into(">H", data, start + 2, int(rng.integers(65536)))
    else:
        for _ in range(4):
            data[int(rng.integers(start, min(end, len(data))))] = int(rng.integers(256))
    return data


_BOXES = (
    b"ftyp meta iloc iinf ipco ipma ispe pixi av1C hvcC colr irot iref mdat jp2h ihdr jp2c "
    b"VP8X VP8L VP8 ANIM ANMF ALPH EXIF XMP ICCP"
).split()


def boxes(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Alter what boxes of AVIF, HEIC and JPEG 2000, or chunks of WebP, say of themselves."""
    places = [at for name in _BOXES if (at := data.find(name)) >= 4]
    if not places:
        return numbers(data, rng, others)
    at = places[int(rng.integers(len(places)))]
    how = int(rng.integers(3))
    if how == 0:
        at -= 4
    elif how == 1:
        at += 4 + int(rng.integers(24))
    else:
        data[at : at + 4] = rng.bytes(4)
        return data
    data[at : at + 4] = struct.pack(">I", int(rng.choice(_NUMBERS)))
    return data


def claim(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """Claim a large picture, as a bomb does."""
    width, height = (int(side) for side in rng.choice([1, 4000, 9000, 22_000, 60_000], 2))
    if data[:4] == b"\x89PNG":
        packed = zlib.compress(bytes(int(rng.integers(1, 2_000_000))))
        header = struct.pack(">II", width, height) + bytes(data[24:29])
        content = _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")
        return bytearray(data[:8]) + content
    if data[:3] == b"GIF":
        struct.pack_into("<HH", data, 6, width, height)
    elif data[:2] == b"BM" and len(data) > 26:
        struct.pack_into("<ii", data, 18, width, height)
    elif (at := data.find(b"VP8X")) > 0 and at + 18 < len(data):
        data[at + 12 : at + 18] = (min(width, 16383)).to_bytes(3, "little") * 2
    elif (at := data.find(b"ispe")) > 0 and at + 16 < len(data):
        struct.pack_into(">II", data, at + 8, width, height)
    elif (at := data.find(b"ihdr")) > 0 and at + 12 < len(data):
        struct.pack_into(">II", data, at + 4, width, height)
    elif data[:2] in (b"P5", b"P6"):
        return bytearray(data.replace(b"96 72", f"{width} {height}".encode(), 1))
    elif data[:2] in (b"II", b"MM"):
        return tags(data, rng, others)
    else:
        return segments(data, rng, others)
    return data


_ANYWHERE: tuple[Alter, ...] = (bits, values, cut, hole, splice, repeat, joined, numbers, claim)


def _of_its_kind(data: bytes) -> Alter:
    if data[:2] in (b"II", b"MM"):
        return tags
    if data[:4] == b"\x89PNG":
        return chunks
    if data[:2] == b"\xff\xd8":
        return segments
    return boxes


def altered(content: bytes, rng: np.random.Generator, others: Sequence[bytes]) -> tuple[bytes, str]:
    """Return a file altered in one to three ways, and the names of the ways."""
    data, ways = bytearray(content), []
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        own = rng.random() < 0.35
        way = _of_its_kind(content) if own else _ANYWHERE[int(rng.integers(len(_ANYWHERE)))]
        data = way(data, rng, others)
        ways.append(way.__name__)
    return bytes(data), "+".join(ways)
