"""What files say about a photo in words: EXIF, XMP, IPTC, comments and the texts of PNG.

All is kept as the bytes that it is. Nobody knows in which encoding a camera or a scanner wrote.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from PIL import Image

from pixrestore.images import pngtext
from pixrestore.images.iptc import IPTC_RESOURCE, iptc_in, iptc_resource, sound_iptc
from pixrestore.images.tags import EXIF_FOLDER, GPS_FOLDER, Tag, Tags, append_tags, read_tags
from pixrestore.images.xmp import kept_xmp, shorter_xmp

ORIENTATION = 0x0112
_PIXEL_SIZE = (0xA003, 0xA002)  # PixelYDimension, PixelXDimension
_MAKER_NOTE = 0x927C
_TIFF_XMP, _TIFF_IPTC, _TIFF_RESOURCES = 700, 33723, 34377

_NAME = b"Exif\0\0"
_RESOURCES = b"Photoshop 3.0\0"
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_JPEG_EXIF = 65533 - len(_NAME)
_JPEG_XMP = 65533 - 29  # its name takes the rest
_SEGMENT = 65533

# Tags that describe how a TIFF file stores its pixels, which the next file does in its own way; the
# texts that stand beside EXIF; and what makes a TIFF a raw photo, which no result is.
_STORAGE_TAGS = frozenset(
    {254, 255, *range(256, 260), *range(262, 267), 273, *range(277, 285), *range(288, 294)}
    | {296, 297, 301, 317, *range(320, 326), 330, 332, 333, 334, 338, *range(339, 343), 347}
    | {*range(336, 338), *range(512, 522), *range(529, 533), 34675, 37724, 33421, 33422}
    | {*range(50706, 50782), *range(50827, 51126), 52525, 52526}
)
# Names in the `info` of Pillow's images that it reads itself when it saves or converts one.
_PILLOWS = frozenset(
    {"background", "blend", "comment", "compression", "default_image", "disposal", "dpi"}
    | {"duration", "exif", "gamma", "icc_profile", "interlace", "loop", "transparency", "xmp"}
)
_TEXT_TAGS = frozenset({_TIFF_XMP, _TIFF_IPTC, _TIFF_RESOURCES})


@dataclass(frozen=True)
class Texts:
    """What a file says about a photo besides EXIF.

    Attributes
    ----------
    xmp : bytes
        The XMP packet; empty when there is none.
    iptc : bytes
        IPTC's records (IIM); empty when there are none.
    comments : tuple of bytes
        The comments of a JPEG or a GIF.
    png : tuple of (bytes, bytes)
        The text chunks of a PNG, each its name and its content.
    """

    xmp: bytes = b""
    iptc: bytes = b""
    comments: tuple[bytes, ...] = ()
    png: tuple[pngtext.Chunk, ...] = ()


NO_TEXTS = Texts()


# --- reading --------------------------------------------------------------------------------------


@dataclass
class _Found:
    """What was found in a file, as it stands there."""

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    comments: list[bytes] = field(default_factory=list)
    png: list[pngtext.Chunk] = field(default_factory=list)


def read_metadata(image: Image.Image, notes: list[str]) -> tuple[bytes, Texts]:
    """Return the EXIF and the texts of an image, as they are kept.

    An image that comes from a file is asked before it is loaded, which closes the file.
    """
    stream = _file_of(image)
    if image.format == "TIFF" and stream is not None:
        place = stream.tell()
        exif, texts, _ = read_tiff_metadata(stream, notes)
        stream.seek(place)
        return exif, texts
    found = _Found(exif=_bytes_of(image.info.get("exif")), xmp=_bytes_of(image.info.get("xmp")))
    if hasattr(image, "applist"):
        _find_in_jpeg(image.applist, found, notes)
    else:
        found.iptc = _iptc_of_info(image)
        if comment := _bytes_of(image.info.get("comment")):
            found.comments.append(comment)
    if image.format == "PNG":
        _find_in_png(image, stream, found)
    exif = kept_exif(found.exif or _exif_of_pillow(image, notes), notes)
    return exif, _texts(found)


def read_tiff_metadata(stream: BinaryIO, notes: list[str]) -> tuple[bytes, Texts, int]:
    """Return the EXIF and the texts of a TIFF file, as they are kept, and its orientation."""
    try:
        tags = read_tags(stream, without=_STORAGE_TAGS)
    except ValueError:
        notes.append("its EXIF is damaged and was left out")
        return b"", Texts(), 1
    xmp, iptc, resources = (tags.values.pop(tag, Tag(1, b"")).data for tag in sorted(_TEXT_TAGS))
    found = _Found(xmp=xmp, iptc=sound_iptc(iptc) or iptc_in(resources))
    orientation = _orientation(tags)
    return _kept_exif(tags, notes), _texts(found), orientation


def kept_exif(exif: bytes, notes: list[str]) -> bytes:
    """Return EXIF with its orientation reset, without its thumbnail and what TIFF stores."""
    if not exif:
        return b""
    try:
        stream = io.BytesIO(exif.removeprefix(_NAME))
        return _kept_exif(read_tags(stream, without=_STORAGE_TAGS | _TEXT_TAGS), notes)
    except ValueError:
        notes.append("its EXIF is damaged and was left out")
        return b""


def _kept_exif(tags: Tags, notes: list[str]) -> bytes:
    if tags.damaged:
        notes.append("a part of its EXIF is damaged and was left out")
    if ORIENTATION in tags.values:
        tags.set_number(ORIENTATION, 1)
    # Only the first directory is kept: the second has the thumbnail, which shows the old photo.
    return _NAME + tags.block() if tags else b""


def _orientation(tags: Tags) -> int:
    found = tags.number(ORIENTATION) or 1
    return found if found in range(1, 9) else 1


def _texts(found: _Found) -> Texts:
    return Texts(kept_xmp(found.xmp), found.iptc, tuple(found.comments), tuple(found.png))


def _file_of(image: Image.Image) -> BinaryIO | None:
    """Return the file that an image is still to be read from."""
    stream = getattr(image, "fp", None)
    return stream if stream is not None and not getattr(stream, "closed", False) else None


def _find_in_jpeg(segments: list[tuple[str, bytes]], found: _Found, notes: list[str]) -> None:
    resources = b""
    for name, content in segments:
        if name == "COM":
            found.comments.append(content)
        elif name == "APP13" and content.startswith(_RESOURCES):
            resources += content[len(_RESOURCES) :]
        elif name == "APP1" and content.startswith(_EXTENDED_XMP):
            note = "the second part of its XMP was left out"
            notes.extend([note] if note not in notes else [])
    found.iptc = iptc_in(resources)


def _find_in_png(image: Image.Image, stream: BinaryIO | None, found: _Found) -> None:
    if stream is not None:
        place = stream.tell()
        chunks = list(pngtext.chunks_of(stream))
        stream.seek(place)
    else:  # Pillow has read it, and has decoded the texts
        texts = getattr(image, "text", {}).items()
        made = (pngtext.text_chunk(_encoded(key), _encoded(text)) for key, text in texts)
        chunks = [chunk for chunk in made if chunk is not None]
    for chunk in chunks:
        if chunk[0] == b"eXIf":
            found.exif = found.exif or chunk[1]
        elif pngtext.keyword(chunk) == pngtext.XMP_KEYWORD:
            found.xmp = pngtext.content_of(chunk)
        elif (profile := pngtext.profile_of(chunk)) is None:
            found.png.append(chunk)
        elif profile[0] in (b"iptc", b"8bim"):
            data = profile[1].removeprefix(_RESOURCES)
            found.iptc = found.iptc or iptc_in(data) or sound_iptc(data)
        elif profile[0] == b"xmp":
            found.xmp = found.xmp or profile[1]
        elif profile[1].startswith(_NAME):
            found.exif = found.exif or profile[1]


def _bytes_of(value: Any) -> bytes:
    """Return what Pillow holds as bytes or text as bytes; nothing for anything else."""
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return _encoded(value)
    return bytes(value) if isinstance(value, (bytes, bytearray)) else b""


def _encoded(text: str) -> bytes:
    """Return the bytes of a text that Pillow has decoded as Latin-1, or that Python made."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


def _exif_of_pillow(image: Image.Image, notes: list[str]) -> bytes:
    """Return the EXIF of an image that is loaded, or that was set in Python."""
    fresh = Image.Exif()
    try:
        exif = image.getexif()
        _copy_tags(exif, fresh)
        for folder in (EXIF_FOLDER, GPS_FOLDER):
            if inner := exif.get_ifd(folder):
                _copy_tags(inner, fresh.get_ifd(folder))
        return fresh.tobytes() if len(fresh) else b""
    except Exception:  # whatever damaged EXIF makes a parser raise: the photo is worth more
        notes.append("its EXIF is damaged and was left out")
        return b""


def _copy_tags(source: Any, target: Any) -> None:
    for tag, value in source.items():
        # Pillow writes text in ASCII only, but bytes as they are.
        if tag not in _STORAGE_TAGS | _TEXT_TAGS:
            target[tag] = _encoded(value) if isinstance(value, str) else value


def _iptc_of_info(image: Image.Image) -> bytes:
    """Return IPTC's records from where Pillow holds them."""
    tags, resources = getattr(image, "tag_v2", {}), image.info.get("photoshop")
    held = resources.get(IPTC_RESOURCE) if isinstance(resources, dict) else tags.get(_TIFF_IPTC)
    return sound_iptc(_bytes_of(held))


# --- changing -------------------------------------------------------------------------------------


def exif_tags(exif: bytes) -> Tags:
    """Return the tags of EXIF that `read_metadata` has kept, or that Pillow has made."""
    try:
        return read_tags(io.BytesIO(exif.removeprefix(_NAME))) if exif else Tags()
    except ValueError:
        return Tags()


def exif_block(tags: Tags) -> bytes:
    """Return tags as EXIF; empty when there are none."""
    return _NAME + tags.block() if tags else b""


def exif_with_size(exif: bytes, shape: tuple[int, ...]) -> bytes:
    """Return EXIF that gives this height and width, if it gave any before."""
    tags = exif_tags(exif)
    inner = tags.folders.get(EXIF_FOLDER, Tags())
    for tag, length in zip(_PIXEL_SIZE, shape, strict=True):
        if tag in inner.values:
            inner.set_number(tag, length)
    return exif_block(tags)


# --- writing --------------------------------------------------------------------------------------


def fitting_metadata(exif: bytes, texts: Texts, format: str) -> tuple[bytes, Texts, list[str]]:
    """Return the EXIF and the texts that a format can hold, and the names of what it cannot."""
    if format == "PNG":
        return exif, *_fitting_png(texts)
    lost = []
    comments = [] if format != "JPEG" else _png_comments(texts)
    if names := [key for key in map(_shown, texts.png) if not (comments and key == "Comment")]:
        more = ", ..." if len(names) > 3 else ""
        lost.append(f"PNG texts ({', '.join(names[:3])}{more})")
    if format == "JPEG":
        short = _fitting_exif(exif)
        xmp, whole = shorter_xmp(texts.xmp, _JPEG_XMP)
        lost += ["all of its EXIF"] if short != exif else []
        lost += [] if whole else ["XMP of its size"]
        comments = [one[:_SEGMENT] for one in (*texts.comments, *comments)]
        return short, Texts(xmp, texts.iptc, tuple(comments)), lost
    lost += ["comments"] if texts.comments else []
    if format == "TIFF":
        return exif, Texts(texts.xmp, texts.iptc), lost
    if format == "JPEG2000":
        return exif, Texts(texts.xmp, texts.iptc), lost
    lost += ["IPTC"] if texts.iptc else []
    if format != "BMP":
        return exif, Texts(texts.xmp), lost
    lost += ["EXIF"] if exif else []
    lost += ["XMP"] if texts.xmp else []
    return b"", Texts(), lost


def pillow_settings(exif: bytes, texts: Texts, format: str) -> dict[str, Any]:
    """Return Pillow's settings that write EXIF and texts, fitted before, to another than TIFF."""
    if format == "PNG":
        from PIL.PngImagePlugin import PngInfo

        chunks = PngInfo()
        for name, content in png_chunks(texts):
            chunks.add(name, content)
        return {"exif": exif, "pnginfo": chunks} if exif else {"pnginfo": chunks}
    settings: dict[str, Any] = {}
    if format == "AVIF":  # else Pillow would take the orientation out, and all text with it
        tags = exif_tags(exif)
        tags.values.pop(ORIENTATION, None)
        exif = exif_block(tags)
    if exif:
        settings["exif"] = exif
    if texts.xmp:
        settings["xmp"] = texts.xmp
    if format == "JPEG":
        segments = [(b"\xff\xfe", comment) for comment in texts.comments]
        resource = iptc_resource(texts.iptc) if texts.iptc else b""
        most = _SEGMENT - len(_RESOURCES)
        for start in range(0, len(resource), most):
            segments.append((b"\xff\xed", _RESOURCES + resource[start : start + most]))
        settings["extra"] = b"".join(_segment(*one) for one in segments)
        settings["comment"] = b""  # else Pillow would write that of the image's info as well
    return settings


def png_chunks(texts: Texts) -> list[pngtext.Chunk]:
    """Return texts as the chunks of a PNG."""
    chunks = list(texts.png)
    made = [pngtext.text_chunk(b"Comment", comment) for comment in texts.comments]
    chunks += [chunk for chunk in made if chunk is not None]
    if texts.iptc:
        chunks.append(pngtext.profile_chunk(b"iptc", iptc_resource(texts.iptc)))
    if texts.xmp:
        chunks.append(pngtext.xmp_chunk(texts.xmp))
    return chunks


def append_metadata(stream: io.BytesIO, exif: bytes, texts: Texts) -> None:
    """Append EXIF and texts to a TIFF file."""
    tags = exif_tags(exif)
    for tag, data in ((_TIFF_XMP, texts.xmp), (_TIFF_IPTC, texts.iptc)):
        if data:
            tags.values[tag] = Tag(1, data)
    if tags:
        append_tags(stream, tags, without=_STORAGE_TAGS)


def pillow_info(texts: Texts) -> dict[str, Any]:
    """Return texts as Pillow keeps them in an image's `info`."""
    info: dict[str, Any] = {_shown(chunk): pngtext.decoded(chunk) for chunk in texts.png}
    # Names that Pillow itself gives a meaning are no texts.
    info = {key: text for key, text in info.items() if key not in _PILLOWS}
    if texts.xmp:
        info["xmp"] = texts.xmp
    if texts.iptc:
        info["photoshop"] = {IPTC_RESOURCE: texts.iptc}
    if texts.comments:
        info["comment"] = b"\n".join(texts.comments)
    return info


def _fitting_png(texts: Texts) -> tuple[Texts, list[str]]:
    held = tuple(one for one in texts.comments if pngtext.text_chunk(b"Comment", one) is not None)
    lost = ["comments with zeros inside"] if held != texts.comments else []
    return Texts(texts.xmp, texts.iptc, held, texts.png), lost


def _fitting_exif(exif: bytes) -> bytes:
    """Return EXIF that a JPEG can hold: without the maker's note, or none, where it is too long."""
    if len(exif) <= _JPEG_EXIF:
        return exif
    tags = exif_tags(exif)
    tags.folders.get(EXIF_FOLDER, Tags()).values.pop(_MAKER_NOTE, None)
    shorter = exif_block(tags)
    if len(shorter) <= _JPEG_EXIF:
        return shorter
    # Texts of a few words are worth more than nothing.
    short = {tag: value for tag, value in tags.values.items() if len(value.data) < 2000}
    shorter = exif_block(Tags(tags.order, short))
    return shorter if len(shorter) <= _JPEG_EXIF else b""


def _png_comments(texts: Texts) -> list[bytes]:
    return [pngtext.content_of(one) for one in texts.png if pngtext.keyword(one) == b"Comment"]


def _shown(chunk: pngtext.Chunk) -> str:
    """Return what a text is about, safe to print."""
    name = pngtext.keyword(chunk).decode("latin-1")
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _segment(marker: bytes, content: bytes) -> bytes:
    return marker + (len(content) + 2).to_bytes(2, "big") + content
