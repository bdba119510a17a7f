"""AVIF without loss: which files are, and how one is written with all that its photo says."""

from __future__ import annotations

import io
from typing import BinaryIO

import numpy as np

from pixrestore.images import boxes
from pixrestore.images.boxes import Box, box
from pixrestore.images.photo import Photo, fitting_profile

_VERSION = b"\0\0\0\0"  # of a box, and its flags
_SRGB = (1, 13)  # primaries and transfer function, as ITU-T H.273 numbers them
_IDENTITY = 0  # the matrix of a picture that is stored as red, green and blue
_XMP_TYPE = b"application/rdf+xml"


def is_lossless_avif(stream: BinaryIO) -> bool:
    """Say whether an AVIF stores red, green and blue themselves, as all do that lose nothing.

    Encoders that lose something turn colours to luminance and chrominance first. Gray without loss
    is not told from gray with it.
    """
    properties = boxes.find(stream, b"meta", b"iprp", b"ipco", skip=4)
    inside = boxes.boxes_of(stream, properties.start, properties.stop) if properties else ()
    said = [boxes.content_of(stream, one) for one in list(inside) if one.kind == b"colr"]
    stream.seek(0)
    return any(one[:4] == b"nclx" and _number(one[8:10]) == _IDENTITY for one in said)


def encode_lossless_avif(photo: Photo) -> bytes:
    """Return a photo of 8 bits as a file, without loss."""
    import imagecodecs

    channels = np.ascontiguousarray(photo.channels())
    if photo.gray and photo.alpha is not None:  # which the encoder does not know
        channels = np.concatenate([photo.pixels, photo.alpha[..., None]], axis=-1)
    made = io.BytesIO(imagecodecs.avif_encode(channels, level=100))
    return _File(made).with_words(photo)


class _File:
    """A file as libavif writes it, to which items and a profile are added."""

    def __init__(self, stream: io.BytesIO) -> None:
        self.stream = stream
        self.top = list(boxes.boxes_of(stream))
        (self.meta,) = (one for one in self.top if one.kind == b"meta")
        inside = boxes.boxes_of(stream, self.meta.start + 4, self.meta.stop)
        self.parts = {one.kind: one for one in list(inside)}
        self.item = _number(self._content(b"pitm")[4:6])

    def with_words(self, photo: Photo) -> bytes:
        """Return the file with the photo's EXIF, XMP and profile."""
        items = []
        if photo.exif:
            exif = b"\0\0\0\0" + photo.exif.removeprefix(b"Exif\0\0")
            items.append((b"Exif" + b"Exif\0", exif))
        if photo.texts.xmp:
            items.append((b"mime" + b"XMP\0" + _XMP_TYPE + b"\0", photo.texts.xmp))
        first = 1 + max(_number(entry[:2]) for entry in self._entries())
        numbered = [(first + at, *item) for at, item in enumerate(items)]
        properties = self._properties(fitting_profile(photo))
        # The places of all data depend on how long this is, which does not depend on them.
        size = len(self._meta(numbered, properties, 0, 0))
        grown = size - (self.meta.stop - self.meta.start + 8)
        data = self.top[-1]
        meta = self._meta(numbered, properties, grown, data.stop + grown)
        self.stream.seek(data.start)
        rest = box(b"mdat", self.stream.read(), *(content for _, _, content in numbered))
        self.stream.seek(0)
        return self.stream.read(self.meta.start - 8) + meta + rest

    def _content(self, kind: bytes) -> bytes:
        return boxes.content_of(self.stream, self.parts[kind])

    def _entries(self) -> list[bytes]:
        """Return where each item lies: its number, 4 bytes, and an offset and a length of 4."""
        content = self._content(b"iloc")
        if content[:6] != _VERSION + b"\x44\0":
            raise ValueError("the AVIF encoder writes places in another way")
        return [content[at : at + 14] for at in range(8, len(content), 14)]

    def _meta(
        self, items: list[tuple[int, bytes, bytes]], properties: bytes, grown: int, end: int
    ) -> bytes:
        places = []
        for entry in self._entries():
            moved = (_number(entry[6:10]) + grown).to_bytes(4, "big")
            places.append(entry[:6] + moved + entry[10:])
        for number, _, content in items:
            head = _short(number) + _short(0) + _short(1)
            places.append(head + end.to_bytes(4, "big") + len(content).to_bytes(4, "big"))
            end += len(content)
        named = [box(b"infe", b"\2\0\0\0", _short(n), _short(0), what) for n, what, _ in items]
        about = [box(b"cdsc", _short(n), _short(1), _short(self.item)) for n, *_ in items]
        infos = self._content(b"iinf")
        count = _number(infos[4:6]) + len(items)
        parts = {
            b"iloc": _VERSION + b"\x44\0" + _short(len(places)) + b"".join(places),
            b"iinf": _VERSION + _short(count) + infos[6:] + b"".join(named),
            b"iref": (self._content(b"iref") if b"iref" in self.parts else _VERSION)
            + b"".join(about),
            b"iprp": properties,
        }
        whole = {kind: parts.get(kind) or self._content(kind) for kind in (*self.parts, *parts)}
        return box(b"meta", _VERSION, *(box(kind, content) for kind, content in whole.items()))

    def _properties(self, icc: bytes) -> bytes:
        """Return the properties with a profile, or with words for sRGB."""
        start, stop = self.parts[b"iprp"].start, self.parts[b"iprp"].stop
        inside = {one.kind: one for one in list(boxes.boxes_of(self.stream, start, stop))}
        kept = [self._said(one) for one in list(self._inside(inside[b"ipco"]))]
        links = bytearray(boxes.content_of(self.stream, inside[b"ipma"]))
        if icc:
            kept.append(box(b"colr", b"prof", icc))
            links = _linked(links, self.item, len(kept))
        return box(b"ipco", *kept) + box(b"ipma", bytes(links))

    def _inside(self, one: Box) -> list[Box]:
        return list(boxes.boxes_of(self.stream, one.start, one.stop))

    def _said(self, one: Box) -> bytes:
        content = boxes.content_of(self.stream, one)
        if one.kind == b"colr" and content[:4] == b"nclx":
            content = content[:4] + b"".join(map(_short, _SRGB)) + content[8:]
        return box(one.kind, content)


def _linked(links: bytearray, item: int, number: int) -> bytearray:
    """Add a property, by its number, to those of an item."""
    place = 8
    while _number(links[place : place + 2]) != item:
        place += 3 + links[place + 2]
    count = links[place + 2]
    links[place + 2] = count + 1
    links.insert(place + 3 + count, number)
    return links


def _number(data: bytes | bytearray) -> int:
    return int.from_bytes(data, "big")


def _short(number: int) -> bytes:
    return number.to_bytes(2, "big")
