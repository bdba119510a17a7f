"""The mark of a photo that a trained model has changed."""

from __future__ import annotations

from dataclasses import replace

from pixrestore import __version__
from pixrestore.images.metadata import exif_block, exif_tags
from pixrestore.images.photo import Photo
from pixrestore.images.xmp import can_be_marked, marked_xmp

_SOFTWARE = 0x0131


def marked(photo: Photo) -> Photo:
    """Return a photo that says what was done to it, where its file can hold that.

    EXIF's `Software` names pixrestore and its version, and XMP has IPTC's digital source type
    of photos in which a trained model has made a part.
    """
    tags = exif_tags(photo.exif)
    tags.set_text(_SOFTWARE, f"pixrestore {__version__}".encode())
    xmp, notes = photo.texts.xmp, photo.notes
    if xmp and not can_be_marked(xmp):
        notes = (*notes, "its XMP is damaged and was left out")
    texts = replace(photo.texts, xmp=marked_xmp(xmp))
    return replace(photo, exif=exif_block(tags), texts=texts, notes=notes)
