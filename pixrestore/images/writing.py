"""Arrays to photo files."""

from __future__ import annotations

import io
import zlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

from pixrestore.addresses import Address, Place, place_of, put
from pixrestore.errors import OutputError
from pixrestore.files import printable, replace_file
from pixrestore.images import metadata
from pixrestore.images.formats import refuse_pages, refuse_unfit
from pixrestore.images.heif import require_heif
from pixrestore.images.photo import Photo, Pixels, fitting_profile, photo_to_image, rescaled
from pixrestore.images.profiles import in_srgb
from pixrestore.images.tags import Order
from pixrestore.images.values import multiplied
from pixrestore.storing import Quality, format_of, is_written, known_suffixes, settled_quality

# Colours at the full resolution: what was just restored should not be damaged again.
_FULL_COLOURS: dict[str, dict[str, Any]] = {
    "JPEG": {"subsampling": "4:4:4"},
    "AVIF": {"subsampling": "4:4:4"},
    "HEIF": {"chroma": 444},
}
_WITHOUT_LOSS: dict[str, dict[str, Any]] = {
    "WEBP": {"lossless": True, "exact": True},
    # Red, green and blue as they are: the usual matrix rounds.
    "HEIF": {"quality": -1, "chroma": 444, "matrix_coefficients": 0},
}
_DEPTHS = {"PNG": np.dtype(np.uint16), "JPEG2000": np.dtype(np.uint16)}


def write_photo(
    photo: Photo,
    path: Place,
    quality: Quality | None = None,
    *,
    times: tuple[int, int] | None = None,
) -> tuple[str, ...]:
    """Write a photo as the format that the name ends with, with what was kept put back.

    The file appears whole or not at all, also when the program is killed.

    Parameters
    ----------
    photo : Photo
        The photo to write. 16 bit is kept by PNG and TIFF, float by TIFF.
    path : Path or Address
        File to write. A file there is replaced; missing folders are made.
    quality : int or "lossless", optional
        How well formats that lose something keep the photo; see `settled_quality`.
    times : tuple of int, optional
        When the file was last read and written, in nanoseconds as `os.utime` takes them; now by
        default.

    Returns
    -------
    tuple of str
        Remarks on what the format could not hold, such as transparency in a JPEG.

    Raises
    ------
    OutputError
        The ending is unknown, the photo is too large for the format, the format always loses
        something and must not, or the file cannot be written.
    """
    path = place_of(path)
    format = format_of(path)
    if format is None:
        raise _unknown_format(path)
    try:
        data, notes = _encoded(photo, format, quality)
    except OutputError as error:
        raise OutputError(f"cannot write {printable(path)}: {error}") from None
    except (ValueError, OSError, OverflowError, RuntimeError) as error:  # as encoders say no
        size = f"{photo.pixels.shape[1]} x {photo.pixels.shape[0]} pixels"
        raise OutputError(f"cannot write {printable(path)} ({size}): {error}") from error
    if isinstance(path, Address):
        put(path, data.getvalue())
    else:
        replace_file(path, data.getbuffer(), times)
    return notes


def refuse_format(path: Place, only: Collection[str]) -> None:
    """Raise an `OutputError` where a name ends with one of `only`, as no format written does."""
    if path.suffix.lower() in only and format_of(path) is None:
        raise _unknown_format(path)


def _unknown_format(path: Place) -> OutputError:
    known = known_suffixes()
    return OutputError(f"cannot write {printable(path)}: its name must end with one of {known}")


def encode_photo(photo: Photo, format: str | None = None, quality: Quality | None = None) -> bytes:
    """Return a photo as the content of a file.

    Parameters
    ----------
    photo : Photo
        The photo to write.
    format : str, optional
        Pillow's name of a format; the photo's own by default, or PNG where that is not written.
    quality : int or "lossless", optional
        As `write_photo` takes it.
    """
    return _encoded(photo, format or written_format(photo), quality)[0].getvalue()


def written_format(photo: Photo) -> str:
    """Return the format of a photo's bytes: its own, or PNG where that is not written."""
    format = {"MPO": "JPEG"}.get(photo.format, photo.format)
    return format if is_written(format) else "PNG"


def _encoded(
    photo: Photo, format: str, quality: Quality | None
) -> tuple[io.BytesIO, tuple[str, ...]]:
    if photo.further:
        return _encoded_pages(photo, format)
    refuse_unfit(format, *photo.pixels.shape[:2])
    settled = settled_quality(format, quality, lossless=photo.lossless)
    stream = io.BytesIO()
    photo, notes = _fitting(photo, format)
    if format == "TIFF":
        # The order of EXIF, in which makers and texts of 16 bits have more numbers than it says.
        _write_tiff(photo, stream, metadata.exif_tags(photo.exif).order)
    elif format == "JPEG2000":
        from pixrestore.images.jpeg2000 import encode_jp2

        stream.write(encode_jp2(photo))
    elif format == "AVIF" and settled == "lossless":
        from pixrestore.images.avif import encode_lossless_avif

        stream.write(encode_lossless_avif(photo))
    elif photo.pixels.dtype == np.uint8:
        photo_to_image(photo).save(stream, format, **_settings(photo, format, settled))
    else:
        _write_deep_png(photo, stream)
    return stream, notes


def _encoded_pages(photo: Photo, format: str) -> tuple[io.BytesIO, tuple[str, ...]]:
    from pixrestore.images.tiff_pages import join_pages

    refuse_pages(format, 1 + len(photo.further))
    stream, notes, files = io.BytesIO(), dict[str, None](), []
    order = metadata.exif_tags(photo.exif).order
    for page in (photo, *photo.further):
        single = io.BytesIO()
        fitting, said = _fitting(page, format)
        _write_tiff(fitting, single, order)
        files.append(single.getvalue())
        notes.update(dict.fromkeys(said))
    join_pages(files, stream)
    return stream, tuple(notes)


def _fitting(photo: Photo, format: str) -> tuple[Photo, tuple[str, ...]]:
    """Bring a photo to what the format can hold, and say what is lost."""
    notes: list[str] = []
    if format == "BMP" and photo.icc:  # which it cannot hold: the photo is to look the same
        photo = in_srgb(photo)
    dtype = photo.pixels.dtype
    wanted = dtype if format == "TIFF" else _DEPTHS.get(format, np.dtype(np.uint8))
    if dtype != np.uint8 and wanted != dtype:
        notes.append(f"{format} holds {8 * wanted.itemsize} bits a channel, the photo has more")
        alpha = None if photo.alpha is None else rescaled(photo.alpha, wanted)
        photo = replace(photo, pixels=rescaled(photo.pixels, wanted), alpha=alpha)
    if photo.alpha is not None and format in ("JPEG", "BMP"):
        notes.append(f"{format} holds no transparency: the photo was laid on white")
        photo = _on_white(photo)
    if photo.icc and not fitting_profile(photo):
        notes.append("its colour profile is for another kind of picture and was left out")
    exif, texts, lost = metadata.fitting_metadata(photo.exif, photo.texts, format)
    lost += ["colour profiles"] if format == "BMP" and fitting_profile(photo) else []
    if lost:
        notes.append(f"{format} cannot hold {', '.join(lost)}: left out")
    photo = replace(photo, exif=exif, texts=texts)
    return photo, tuple(notes)


def _on_white(photo: Photo) -> Photo:
    image = photo_to_image(photo)
    white = Image.new(image.mode, image.size, "white")
    flat = Image.alpha_composite(white.convert("RGBA"), image.convert("RGBA")).convert("RGB")
    return replace(photo, pixels=np.asarray(flat), alpha=None)


def _settings(photo: Photo, format: str, quality: Quality) -> dict[str, Any]:
    if quality == "lossless":
        settings = dict(_WITHOUT_LOSS.get(format, {}))
    else:
        settings = {"quality": quality, **({} if photo.gray else _FULL_COLOURS.get(format, {}))}
    if format == "HEIF":
        require_heif()
    if photo.dpi and format not in ("WEBP", "AVIF", "HEIF"):
        settings["dpi"] = photo.dpi
    if format == "BMP":
        return settings
    settings.update(metadata.pillow_settings(photo.exif, photo.texts, format))
    # None also keeps Pillow from taking the profile of the image's info.
    settings["icc_profile"] = fitting_profile(photo) or None
    return settings


# --- 16 bit, which Pillow has for gray only, and TIFF, in which it loses EXIF or fails ------------


def _write_deep_png(photo: Photo, stream: BinaryIO) -> None:
    """Write a PNG of 16 bits a channel, with the chunks that the encoder has no words for."""
    import imagecodecs

    data = memoryview(imagecodecs.png_encode(np.ascontiguousarray(photo.channels()), level=6))
    header = 8 + 25  # the signature and the IHDR chunk, after which the others may come
    stream.write(data[:header])
    if profile := fitting_profile(photo):
        PngImagePlugin.putchunk(stream, b"iCCP", b"ICC Profile\0\0", zlib.compress(profile))
    if photo.dpi:
        across, down = (round(dots / 0.0254).to_bytes(4, "big") for dots in photo.dpi)
        PngImagePlugin.putchunk(stream, b"pHYs", across, down, b"\x01")
    if photo.exif:
        PngImagePlugin.putchunk(stream, b"eXIf", photo.exif.removeprefix(b"Exif\0\0"))
    for name, content in metadata.png_chunks(photo.texts):
        PngImagePlugin.putchunk(stream, name, content)
    stream.write(data[header:])


def _write_tiff(photo: Photo, stream: io.BytesIO, order: Order) -> None:
    """Write a TIFF of any depth, then append EXIF, which the encoder has no words for."""
    import tifffile

    alpha = "assocalpha" if photo.premultiplied else "unassalpha"
    extra: dict[str, Any] = {"resolution": photo.dpi, "resolutionunit": 2} if photo.dpi else {}
    tifffile.imwrite(
        stream,
        np.ascontiguousarray(_tiff_channels(photo)),
        byteorder=order,
        photometric="minisblack" if photo.gray else "rgb",
        extrasamples=None if photo.alpha is None else [alpha],
        planarconfig=None if photo.gray and photo.alpha is None else "contig",
        compression="adobe_deflate",
        metadata=None,
        software=False,
        iccprofile=fitting_profile(photo) or None,
        **extra,
    )
    metadata.append_metadata(stream, photo.exif, photo.texts)


def _tiff_channels(photo: Photo) -> Pixels:
    """Return the channels, multiplied by alpha again where they were."""
    if photo.alpha is None or not photo.premultiplied:
        return photo.channels()
    opaque = 1 if photo.alpha.dtype.kind == "f" else np.iinfo(photo.alpha.dtype).max
    shown = multiplied(photo.pixels, photo.alpha, opaque)
    return replace(photo, pixels=shown).channels()
