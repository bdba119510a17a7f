"""A photo in memory: its pixels, and what its file holds besides them."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from pixrestore.errors import PhotoError
from pixrestore.images.icc import profile_of
from pixrestore.images.limits import without_pillows_limit
from pixrestore.images.metadata import (
    NO_TEXTS,
    ORIENTATION,
    Texts,
    exif_with_size,
    pillow_info,
    read_metadata,
)
from pixrestore.images.resizing import resample
from pixrestore.images.values import normalized, note_dropped

Pixels = NDArray[Any]  # uint8, uint16 or float32

_EXTRA_SAMPLES = 338
_TO_SRGB = ("CMYK", "LAB")  # modes that become sRGB as they are read
_BAND = 1_000_000  # pixels copied or converted at a time


@dataclass(frozen=True, eq=False)
class Photo:
    """The pixels of a photo the right way up, and what was kept aside.

    Attributes
    ----------
    pixels : ndarray, (H, W, 3)
        RGB as the file holds it: uint8, uint16, or float32 in [0, 1]. Never written to: those of
        a gray photo are three views of one channel.
    alpha : ndarray, (H, W), optional
        Transparency, of the same dtype.
    gray : bool
        The file holds one channel.
    format : str
        Pillow's name of the file's format, such as ``"JPEG"``.
    exif : bytes
        EXIF with its orientation reset and its thumbnail dropped; empty when there is none.
    texts : Texts
        XMP, IPTC, comments and the texts of PNG.
    icc : bytes
        The colour profile, which tells how the pixels are meant to look; empty when there is none.
    dpi : tuple of float, optional
        Dots per inch across and down.
    premultiplied : bool
        The file's colours are multiplied by its alpha; `pixels` are not.
    notes : tuple of str
        Remarks for the user, such as on frames that were left out.
    lossless : bool
        The file holds the pixels exactly, in a format that need not; so does the result.
    further : tuple of Photo
        The other pages of its file, where all were asked for.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    gray: bool = False
    format: str = "PNG"
    exif: bytes = b""
    texts: Texts = NO_TEXTS
    icc: bytes = b""
    dpi: tuple[float, float] | None = None
    premultiplied: bool = False
    notes: tuple[str, ...] = ()
    lossless: bool = False
    further: tuple[Photo, ...] = ()

    def with_pixels(self, pixels: Pixels, *, gray: bool | None = None) -> Photo:
        """Return this photo with other pixels; `gray` true says that their channels are equal.

        Larger pixels enlarge what belongs to them: alpha, dots per inch, and the size in EXIF.
        """
        changed = replace(self, pixels=pixels, gray=self.gray if gray is None else gray)
        shape = pixels.shape[:2]
        if shape == self.pixels.shape[:2]:
            return changed
        scale = shape[0] / self.pixels.shape[0]
        return replace(
            changed,
            alpha=None if self.alpha is None else _enlarged_alpha(self.alpha, shape),
            exif=exif_with_size(self.exif, shape),
            dpi=None if self.dpi is None else (self.dpi[0] * scale, self.dpi[1] * scale),
        )

    def channels(self) -> Pixels:
        """Return the channels a file holds, (H, W) gray or (H, W, 2, 3 or 4) with alpha last."""
        colour = self.pixels[..., :1] if self.gray else self.pixels
        if self.alpha is not None:
            colour = np.concatenate([colour, self.alpha[..., None]], axis=-1)
        return colour[..., 0] if colour.shape[-1] == 1 else colour


def photo_from_channels(channels: Pixels, **kept: Any) -> Photo:
    """Make a photo of (H, W) or (H, W, 1 to 4) channels, the last of 2 or 4 being alpha."""
    channels = channels[..., None] if channels.ndim == 2 else channels
    count = channels.shape[-1] if channels.ndim == 3 else 0
    if count not in (1, 2, 3, 4) or 0 in channels.shape:
        raise PhotoError(f"cannot restore an image of shape {channels.shape}")
    alpha = np.ascontiguousarray(channels[..., -1]) if count in (2, 4) else None
    gray = count < 3
    if gray:
        pixels = np.broadcast_to(channels[..., :1], (*channels.shape[:2], 3))
    else:
        pixels = channels if count == 3 else np.ascontiguousarray(channels[..., :3])
    return Photo(pixels=pixels, alpha=alpha, gray=gray, **kept)


def to_float(pixels: Pixels) -> NDArray[np.float32]:
    """Return pixels of any of the dtypes as float32 in [0, 1]; float32 as it is."""
    if pixels.dtype == np.float32:
        return pixels
    return np.multiply(pixels, np.float32(1 / np.iinfo(pixels.dtype).max), dtype=np.float32)


def to_dtype(pixels: NDArray[np.float32], dtype: Any) -> Pixels:
    """Return float32 pixels as `dtype`, clipped to [0, 1] and rounded for integers."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        converted: Pixels = pixels.astype(dtype, copy=False)
        return converted
    top = np.float32(np.iinfo(dtype).max)
    scaled = np.clip(pixels, 0, 1) * top
    whole: Pixels = np.rint(scaled, out=scaled).astype(dtype)
    return whole


def rescaled(pixels: Pixels, dtype: Any) -> Pixels:
    """Return pixels of one dtype as another, band by band so that no float copy is ever whole."""
    if pixels.dtype == dtype:
        return pixels
    result = np.empty(pixels.shape, dtype)
    rows = max(1, _BAND // max(1, pixels.shape[1]))
    for top in range(0, len(pixels), rows):
        result[top : top + rows] = to_dtype(to_float(pixels[top : top + rows]), dtype)
    return result


def is_gray(pixels: Pixels) -> bool:
    """Say whether the channels of (H, W, 3) are equal everywhere, as in gray stored as RGB."""
    if pixels.strides[-1] == 0:  # views of one channel
        return True
    rows = max(1, _BAND // max(1, pixels.shape[1]))
    for top in range(0, len(pixels), rows):
        band = pixels[top : top + rows]
        if not all(np.array_equal(band[..., 0], band[..., other]) for other in (1, 2)):
            return False
    return True


def photo_from_image(image: Image.Image) -> Photo:
    """Make a photo of a Pillow image of any mode, turned the right way up by its EXIF."""
    if 0 in image.size:
        raise PhotoError(f"an image of {image.width} x {image.height} pixels has none to restore")
    notes: list[str] = []
    dpi = plausible_dpi(image.info.get("dpi"))
    turned = orientation_of(image) >= 5
    exif, texts = read_metadata(image, notes)
    image.load()  # first: it turns a TIFF the right way up and forgets that it lay otherwise
    orientation = orientation_of(image)
    channels = _channels(image, orientation, notes)
    gray = channels.ndim == 2 or channels.shape[-1] == 2
    converted = image.mode in _TO_SRGB
    icc = b"" if converted else profile_of(image.info, notes, gray=gray)
    extra = getattr(image, "tag_v2", {}).get(_EXTRA_SAMPLES, ())
    if dropped := len(extra) - (1 in extra or 2 in extra):
        note_dropped(dropped, notes)
    return photo_from_channels(
        channels,
        format=image.format or "PNG",
        exif=exif,
        texts=texts,
        icc=icc,
        dpi=dpi[::-1] if dpi and turned else dpi,
        premultiplied=1 in extra,
        notes=tuple(notes),
    )


def photo_to_image(photo: Photo) -> Image.Image:
    """Return the photo as a Pillow image of 8 bit (gray of 16 bit: mode ``I;16``)."""
    if photo.gray and photo.alpha is None and photo.pixels.dtype == np.uint16:
        image = Image.fromarray(np.ascontiguousarray(photo.channels()))
    else:
        image = Image.fromarray(np.ascontiguousarray(rescaled(photo.channels(), np.uint8)))
    image.info.update(pillow_info(photo.texts))
    if photo.exif:
        image.info["exif"] = photo.exif
    if profile := fitting_profile(photo):
        image.info["icc_profile"] = profile
    if photo.dpi:
        image.info["dpi"] = photo.dpi
    return image


def fitting_profile(photo: Photo) -> bytes:
    """Return the colour profile if it is of the photo's colour space, else nothing."""
    return photo.icc if photo.icc[16:20] == (b"GRAY" if photo.gray else b"RGB ") else b""


def _enlarged_alpha(alpha: Pixels, shape: tuple[int, ...]) -> Pixels:
    large = resample(to_float(alpha)[..., None], (shape[0], shape[1]), Image.Resampling.BICUBIC)
    return to_dtype(np.clip(large[..., 0], 0, 1), alpha.dtype)


def orientation_of(image: Image.Image) -> int:
    """Return the orientation in an image's EXIF, 1 to 8; 1 when it has none or is damaged."""
    try:
        found = image.getexif().get(ORIENTATION, 1)
    except Exception:  # whatever damaged EXIF makes a parser raise: the photo is worth more
        return 1
    return found if found in range(1, 9) else 1


def oriented(array: Pixels, orientation: int) -> Pixels:
    """Turn an array as EXIF's orientation, 1 to 8, says."""
    return array if orientation == 1 else np.ascontiguousarray(_turned(array, orientation))


def _turned(array: Pixels, orientation: int) -> Pixels:
    """Return a view of an array, turned as an orientation says."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    return array


def _channels(image: Image.Image, orientation: int, notes: list[str]) -> Pixels:
    """Return the channels, the right way up, as uint8, uint16 or float32."""
    mode = image.mode
    if mode.startswith("I;16"):
        return oriented(np.asarray(image).astype(np.uint16, copy=False), orientation)
    if mode in ("I", "F"):
        values = oriented(np.asarray(image), orientation)
        if mode == "I" and values.min() >= 0 and values.max() <= 65535:
            return values.astype(np.uint16)
        return normalized(values, notes)
    if mode in _TO_SRGB:
        profile = image.info.get("icc_profile") or b""
        return _bytes_of(_to_srgb(image, profile), orientation)
    if image.has_transparency_data:
        wanted = "LA" if mode in ("L", "LA", "La") else "RGBA"
    else:
        wanted = "L" if mode in ("1", "L") else "RGB"
    return _bytes_of(image if mode == wanted else image.convert(wanted), orientation)


def _bytes_of(image: Image.Image, orientation: int) -> Pixels:
    """Return an 8-bit image the right way up, copied band by band.

    Pillow's own way to an array takes the whole image three times, and turning it once more.
    """
    width, height = image.size
    bands = image.getbands()
    size = (width, height) if orientation >= 5 else (height, width)
    pixels = np.empty((*size, len(bands)) if len(bands) > 1 else size, np.uint8)
    # 6 and 8 undo each other, every other orientation itself.
    stored = _turned(pixels, {6: 8, 8: 6}.get(orientation, orientation))
    rows = max(1, _BAND // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        with without_pillows_limit():  # Pillow 12 asks for it at each crop
            band = image.crop((0, top, width, bottom))
        stored[top:bottom] = np.asarray(band)
    return pixels


def _to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """Convert CMYK or Lab by the file's own profile where that works, else by the plain formula."""
    srgb = ImageCms.createProfile("sRGB")
    try:
        if image.mode == "LAB":
            source: Any = ImageCms.createProfile("LAB")
        else:
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        converted = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
        if converted is not None:
            return converted
    except (ImageCms.PyCMSError, OSError):
        pass
    return image.convert("RGB")


def plausible_dpi(dpi: Any) -> tuple[float, float] | None:
    """Return dots per inch as two numbers, or None when a file says nothing sensible."""
    try:
        across, down = float(dpi[0]), float(dpi[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return (across, down) if 1 <= across <= 30000 and 1 <= down <= 30000 else None
