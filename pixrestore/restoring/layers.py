"""Guides as they are given: a layer, a file of one, or colours at places; all become layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from pixrestore.errors import UsageError
from pixrestore.guide import Guide
from pixrestore.images.photo import Photo, rescaled
from pixrestore.restoring.inputs import photo_of
from pixrestore.task import Task

Layer = NDArray[np.uint8]
"""A layer as restoring keeps it: premultiplied RGBA, (H, W, 4)."""

# Radius of the dot that a colour at a place is painted as, in shares of the photo's shorter side:
# about two pixels of what a scene task sees.
_DOT = 1 / 64


def layers_of(task: Task, options: Mapping[str, Any], shape: tuple[int, int]) -> dict[str, Layer]:
    """Return the guides among what is given when restoring, as layers.

    Parameters
    ----------
    task : Task
        Its `guides` say which of `options` are guides.
    options : Mapping
        By name. A guide is an image of the photo's size of any kind that `restore` takes, or a
        list whose items are such images or ``(x, y, colour)``, painted one over the other.
    shape : tuple of int
        Height and width of the photo.

    Returns
    -------
    dict of ndarray
        By name, those on which something is painted.

    Raises
    ------
    UsageError
        A layer has another size than the photo, or no transparency; a place is beyond the photo,
        or a colour none.
    """
    guides = {guide.name: guide for guide in task.guides}
    layers: dict[str, Layer] = {}
    for name, given in options.items():
        if name in guides and given is not None:
            layer = _painted(guides[name], given, shape)
            if layer[..., 3].any():
                layers[name] = _premultiplied(layer)
    return layers


def straight(layer: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a premultiplied layer, (H, W, 4) in about [0, 1], with its colours as painted."""
    alpha = np.clip(layer[..., 3:], 0, 1)
    colours = np.clip(layer[..., :3] / np.maximum(alpha, 1 / 255), 0, 1)
    return np.concatenate([colours, alpha], axis=-1)


def _painted(guide: Guide, given: Any, shape: tuple[int, int]) -> Layer:
    items = given if isinstance(given, (list, tuple)) else [given]
    canvas = Image.new("RGBA", (shape[1], shape[0]))
    for item in items:
        if isinstance(item, (list, tuple)):
            _dot(canvas, guide, item)
        else:
            over = _layer(guide, photo_of(item), shape)
            canvas.alpha_composite(Image.fromarray(over))
    return np.asarray(canvas)


def _dot(canvas: Image.Image, guide: Guide, item: Any) -> None:
    try:
        x, y, colour = item
        place = float(x), float(y)
        rgb = ImageColor.getrgb(colour)[:3] if isinstance(colour, str) else tuple(map(int, colour))
    except (TypeError, ValueError):
        raise UsageError(
            f"`{guide.name}` takes places as (x, y, colour), such as (120, 340, '#c03020'), "
            f"not {item!r}"
        ) from None
    width, height = canvas.size
    if not (0 <= place[0] < width and 0 <= place[1] < height):
        raise UsageError(
            f"`{guide.name}`: {x:g}, {y:g} is beyond the photo of {width} x {height} pixels"
        )
    radius = max(1.5, _DOT * min(canvas.size))
    box = [centre + side * radius for side in (-1, 1) for centre in place]
    ImageDraw.Draw(canvas).ellipse(box, fill=(*rgb[:3], 255))


def _layer(guide: Guide, photo: Photo, shape: tuple[int, int]) -> Layer:
    if photo.pixels.shape[:2] != shape:
        sizes = (f"{p[1]} x {p[0]}" for p in (photo.pixels.shape, shape))
        raise UsageError(
            f"`{guide.name}` must have the photo's size: {' is not '.join(sizes)} pixels"
        )
    colours = rescaled(photo.pixels, np.dtype(np.uint8))
    alpha = None if photo.alpha is None else rescaled(photo.alpha, np.dtype(np.uint8))
    if guide.kind == "mask" and (alpha is None or alpha.min() == 255):
        alpha = colours.mean(axis=-1).astype(np.uint8)
    if alpha is None:
        raise UsageError(f"`{guide.name}` must be transparent where nothing is painted")
    return np.concatenate([colours, alpha[..., None]], axis=-1)


def _premultiplied(layer: Layer) -> Layer:
    """Return a layer, (H, W, 4), with its colours times its alpha, which may be averaged."""
    result = layer.copy()
    rows = max(1, 1_000_000 // layer.shape[1])
    for top in range(0, len(layer), rows):
        band = layer[top : top + rows].astype(np.uint16)
        colours = (band[..., :3] * band[..., 3:] + 127) // 255
        result[top : top + rows, :, :3] = colours.astype(np.uint8)
    return result
