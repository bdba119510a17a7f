"""JPEG 2000: what Pillow passes over when it reads such a file, and files of any depth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixrestore.images import boxes
from pixrestore.images.metadata import Texts, kept_exif
from pixrestore.images.photo import (
    Photo,
    fitting_profile,
    photo_from_channels,
    photo_from_image,
    plausible_dpi,
)
from pixrestore.images.values import deep_values

# What the first bytes of a box called "uuid" say that it holds.
_EXIF = b"JpgTiffExif->JP2"
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_IPTC = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")

_SRGB, _GRAY = 16, 17  # colour spaces by number
_SPACES = {_SRGB: 3, _GRAY: 1}


def read_jp2(stream: BinaryIO, image: Image.Image) -> Photo:
    """Read a JPEG 2000, with what Pillow passes over."""
    notes: list[str] = []
    exif, texts, icc = _metadata(stream, notes)
    deep = _is_deep(stream)
    photo = _deep(stream) if deep else photo_from_image(image)
    return replace(
        photo,
        exif=exif,
        texts=texts,
        icc=icc or photo.icc,
        dpi=plausible_dpi(image.info.get("dpi")),
        notes=(*photo.notes, *notes),
    )


def _is_deep(stream: BinaryIO) -> bool:
    """Say whether a file has more bits a channel than Pillow reads, in colours that are plain."""
    header = boxes.find(stream, b"jp2h", b"ihdr")
    content = boxes.content_of(stream, header) if header else b""
    colours = _colours(stream)[0]
    stream.seek(0)
    count = int.from_bytes(content[8:10], "big")
    # The highest bit says that numbers have a sign; all are 1 where channels differ in depth.
    deep = len(content) >= 11 and 8 <= content[10] < 16
    return deep and colours in (count, count - 1)


def _deep(stream: BinaryIO) -> Photo:
    """Read a file of 9 to 16 bits a channel."""
    import imagecodecs

    header = boxes.find(stream, b"jp2h", b"ihdr")
    bits = (boxes.content_of(stream, header)[10] if header else 15) + 1
    # Without the boxes around it, by whose profile the decoder would change the colours.
    (codes,) = (one for one in boxes.boxes_of(stream) if one.kind == b"jp2c")
    values = imagecodecs.jpeg2k_decode(boxes.content_of(stream, codes))
    return photo_from_channels(deep_values(values, bits), format="JPEG2000")


def _metadata(stream: BinaryIO, notes: list[str]) -> tuple[bytes, Texts, bytes]:
    """Return the EXIF, the texts and the colour profile of a file, which Pillow passes over."""
    found: dict[bytes, bytes] = {}
    for one in boxes.boxes_of(stream):
        if one.kind == b"uuid":
            content = boxes.content_of(stream, one)
            found.setdefault(content[:16], content[16:])
    icc = _colours(stream)[1]
    stream.seek(0)
    exif = found.get(_EXIF, b"")
    texts = Texts(xmp=found.get(_XMP, b""), iptc=found.get(_IPTC, b""))
    return kept_exif(exif, notes), texts, icc


def _colours(stream: BinaryIO) -> tuple[int, bytes]:
    """Return how many channels are colours, 0 where that is not plain, and the profile."""
    found = boxes.find(stream, b"jp2h", b"colr")
    content = boxes.content_of(stream, found) if found else b""
    if content[:1] == b"\1":
        return _SPACES.get(int.from_bytes(content[3:7], "big"), 0), b""
    if content[:1] in (b"\2", b"\3"):
        icc = content[3:]
        return {b"GRAY": 1, b"RGB ": 3}.get(icc[16:20], 0), icc
    return 0, b""


def encode_jp2(photo: Photo) -> bytes:
    """Return a photo of 8 or 16 bits as a file, without loss."""
    import imagecodecs

    channels: NDArray[Any] = np.ascontiguousarray(photo.channels())
    made = bytes(imagecodecs.jpeg2k_encode(channels, codecformat="jp2", reversible=True))
    start = made.index(b"jp2h") - 4
    size = int.from_bytes(made[start : start + 4], "big")
    header = made[start + 8 : start + 8 + 22]  # that of the picture's size
    return b"".join(
        (
            made[:start],
            boxes.box(b"jp2h", header, _colour_box(photo), _alpha_box(photo), _dots_box(photo)),
            *_words(photo),
            made[start + size :],
        )
    )


def _colour_box(photo: Photo) -> bytes:
    if icc := fitting_profile(photo):
        return boxes.box(b"colr", b"\2\0\0", icc)
    return boxes.box(b"colr", b"\1\0\0", (_GRAY if photo.gray else _SRGB).to_bytes(4, "big"))


def _alpha_box(photo: Photo) -> bytes:
    """Say what each channel is, where one is no colour."""
    if photo.alpha is None:
        return b""
    count = 2 if photo.gray else 4
    channels = [(at, 0, at + 1) for at in range(count - 1)] + [(count - 1, 1, 0)]
    numbers = [number for channel in channels for number in channel]
    said = b"".join(number.to_bytes(2, "big") for number in (count, *numbers))
    return boxes.box(b"cdef", said)


def _dots_box(photo: Photo) -> bytes:
    """Return dots per metre, down and across, as fractions."""
    if photo.dpi is None:
        return b""
    down, across = (round(dots / 0.0254) for dots in reversed(photo.dpi))
    if max(down, across) > 0xFFFF:  # of 1,664 dots per inch
        return b""
    content = b"".join(number.to_bytes(2, "big") for number in (down, 1, across, 1)) + b"\0\0"
    return boxes.box(b"res ", boxes.box(b"resc", content))


def _words(photo: Photo) -> list[bytes]:
    named = (
        (_EXIF, photo.exif.removeprefix(b"Exif\0\0")),
        (_XMP, photo.texts.xmp),
        (_IPTC, photo.texts.iptc),
    )
    return [boxes.box(b"uuid", name, content) for name, content in named if content]
