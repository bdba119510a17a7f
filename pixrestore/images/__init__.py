"""Photos: files to arrays and back, with everything else a file holds kept aside."""

from __future__ import annotations

from pixrestore.images.folders import PHOTO_SUFFIXES, find_photos
from pixrestore.images.photo import Photo, photo_from_image, photo_to_image, to_dtype, to_float
from pixrestore.images.reading import MAX_PIXELS, decode_rgb8, read_photo
from pixrestore.images.writing import encode_photo, write_photo
from pixrestore.storing import format_of

__all__ = [
    "MAX_PIXELS",
    "PHOTO_SUFFIXES",
    "Photo",
    "decode_rgb8",
    "encode_photo",
    "find_photos",
    "format_of",
    "photo_from_image",
    "photo_to_image",
    "read_photo",
    "to_dtype",
    "to_float",
    "write_photo",
]
