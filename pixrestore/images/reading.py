"""Photo files to arrays."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pixrestore.errors import PhotoError
from pixrestore.files import address_hint, printable
from pixrestore.images import photo as photos
from pixrestore.images.photo import Photo

MAX_PIXELS = 500_000_000
"""The largest photo that is read, in pixels, unless the caller says otherwise."""

# Formats that Pillow may try (JPEG includes MPO). Others are no photos, and some, such as EPS, run
# other programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "AVIF", "PPM")

_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"

# What tifffile logs about damaged files, users are told by a PhotoError.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_opening = threading.Lock()


def read_photo(
    source: str | os.PathLike[str] | bytes | BinaryIO, *, max_pixels: int = MAX_PIXELS
) -> Photo:
    """Read a photo of any common format, whatever its name says it is.

    8 and 16 bit, gray, palettes, transparency, CMYK and float TIFF are understood; of several
    frames or pages the first is read, which `Photo.notes` says. EXIF orientation is applied.

    Parameters
    ----------
    source : path, bytes or binary file
        The photo. Bytes are a file's content.
    max_pixels : int
        Larger photos are refused before they are decoded.

    Returns
    -------
    Photo

    Raises
    ------
    PhotoError
        Missing, unreadable, cut short, not a photo, or larger than `max_pixels`.
    """
    with _reading(source) as stream:
        return _read(stream, max_pixels)


def _read(stream: BinaryIO, max_pixels: int) -> Photo:
    image = _opened(stream, max_pixels)
    if image is None:
        return _deep_tiff(stream, max_pixels)
    with image:
        frames = getattr(image, "n_frames", 1)
        if image.format == "PNG" and _is_deep_png(stream):
            photo = _deep_png(stream, image)
        else:
            photo = photos.photo_from_image(image)
        return _with_frames(photo, frames)


def decode_rgb8(path: Path, *, shorter_side: int | None = None) -> NDArray[np.uint8]:
    """Read a photo for training: 8-bit RGB, small, fast.

    Parameters
    ----------
    path : Path
        The photo.
    shorter_side : int, optional
        Shrink the photo, with antialiasing, until its shorter side has this many pixels. Photos
        are never enlarged.

    Returns
    -------
    ndarray, uint8, (H, W, 3)
        The right way up; transparent parts lie on white; 16 bit is rounded to 8.

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
            size = _shrunk_size(image.size, shorter_side)
            image.draft("RGB", size)  # JPEG decodes at 1/2, 1/4 or 1/8 where that is enough
            image = _on_white(image)
            if image.size != size:
                image = image.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)
            return photos.oriented(np.asarray(image), orientation)


@contextlib.contextmanager
def _reading(source: Any) -> Iterator[BinaryIO]:
    """Open `source`, and turn all that decoders raise into `PhotoError`."""
    with contextlib.ExitStack() as stack:
        try:
            if isinstance(source, (bytes, bytearray, memoryview)):
                stream: BinaryIO = io.BytesIO(source)
            elif hasattr(source, "read"):
                stream = source
            else:
                stream = stack.enter_context(_regular_file(source))
            yield stream
        except PhotoError as error:
            raise PhotoError(f"{_named(source)}: {error}") from None
        except MemoryError as error:
            raise PhotoError(f"{_named(source)}: too large for this machine's memory") from error
        except OSError as error:
            why = f"{error.strerror or error}{address_hint(source)}"
            raise PhotoError(f"cannot read {_named(source)}: {why}") from error
        except Exception as error:  # decoders raise anything at hostile bytes
            what = f"{type(error).__name__}: {error}"
            raise PhotoError(
                f"cannot read {_named(source)}: the file is damaged ({what})"
            ) from error


def _named(source: Any) -> str:
    """Say which image an error is about."""
    return printable(source) if isinstance(source, (str, os.PathLike)) else "the image"


def _regular_file(source: Any) -> BinaryIO:
    """Open a file, but nothing that could block for ever, such as a pipe or a device."""
    path = Path(os.fsdecode(source))
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise PhotoError("is a folder, not a photo")
    if not stat.S_ISREG(mode):
        raise PhotoError("is not a file")
    return path.open("rb")


def _opened(stream: BinaryIO, max_pixels: int) -> Image.Image | None:
    """Open a file's header with Pillow; None for a TIFF of more bits than Pillow reads."""
    start = stream.read(16)
    stream.seek(0)
    if not start:
        raise PhotoError("the file is empty")
    if start[:4] in _TIFF_MAGIC and _is_deep_tiff(stream):
        return None
    with _without_pillows_limit():
        try:
            image = Image.open(stream, formats=_FORMATS)
        except UnidentifiedImageError:
            raise PhotoError("not a photo, or in a format that pixrestore cannot read") from None
    _check_size(image.width, image.height, max_pixels)
    if image.format == "TIFF" and image.width * image.height > (Image.MAX_IMAGE_PIXELS or 0):
        with _without_pillows_limit():  # which is asked again when a TIFF is loaded
            image.load()
    return image


@contextlib.contextmanager
def _without_pillows_limit() -> Iterator[None]:
    """Lift Pillow's limit of pixels, a global of the process and too low for large scans."""
    with _opening:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise PhotoError(
            f"{width} x {height} pixels are more than the limit of {max_pixels / 1e6:g} megapixels"
        )


def _with_frames(photo: Photo, frames: int) -> Photo:
    if frames <= 1:
        return photo
    note = f"only the first of its {frames} frames or pages"
    return _noted(photo, note)


def _noted(photo: Photo, note: str) -> Photo:
    return replace(photo, notes=(*photo.notes, note))


# --- 16 bit, which Pillow has for gray only -------------------------------------------------------


def _is_deep_png(stream: BinaryIO) -> bool:
    """Say whether a PNG has 16 bits a channel: its header always comes first."""
    stream.seek(0)
    header = stream.read(26)
    return header[:8] == _PNG_MAGIC and header[24] == 16


def _deep_png(stream: BinaryIO, image: Image.Image) -> Photo:
    import imagecodecs

    stream.seek(0)
    channels = imagecodecs.png_decode(stream.read())
    image.load()  # finds what is wrong with the file that the other decoder lets pass
    notes: list[str] = []
    exif, orientation = photos.kept_exif(image.getexif, notes)
    return photos.photo_from_channels(
        photos.oriented(channels, orientation),
        format="PNG",
        exif=exif,
        icc=image.info.get("icc_profile") or b"",
        dpi=photos.plausible_dpi(image.info.get("dpi")),
        notes=tuple(notes),
    )


def _is_deep_tiff(stream: BinaryIO) -> bool:
    import tifffile

    with tifffile.TiffFile(stream) as tiff:
        deep = tiff.pages.first.bitspersample > 8
    stream.seek(0)
    return deep


def _deep_tiff(stream: BinaryIO, max_pixels: int) -> Photo:
    """Read a TIFF of more than 8 bits a channel."""
    import tifffile

    notes: list[str] = []
    with tifffile.TiffFile(stream) as tiff:
        page = tiff.pages.first
        _check_size(page.imagewidth, page.imagelength, max_pixels)
        if page.photometric not in (0, 1, 2):
            raise PhotoError(f"TIFF colours of kind {page.photometric} with 16 bits are not known")
        values = page.asarray()
        if page.axes.startswith("S"):
            values = np.moveaxis(values, 0, -1)
        values = _deep_values(values, page.bitspersample, notes)
        if page.photometric == 0:
            white = 1 if values.dtype.kind == "f" else 65535
            values = np.subtract(white, values, dtype=values.dtype)
        icc, dpi, frames = page.iccprofile or b"", page.get_resolution("INCH"), len(tiff.pages)
    stream.seek(0)
    exif, orientation = photos.kept_exif(lambda: _tiff_exif(stream), notes)
    channels = values if values.ndim == 2 else values[..., :4]
    photo = photos.photo_from_channels(
        photos.oriented(channels, orientation),
        format="TIFF",
        exif=exif,
        icc=icc,
        dpi=photos.plausible_dpi(dpi),
        notes=tuple(notes),
    )
    return _with_frames(photo, frames)


def _deep_values(values: NDArray[Any], bits: int, notes: list[str]) -> NDArray[Any]:
    """Return a TIFF's values as uint16 or as float32 in [0, 1]."""
    if values.dtype == np.uint16:
        if bits == 16:
            return values
        return (values.astype(np.uint32) * 65535 // ((1 << bits) - 1)).astype(np.uint16)
    if values.dtype == np.uint32:
        return (values >> 16).astype(np.uint16)
    return photos.normalized(values, notes)


def _tiff_exif(stream: BinaryIO) -> Image.Exif:
    exif = Image.Exif()
    exif.load_from_fp(stream)
    return exif


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
