"""What the server knows of one open page: its photo, what is painted, what was computed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pixrestore.images import Photo, read_photo, to_dtype
from pixrestore.images.profiles import in_srgb
from pixrestore.inspection import Inspection, inspected
from pixrestore.restoring.scene import shrink
from pixrestore.serving.page.strokes import Stroke

SCREEN = 1024
"""Longer side of the copy that is shown and painted on, in pixels."""


@dataclass(eq=False)
class Opened:
    """A photo that is being mended.

    Attributes
    ----------
    path : Path
        The file as it was uploaded.
    photo : Photo
        A copy in sRGB, 8 bits deep and at most `SCREEN` pixels high and wide.
    width, height : int
        Size of the whole photo.
    found : Inspection
        What seems wrong with it.
    strokes : tuple of Stroke
        What is painted on it.
    made : dict
        Restored copies, by what they were made with.
    """

    path: Path
    photo: Photo
    width: int
    height: int
    found: Inspection
    strokes: tuple[Stroke, ...] = ()
    made: dict[Any, Photo] = field(default_factory=dict)


@dataclass(eq=False)
class Visit:
    """What the server knows of one open page.

    Attributes
    ----------
    number : int
        Counts the photos that were opened, so that answers to an earlier one can be told.
    opened : Opened, optional
        The photo on the first tab.
    album : list of Path
        The photos on the second tab.
    stop : threading.Event
        Set when the album should stop.
    """

    number: int = 0
    opened: Opened | None = None
    album: list[Path] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)


def open_photo(path: Path, max_pixels: int) -> Opened:
    """Read and inspect a photo.

    Raises
    ------
    PhotoError
        It cannot be read, or is too large.
    """
    # By its content: messages then name no folder of the server.
    photo = read_photo(path.read_bytes(), max_pixels=max_pixels)
    height, width = photo.pixels.shape[:2]
    return Opened(path, screen_copy(photo), width, height, inspected(photo, photo.format))


def screen_copy(photo: Photo, longest: int = SCREEN) -> Photo:
    """Return a copy in sRGB with 8 bits, at most so many pixels high and wide."""
    shown = in_srgb(photo)
    height, width = shown.pixels.shape[:2]
    scale = min(1.0, longest / max(height, width))
    shape = max(1, round(height * scale)), max(1, round(width * scale))
    pixels = to_dtype(shrink(shown.pixels, shape), np.uint8)
    return Photo(pixels, gray=photo.gray, format=photo.format)


def reduced(photo: Photo, longest: int) -> Photo:
    """Return a copy at most so many pixels high and wide; the photo itself where it is."""
    return photo if max(photo.pixels.shape[:2]) <= longest else screen_copy(photo, longest)
