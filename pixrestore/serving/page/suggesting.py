"""Likely colours of a place, and places whose colour is doubtful."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixrestore.errors import UsageError
from pixrestore.images import Photo

_COUNT = 5


def likely_colours(
    restorer: Any, photo: Photo, place: tuple[float, float], layers: Mapping[str, Any]
) -> list[str]:
    """Return likely colours of a place, the likeliest first; none where nobody knows.

    Parameters
    ----------
    restorer : Restorer
    photo : Photo
    place : tuple of float
        In shares of the photo's width and height.
    layers : Mapping
        What is painted already, by the guide's name.
    """
    height, width = photo.pixels.shape[:2]
    x, y = (min(share * size, size - 1) for share, size in zip(place, (width, height), strict=True))
    try:
        found = restorer.suggest(photo.pixels, x, y, count=_COUNT, **layers)
    except UsageError:  # a model that was trained without classes of colour
        return []
    return [one.colour for one in found]


def doubtful_places(restorer: Any, photo: Photo) -> list[tuple[float, float]]:
    """Return the places where a colour would help most, in shares of width and height."""
    height, width = photo.pixels.shape[:2]
    try:
        found = restorer.doubts(photo.pixels, count=_COUNT)
    except UsageError:
        return []
    return [(one.x / width, one.y / height) for one in found]
