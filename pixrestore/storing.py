"""The formats that results are written in: their names, and how well they keep a photo.

Nothing heavy is imported: the command line reads it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pixrestore.addresses import Place
from pixrestore.errors import OutputError, UsageError, nearest

Quality = int | Literal["lossless"]
"""1 to 100, or that nothing is lost."""


@dataclass(frozen=True)
class Format:
    """A format that results are written in.

    Attributes
    ----------
    pillows : str
        Pillow's name of it, which a `Photo` has too.
    suffixes : tuple of str
        What names of such files end with, the usual one first.
    quality : int, optional
        Quality of results where nobody says anything; None where nothing is ever lost.
    lossless : bool
        It can keep a photo without loss.
    """

    pillows: str
    suffixes: tuple[str, ...]
    quality: int | None = None
    lossless: bool = True


# High quality: what was just restored should not be damaged again.
FORMATS: dict[str, Format] = {
    "jpeg": Format("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), 95, lossless=False),
    "png": Format("PNG", (".png",)),
    "tiff": Format("TIFF", (".tif", ".tiff")),
    "webp": Format("WEBP", (".webp",), 95),
    "avif": Format("AVIF", (".avif",), 90),
    "heic": Format("HEIF", (".heic", ".heif", ".hif"), 90),
    "jp2": Format("JPEG2000", (".jp2",)),
    "bmp": Format("BMP", (".bmp",)),
}
"""By the name that users give."""

_OTHER_NAMES = {"jpg": "jpeg", "tif": "tiff", "heif": "heic", "jpeg2000": "jp2"}
_BY_PILLOW = {format.pillows: format for format in FORMATS.values()}
_BY_SUFFIX = {suffix: format for format in FORMATS.values() for suffix in format.suffixes}


def format_named(name: str) -> Format:
    """Return a format by its name, in any case; a `UsageError` names those that there are."""
    key = name.lower().removeprefix(".")
    key = _OTHER_NAMES.get(key, key)
    if key not in FORMATS:
        raise UsageError(f"`format` must be one of {', '.join(FORMATS)}: {nearest(key, FORMATS)}")
    return FORMATS[key]


def format_of(path: Place) -> str | None:
    """Return Pillow's name of the format that a name's ending stands for; None if unknown."""
    found = _BY_SUFFIX.get(path.suffix.lower())
    return found.pillows if found else None


def known_suffixes() -> str:
    """Return the endings of names that stand for a format, for messages."""
    return " ".join(sorted(_BY_SUFFIX))


def is_written(format: str) -> bool:
    """Say whether a format, by Pillow's name, is one that results are written in."""
    return format in _BY_PILLOW


def checked_quality(quality: Any) -> Quality | None:
    """Return a quality, or the text of one, as what it is.

    Raises
    ------
    UsageError
        It is neither a whole number from 1 to 100 nor "lossless".
    """
    if quality is None or quality == "lossless":
        return quality
    if isinstance(quality, str) and quality.isascii() and quality.isdigit():
        quality = int(quality)
    if type(quality) is not int or not 1 <= quality <= 100:
        raise UsageError(f"`quality` must be 1 to 100 or lossless, not {quality!r}")
    return quality


def settled_quality(format: str, quality: Quality | None, *, lossless: bool) -> Quality:
    """Return how well a photo is to be kept in a format.

    Parameters
    ----------
    format : str
        Pillow's name of the format.
    quality : int or "lossless", optional
        What was asked for. A number means nothing to formats that never lose anything.
    lossless : bool
        The photo's own file held it without loss, so that the result should too.

    Raises
    ------
    OutputError
        The format cannot keep a photo without loss.
    """
    kind = _BY_PILLOW[format]
    if kind.quality is None:
        return "lossless"
    if quality == "lossless" and not kind.lossless:
        free = ", ".join(one.pillows for one in FORMATS.values() if one.quality is None)
        raise OutputError(f"{format} cannot keep a photo without loss; {free} always do")
    if quality is None:
        return "lossless" if lossless and kind.lossless else kind.quality
    return quality
