"""What was painted on the photo: strokes as the page sends them, and the layers made of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw

from pixrestore.errors import UsageError
from pixrestore.guide import Guide

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MOST_STROKES = 1000
_MOST_POINTS = 20_000
_LARGEST = 0.25


@dataclass(frozen=True)
class Stroke:
    """One movement of the brush.

    Attributes
    ----------
    guide : str
        Name of the guide that it belongs to.
    colour : str
        As ``#c03020``.
    radius : float
        In shares of the photo's shorter side.
    points : tuple of (float, float)
        Places in shares of the photo's width and height. A single one is a dot.
    """

    guide: str
    colour: str
    radius: float
    points: tuple[tuple[float, float], ...]


def read_strokes(given: Any, guides: Mapping[str, Guide]) -> tuple[Stroke, ...]:
    """Check strokes that came from a browser.

    Raises
    ------
    UsageError
        They are not what the page sends.
    """
    if not isinstance(given, list) or len(given) > _MOST_STROKES:
        raise UsageError(f"what is painted must be a list of at most {_MOST_STROKES} strokes")
    try:
        strokes = tuple(map(_stroke, given))
    except (TypeError, ValueError, KeyError) as error:
        raise UsageError("a stroke cannot be read") from error
    if sum(len(stroke.points) for stroke in strokes) > _MOST_POINTS:
        raise UsageError(f"what is painted has more than {_MOST_POINTS} points")
    return tuple(stroke for stroke in strokes if stroke.guide in guides)


def place_of(given: Any) -> tuple[float, float]:
    """Check one place, in shares of the photo's width and height."""
    x, y = (float(share) for share in given)
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ValueError("beyond the photo")
    return x, y


def _stroke(given: Any) -> Stroke:
    colour, radius = str(given["colour"]), float(given["radius"])
    if not _COLOUR.fullmatch(colour) or not 0 < radius <= _LARGEST:
        raise ValueError("no colour or radius")
    points = tuple(map(place_of, given["points"]))
    if not points:
        raise ValueError("no points")
    return Stroke(str(given["guide"]), colour, radius, points)


def layers_of(strokes: Iterable[Stroke], shape: tuple[int, int]) -> dict[str, Image.Image]:
    """Paint strokes on transparent layers of a photo's size.

    Parameters
    ----------
    strokes : iterable of Stroke
    shape : tuple of int
        Height and width of the photo.

    Returns
    -------
    dict of PIL.Image.Image
        RGBA, by the guide's name, as `Restorer.restore` takes them.
    """
    height, width = shape
    layers: dict[str, Image.Image] = {}
    for stroke in strokes:
        if stroke.guide not in layers:
            layers[stroke.guide] = Image.new("RGBA", (width, height))
        radius = max(1.0, stroke.radius * min(shape))
        spots = [_spot(place, width, height) for place in stroke.points]
        pen = ImageDraw.Draw(layers[stroke.guide])
        if len(spots) > 1:
            pen.line(spots, fill=stroke.colour, width=math.ceil(2 * radius), joint="curve")
        for x, y in (spots[0], spots[-1]):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=stroke.colour)
    return layers


def _spot(place: tuple[float, float], width: int, height: int) -> tuple[float, float]:
    return min(place[0] * width, width - 1), min(place[1] * height, height - 1)
