"""Photos of more bits or channels than Pillow reads: PNG and TIFF."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image

from pixrestore.errors import PhotoError
from pixrestore.images import photo as photos
from pixrestore.images.icc import profile_of
from pixrestore.images.limits import refuse_larger
from pixrestore.images.metadata import read_metadata, read_tiff_metadata
from pixrestore.images.photo import Photo
from pixrestore.images.values import deep_values, parted, unmultiplied

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def is_deep_png(stream: BinaryIO) -> bool:
    """Say whether a PNG has 16 bits a channel: its header always comes first."""
    stream.seek(0)
    header = stream.read(26)
    return header[:8] == _PNG_MAGIC and header[24] == 16


def deep_png(stream: BinaryIO, image: Image.Image) -> Photo:
    """Read a PNG of 16 bits a channel, which Pillow has opened."""
    import imagecodecs

    stream.seek(0)
    channels = imagecodecs.png_decode(stream.read())
    notes: list[str] = []
    exif, texts = read_metadata(image, notes)
    image.load()  # finds what is wrong with the file that the other decoder lets pass
    gray = channels.ndim == 2 or channels.shape[-1] == 2
    return photos.photo_from_channels(
        photos.oriented(channels, photos.orientation_of(image)),
        format="PNG",
        exif=exif,
        texts=texts,
        icc=profile_of(image.info, notes, gray=gray),
        dpi=photos.plausible_dpi(image.info.get("dpi")),
        notes=tuple(notes),
    )


def is_deep_tiff(stream: BinaryIO) -> bool:
    """Say whether the first page of a TIFF has more bits or channels than Pillow reads."""
    import tifffile

    with tifffile.TiffFile(stream) as tiff:
        page = tiff.pages.first
        # Beside 8 bits of gray, Pillow knows alpha only.
        extra = page.photometric in (0, 1) and page.samplesperpixel > 1
        others = extra and page.bitspersample == 8 and tuple(page.extrasamples) != (2,)
        deep = page.bitspersample > 8 or others
    stream.seek(0)
    return deep


def deep_tiff(stream: BinaryIO, max_pixels: int) -> Photo:
    """Read a TIFF of more bits or channels than Pillow reads."""
    import tifffile

    notes: list[str] = []
    with tifffile.TiffFile(stream) as tiff:
        page = tiff.pages.first
        refuse_larger(page.imagewidth, page.imagelength, max_pixels)
        if page.photometric not in (0, 1, 2):
            raise PhotoError(f"TIFF colours of kind {page.photometric} with 16 bits are not known")
        values = page.asarray()
        if page.axes.startswith("S"):
            values = np.moveaxis(values, 0, -1)
        colours = 3 if page.photometric == 2 else 1
        values, alpha, associated = parted(values, colours, page.extrasamples, notes)
        bits = page.bitspersample
        if alpha is not None:
            if associated:
                opaque = 1 if values.dtype.kind == "f" else (1 << bits) - 1
                values = unmultiplied(values, alpha, opaque)
            # A float alpha is no light, of which there might be any amount.
            alpha = deep_values(np.clip(alpha, 0, 1) if alpha.dtype.kind == "f" else alpha, bits)
        values = deep_values(values, bits, notes)
        if page.photometric == 0:
            white = 1 if values.dtype.kind == "f" else np.iinfo(values.dtype).max
            values = np.subtract(white, values, dtype=values.dtype)
        if alpha is not None:
            values = np.concatenate([values, alpha[..., None]], axis=-1)
        icc, dpi = page.iccprofile or b"", page.get_resolution("INCH")
    stream.seek(0)
    exif, texts, orientation = read_tiff_metadata(stream, notes)
    return photos.photo_from_channels(
        photos.oriented(values, orientation),
        format="TIFF",
        exif=exif,
        texts=texts,
        icc=icc,
        dpi=photos.plausible_dpi(dpi),
        premultiplied=associated,
        notes=tuple(notes),
    )
