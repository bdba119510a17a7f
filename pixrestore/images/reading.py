"""Photo files to arrays."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pixrestore.addresses import Address, fetch, place_of
from pixrestore.errors import PhotoError
from pixrestore.files import address_hint, printable
from pixrestore.images import photo as photos
from pixrestore.images.damage import sound
from pixrestore.images.damaged_tiff import TIFF_MAGIC
from pixrestore.images.deep import deep_png, deep_tiff, is_deep_png, is_deep_tiff
from pixrestore.images.formats import is_lossless
from pixrestore.images.heif import prepare_heif
from pixrestore.images.icc import cicp_of
from pixrestore.images.limits import refuse_claims, refuse_larger, without_pillows_limit
from pixrestore.images.photo import Photo
from pixrestore.images.profiles import in_srgb

MAX_PIXELS = 500_000_000
"""The largest photo that is read, in pixels, unless the caller says otherwise."""

# Formats that Pillow may try (JPEG includes MPO). Others are no photos, and some, such as EPS, run
# other programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "AVIF", "PPM", "JPEG2000")

_LONGEST = 200  # letters of a decoder's message

# What tifffile logs about damaged files, users are told by a PhotoError.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def read_photo(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    max_pixels: int = MAX_PIXELS,
    damaged: bool = False,
    all_pages: bool = False,
) -> Photo:
    """Read a photo of any common format, whatever its name says it is.

    8 and 16 bit, gray, palettes, transparency, CMYK and float TIFF are understood. Of several
    frames the first is read, and of a TIFF's pages the largest that is no small copy; `Photo.notes`
    says so. EXIF orientation is applied.

    Parameters
    ----------
    source : path, bytes or binary file
        The photo. Bytes are a file's content. A path may be the address of a store, such as
        ``s3://bucket/photo.jpg``.
    max_pixels : int
        Larger photos are refused before they are decoded.
    damaged : bool
        Read what is there of a file that lacks some of its pixels; `Photo.notes` says how many.
    all_pages : bool
        Read all pages of a TIFF, the others to `Photo.further`. All together have at most
        `max_pixels`.

    Returns
    -------
    Photo

    Raises
    ------
    PhotoError
        Missing, unreadable, lacking pixels, not a photo.
    TooLargeError
        Larger than `max_pixels`.
    """
    with _reading(source) as stream:
        read = _all_pages if all_pages else _sound_photo
        return read(stream, max_pixels, damaged)


def _all_pages(stream: BinaryIO, max_pixels: int, damaged: bool) -> Photo:
    from pixrestore.images.tiff_pages import is_tiff, pages_of, single_pages

    places = pages_of(stream, max_pixels) if is_tiff(stream) else []
    if len(places) <= 1:
        return _sound_photo(stream, max_pixels, damaged)
    files = single_pages(stream, places)
    first, *others = [_sound_photo(file, max_pixels, damaged) for file in files]
    note = f"all of its {len(places)} pages"
    return replace(first, further=tuple(others), notes=(*first.notes, note))


def _sound_photo(stream: BinaryIO, max_pixels: int, damaged: bool) -> Photo:
    found = sound(stream, damaged=damaged, max_pixels=max_pixels)
    photo = _read(found.stream, max_pixels)
    return replace(
        photo,
        icc=found.icc or photo.icc,
        notes=photo.notes + found.notes,
        lossless=_is_lossless(photo.format, stream),
    )


def _is_lossless(format: str, stream: BinaryIO) -> bool:
    if format == "AVIF":
        from pixrestore.images.avif import is_lossless_avif

        return is_lossless_avif(stream)
    return format == "WEBP" and is_lossless(stream)


def _read(stream: BinaryIO, max_pixels: int) -> Photo:
    image = _opened(stream, max_pixels)
    if image is None:
        return deep_tiff(stream, max_pixels)
    with image:
        # Which of a TIFF's pages is read was decided, and told, before.
        frames = 1 if image.format == "TIFF" else getattr(image, "n_frames", 1)
        if image.format == "PNG":
            image.info["cicp"] = cicp_of(stream)
        if image.format == "PNG" and is_deep_png(stream):
            photo = deep_png(stream, image)
        elif image.format == "JPEG2000":
            from pixrestore.images.jpeg2000 import read_jp2

            photo = read_jp2(stream, image)
        else:
            photo = photos.photo_from_image(image)
        return _with_frames(photo, frames)


def decode_rgb8(path: Path | bytes, *, shorter_side: int | None = None) -> NDArray[np.uint8]:
    """Read a photo for training: 8-bit RGB, small, fast.

    Parameters
    ----------
    path : Path or bytes
        The photo, or the content of its file.
    shorter_side : int, optional
        Shrink the photo, with antialiasing, until its shorter side has this many pixels. Photos
        are never enlarged.

    Returns
    -------
    ndarray, uint8, (H, W, 3)
        The right way up, in sRGB by its colour profile; transparent parts lie on white; 16 bit is
        rounded to 8.

    Raises
    ------
    PhotoError
        As for `read_photo`.
    """
    with _reading(path) as stream:
        image = _opened(stream, MAX_PIXELS)
        if image is None or image.mode in ("I", "F", "CMYK", "LAB") or image.mode[:2] == "I;":
            stream.seek(0)
            image = photos.photo_to_image(_as_8bit(_read(stream, MAX_PIXELS)))
        with image:
            if image.format == "TIFF":
                image.load()  # turns it the right way up and forgets that it lay otherwise
            orientation = photos.orientation_of(image)
            gray, icc = image.mode in ("1", "L", "LA"), image.info.get("icc_profile") or b""
            size = _shrunk_size(image.size, shorter_side)
            image.draft("RGB", size)  # JPEG decodes at 1/2, 1/4 or 1/8 where that is enough
            image = _on_white(image)
            if image.size != size:
                image = image.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)
            pixels = photos.oriented(np.asarray(image), orientation)
            return in_srgb(Photo(pixels, gray=gray, icc=icc)).pixels if icc else pixels


@contextlib.contextmanager
def _reading(source: Any) -> Iterator[BinaryIO]:
    """Open `source`, and turn all that decoders raise into `PhotoError`."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(as_photo_errors(source))
        if isinstance(source, (bytes, bytearray, memoryview)):
            stream: BinaryIO = io.BytesIO(source)
        elif hasattr(source, "read"):
            stream = source
        elif isinstance(place := place_of(source), Address):
            stream = io.BytesIO(fetch(place))
        else:
            stream = stack.enter_context(_regular_file(place))
        yield stream


@contextlib.contextmanager
def as_photo_errors(source: Any) -> Iterator[None]:
    """Turn all that decoders raise into `PhotoError`, which names `source` where it is a path."""
    try:
        yield
    except PhotoError as error:
        raise type(error)(f"{_named(source)}: {error}") from None
    except MemoryError as error:
        raise PhotoError(f"{_named(source)}: too large for this machine's memory") from error
    except OSError as error:
        why = f"{error.strerror or _in_one_line(error)}{address_hint(source)}"
        raise PhotoError(f"cannot read {_named(source)}: {why}") from error
    except Exception as error:  # decoders raise anything at hostile bytes
        what = f"{type(error).__name__}: {_in_one_line(error)}"
        raise PhotoError(f"cannot read {_named(source)}: the file is damaged ({what})") from error


def _in_one_line(error: Exception) -> str:
    """Return what a decoder says: some tell several lines, or all the numbers of a file."""
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _named(source: Any) -> str:
    """Say which image an error is about."""
    return printable(source) if isinstance(source, (str, os.PathLike)) else "the image"


def _regular_file(path: Path) -> BinaryIO:
    """Open a file, but nothing that could block for ever, such as a pipe or a device."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise PhotoError("is a folder, not a photo")
    if not stat.S_ISREG(mode):
        raise PhotoError("is not a file")
    return path.open("rb")


def _opened(stream: BinaryIO, max_pixels: int) -> Image.Image | None:
    """Open a file's header with Pillow; None for a TIFF of more than Pillow reads."""
    start = stream.read(64)
    stream.seek(0)
    if not start:
        raise PhotoError("the file is empty")
    formats = (*_FORMATS, *prepare_heif(start))
    if start[:4] in TIFF_MAGIC and is_deep_tiff(stream):
        return None
    with without_pillows_limit():
        try:
            image = Image.open(stream, formats=formats)
        except UnidentifiedImageError:
            raise PhotoError("not a photo, or in a format that pixrestore cannot read") from None
    refuse_larger(image.width, image.height, max_pixels)
    refuse_claims(image.width, image.height, _length(stream))
    if image.format == "TIFF" and image.width * image.height > (Image.MAX_IMAGE_PIXELS or 0):
        with without_pillows_limit():  # which is asked again when a TIFF is loaded
            image.load()
    return image


def _length(stream: BinaryIO) -> int:
    place = stream.tell()
    length = stream.seek(0, io.SEEK_END)
    stream.seek(place)
    return length


def _with_frames(photo: Photo, frames: int) -> Photo:
    if frames <= 1:
        return photo
    note = f"only the first of its {frames} frames or pages"
    return replace(photo, notes=(*photo.notes, note))


# --- small pictures for training ------------------------------------------------------------------


def _shrunk_size(size: tuple[int, int], shorter_side: int | None) -> tuple[int, int]:
    if shorter_side is None or min(size) <= shorter_side:
        return size
    scale = shorter_side / min(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _as_8bit(photo: Photo) -> Photo:
    alpha = None if photo.alpha is None else photos.rescaled(photo.alpha, np.uint8)
    return replace(photo, pixels=photos.rescaled(photo.pixels, np.uint8), alpha=alpha)
