"""Photos and files of photos that several test files make."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms
from skimage import data

ASTRONAUT = data.astronaut()[:200, :300]
DEEP = ASTRONAUT.astype(np.uint16) * 256 + ASTRONAUT[..., ::-1]
GRAY = ASTRONAUT[..., 1]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GRAY_PROFILE = SRGB[:16] + b"GRAY" + SRGB[20:]


def exif(orientation: int = 1) -> bytes:
    tags = Image.Exif()
    tags[0x010E] = "a rocket"
    tags[0x0112] = orientation
    tags.get_ifd(0x8769)[0x829A] = 0.5
    tags.get_ifd(0x8825)[1] = "N"
    return tags.tobytes()


def saved(image: Image.Image, format: str, **settings) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **settings)
    return stream.getvalue()


def photo_at(path: Path, shade: int = 100) -> Path:
    """Write a small gray photo, in the format that its name says, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (24, 16), (shade, shade, shade)).save(path)
    return path


def difference(first, second) -> float:
    return float(np.abs(np.asarray(first, float) - np.asarray(second, float)).mean())
