"""Which picture of a TIFF is the photo, how much of it is there, and a copy that decoders read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from pixrestore.errors import PhotoError
from pixrestore.images.findings import Findings
from pixrestore.images.limits import PIXELS_A_BYTE, refuse_claims, refuse_larger

TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""What TIFF and BigTIFF files begin with."""

_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_SENSOR = (32803, 34892)  # photometric interpretations: what a camera's sensor saw
_DNG_VERSION = 50706
_UNCOMPRESSED, _OLD_JPEG = 1, 6
_YCBCR, _RGB = 6, 2
# None, CCITT, LZW, JPEG, deflate, PackBits, LZMA, Zstandard: others only tifffile decodes.
_PILLOWS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 32771, 32773, 32946, 34925, 50000})
# Bytes that a packed byte can stand for: none, LZW, deflate (twice), PackBits.
_MOST_PACKED = {1: 1, 5: 2730, 8: 1032, 32946: 1032, 32773: 64}
_MOST_UNPACKED = 32  # bytes a pixel: four channels of 32 bits, twice for tiles beyond the edge


def examine_tiff(stream: BinaryIO, max_pixels: int, damaged: bool) -> Findings:
    """Examine a TIFF, as `findings.Examiner` says.

    Its copy begins with the photo where that is not the first picture, and holds it unpacked where
    pixels are missing or packed in a way that Pillow cannot read. What a camera's sensor saw is
    refused.
    """
    import tifffile

    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        pages = _pages(tiff)
        if not pages:
            raise PhotoError("the file is damaged: the part that says where its picture is lacks")
        _refuse_raw(tiff, pages)
        chosen = _largest(pages)
        notes = _told(pages, chosen)
        width, height = chosen.imagewidth, chosen.imagelength
        refuse_larger(width, height, max_pixels)
        refuse_claims(width, height, size)
        # A file that was cut off still says how long its strips are.
        held = max(size, sum(chosen.databytecounts))
        refuse_claims(width, height, held, _most_pixels_a_byte(chosen))
        missing = _missing(chosen, size)
        packed = chosen.bitspersample <= 8 and chosen.compression not in _PILLOWS
        if not (damaged or packed):
            first = chosen is pages[0] or bool(missing)
            return Findings(
                missing, mended=None if first else led_by(stream, chosen.offset), notes=notes
            )
    copy = io.BytesIO(led_by(stream, chosen.offset))
    if missing or packed or not _decodes(copy):
        missing = _unpack(copy)
    return Findings(missing, "missing", copy.getvalue(), notes)


def own_pages(tiff: Any) -> list[Any]:
    """Return the pictures of a file that are no small copies or masks of others."""
    return [page for page in _pages(tiff) if not _is_part(page)]


def _pages(tiff: Any) -> list[Any]:
    """Return the pictures of a file, those inside others too, without those beyond reading."""
    pages = []
    for page in _readable(tiff):
        pages.append(page)
        if page.subifds:
            pages += _readable(page)
    return [page for page in pages if page.imagewidth and page.imagelength]


def _readable(holder: Any) -> Iterator[Any]:
    try:
        pages = holder.pages
        for number in range(len(pages)):
            yield pages.get(number, aspage=True, cache=False)
    except Exception:  # a damaged page raises anything; the ones before it are worth more
        return


def _refuse_raw(tiff: Any, pages: list[Any]) -> None:
    tiff.filehandle.seek(8)
    canon = tiff.filehandle.read(2) == b"CR"
    dng = any(_DNG_VERSION in page.tags for page in pages)
    if canon or any(int(page.photometric or 0) in _SENSOR for page in pages):
        raise PhotoError(RAW)
    if dng and all(_is_part(page) for page in pages):
        raise PhotoError(RAW)


RAW = (
    "a camera's raw photo, which pixrestore does not develop: save it as TIFF of 16 bits with a "
    "raw developer, such as darktable or RawTherapee"
)


def _is_part(page: Any) -> bool:
    return bool(int(page.subfiletype) & (_REDUCED | _MASK))


def _largest(pages: list[Any]) -> Any:
    """Return the largest picture that is no small copy or mask of another; the first of equals."""
    candidates = [page for page in pages if not _is_part(page)] or pages
    return max(candidates, key=lambda page: page.imagewidth * page.imagelength)


def _told(pages: list[Any], chosen: Any) -> tuple[str, ...]:
    """Return a note on pages that are left out; small copies and masks are none."""
    own = [page for page in pages if not _is_part(page)]
    if len(own) <= 1:
        return ()
    place = next(at for at, page in enumerate(own) if page is chosen)
    if place == 0:
        return (f"only the first of its {len(own)} frames or pages",)
    return (f"only page {place + 1}, the largest of its {len(own)} frames or pages",)


def _most_pixels_a_byte(page: Any) -> int:
    """Return how many pixels a byte of a page's file can stand for."""
    most = _MOST_PACKED.get(page.compression, PIXELS_A_BYTE)
    bits = max(1, page.bitspersample * page.samplesperpixel)
    return min(PIXELS_A_BYTE, max(1, 8 * most // bits))


def _missing(page: Any, size: int) -> float:
    """Return the share of a page that lies beyond the end of the file."""
    offsets, counts = page.dataoffsets, page.databytecounts
    total = sum(counts)
    if page.compression == _UNCOMPRESSED and page.bitspersample >= 8:
        # Some programs write larger counts than the pixels take.
        total = min(total, page.size * page.bitspersample // 8)
        counts = [min(count, total) for count in counts]
    lost = sum(
        min(count, max(0, at + count - size)) for at, count in zip(offsets, counts, strict=False)
    )
    return lost / total if total else 1.0


def led_by(stream: BinaryIO, place: int) -> bytes:
    """Return the file with the page that is described at `place` as its first."""
    stream.seek(0)
    data = bytearray(stream.read())
    order: Literal["little", "big"] = "little" if data[:1] == b"I" else "big"
    start, width = (8, 8) if 43 in data[2:4] else (4, 4)
    data[start : start + width] = place.to_bytes(width, order)
    return bytes(data)


def _decodes(stream: BinaryIO) -> bool:
    import tifffile

    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        try:
            tiff.pages.first.asarray()
        except Exception:  # decoders raise anything at damaged bytes
            return False
    return True


def _unpack(stream: io.BytesIO) -> float:
    """Store a file's first page uncompressed, black where it is missing; return how much that is.

    Everything else in the file stays as it is.
    """
    import tifffile

    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        page = tiff.pages.first
        odd = page.bitspersample % 8 or page.compression == _OLD_JPEG
        if odd or _unpacked_size(page) > _MOST_UNPACKED * page.imagewidth * page.imagelength + (
            1 << 24
        ):
            raise PhotoError("the file is damaged, and of a kind of which no part can be read")
        end = stream.seek(0, io.SEEK_END)
        offsets: list[int] = []
        counts: list[int] = []
        lost = 0.0
        for number, (at, count) in enumerate(
            zip(page.dataoffsets, page.databytecounts, strict=False)
        ):
            stream.seek(at)
            data = stream.read(min(count, max(0, end - at)))
            segment, decoded = _segment(page, data, number)
            lost += 1 - len(data) / max(1, count) if decoded else 1
            content = segment.astype(segment.dtype.newbyteorder(tiff.byteorder)).tobytes()
            offsets.append(stream.seek(0, io.SEEK_END))
            counts.append(len(content))
            stream.write(content)
        if page.photometric == _YCBCR:
            page.tags[262].overwrite(_RGB)
        page.tags[259].overwrite(_UNCOMPRESSED)
        if 317 in page.tags:  # a predictor is for compression
            page.tags[317].overwrite(1)
        page.tags[324 if page.is_tiled else 273].overwrite(offsets)
        page.tags[325 if page.is_tiled else 279].overwrite(counts)
    stream.seek(0)
    return lost / len(offsets)


def _unpacked_size(page: Any) -> int:
    """Return the bytes of all strips or tiles, which damaged numbers can make far too many."""
    segments = max(len(page.dataoffsets), len(page.databytecounts))
    rows, columns = page.rowsperstrip, page.imagewidth
    if page.is_tiled:
        rows, columns = page.tilelength, page.tilewidth
    else:
        rows = min(rows, page.imagelength)
    depth = page.samplesperpixel if page.planarconfig == 1 else 1
    return segments * (rows * columns * depth * page.bitspersample // 8 + 1024)


def _segment(page: Any, data: bytes, number: int) -> tuple[NDArray[Any], bool]:
    """Return a strip or tile of a page, black where it is missing, and whether it was decoded."""
    if page.compression == _UNCOMPRESSED:
        full = min(page.rowsperstrip, page.imagelength) * page.imagewidth
        full = page.tilelength * page.tilewidth if page.is_tiled else full
        depth = page.samplesperpixel if page.planarconfig == 1 else 1
        data = data.ljust(full * depth * page.bitspersample // 8, b"\0")
    try:
        decoded, _, shape = page.decode(data, number, jpegtables=page.jpegtables)
    except Exception:  # decoders raise anything at damaged bytes
        decoded, shape = None, page.decode(None, number)[2]
    # Tiles are stored whole, also where they reach beyond the picture.
    size = (page.tilelength, page.tilewidth) if page.is_tiled else shape[1:3]
    segment = np.zeros((*size, shape[3]), page.dtype)
    if decoded is not None:
        part = decoded.reshape(decoded.shape[-3:])[: size[0], : size[1]]
        segment[: part.shape[0], : part.shape[1]] = part
    return segment, decoded is not None
