"""Seeing a task's damage, and what its network will see and must answer, before any training."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pixrestore.errors import UsageError
from pixrestore.images import decode_rgb8
from pixrestore.images.cropping import central_square
from pixrestore.images.resizing import enlarged

if TYPE_CHECKING:
    from pixrestore.task import Image as Array
    from pixrestore.task import Task

_GAP = 4
_TITLE = 16
# Tasks often paint nothing, as people do.
_TRIES = 20


def preview(
    task: Task,
    photo: str | os.PathLike[str],
    *,
    count: int = 3,
    side: int = 256,
    seed: int = 0,
    model: str | os.PathLike[str] | None = None,
) -> Image.Image:
    """Draw clean | degraded, `count` times | input | target; or with a model what it restores.

    Of a task that imitates guides, what is painted over the first degraded photo stands before the
    input, which shows it too.

    Parameters
    ----------
    task : Task
        A task with its options set.
    photo : path
        A clean photo, of which the middle is taken: its own pixels for a local task, shrunk for one
        that needs the whole scene.
    count : int
        Number of times to damage it; the input is what the network sees of the first.
    side : int
        Height and width of each picture, in pixels; at most the photo's shorter side.
    seed : int
        Seed for the damage.
    model : path or str, optional
        Model whose restored photo follows each degraded picture, in place of input and
        target.

    Returns
    -------
    PIL.Image.Image
        Three channels are shown as colour, one as gray, two as red and green. Negative values of
        two channels are shown darker than mid-gray.

    Raises
    ------
    PhotoError
        The photo cannot be read.
    UsageError
        `count` or `side` is too small, or the model is for another task or scale.
    UnknownNameError, ModelError
        There is no such model, or it is damaged.
    """
    if count < 1 or side < task.scale:
        raise UsageError(f"cannot preview {count} degraded photos of {side} pixels")
    pixels = decode_rgb8(Path(photo))
    side = min(side, *pixels.shape[:2]) // task.scale * task.scale
    clean = central_square(pixels, max(side, task.scale), task.scope)
    seeds = [np.random.default_rng((seed, number)) for number in range(count)]
    degraded = [np.asarray(task.corrupt(clean.copy(), rng), np.float32) for rng in seeds]
    if model is not None:
        return _sheet([("clean", clean), *_restored(task, degraded, model)])
    pictures = [("clean", clean)]
    pictures += [_as_degraded(task, one) for one in degraded]
    layers = _painted(task, clean, degraded[0], seeds[0])
    pictures += [(name, _under(layer, pictures[1][1])) for name, layer in layers.items()]
    pictures += [("input", _shown(task.encode_guided(degraded[0], layers)))]
    pictures += [("target", _shown(task.target(clean)))]
    return _sheet(pictures)


def _as_degraded(task: Task, degraded: Array) -> tuple[str, Array]:
    return "degraded", np.clip(enlarged(degraded, task.scale), 0, 1)


def _painted(
    task: Task, clean: Array, degraded: Array, rng: np.random.Generator
) -> Mapping[str, Array]:
    """Return guides as the task imitates them, where it paints any in some tries."""
    tries = (task.paint(clean, degraded, rng) for _ in range(_TRIES if task.guides else 0))
    return next((layers for layers in tries if layers), {})


def _under(layer: Array, picture: Array) -> Array:
    """Return a picture of any size with a layer over it."""
    layer = enlarged(layer, picture.shape[0] // layer.shape[0])
    return picture + layer[..., 3:] * (layer[..., :3] - picture)


def _restored(
    task: Task, degraded: Sequence[Array], model: str | os.PathLike[str]
) -> Iterator[tuple[str, Array]]:
    # Reading a model takes what drawing damage can do without.
    from pixrestore.verbs import load

    restorer = load(model, task=task)
    for one in degraded:
        yield _as_degraded(task, one)
        yield "restored", restorer.restore(np.clip(one, 0, 1))


def _shown(values: Array) -> Array:
    """Return an array of any channels as colour in [0, 1]."""
    values = np.asarray(values, np.float32)
    channels = values.shape[-1]
    if channels not in (1, 3) and float(values.min()) < 0:
        # Such as chroma: its zero is gray.
        values = 0.5 + 0.5 * values / np.abs(values).max()
    if channels == 1:
        values = values.repeat(3, axis=-1)
    missing = np.full((*values.shape[:2], max(0, 3 - values.shape[-1])), 0.5, np.float32)
    return np.concatenate([values[..., :3], missing], axis=-1)


def _sheet(pictures: list[tuple[str, Array]]) -> Image.Image:
    height, width = pictures[0][1].shape[:2]
    across = len(pictures) * (width + _GAP) - _GAP
    sheet = Image.new("RGB", (across, height + _TITLE), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for place, (title, picture) in enumerate(pictures):
        left = place * (width + _GAP)
        pen.text((left + 2, 1), title, "black", font)
        small = Image.fromarray(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8))
        sheet.paste(small, (left, _TITLE))
    return sheet
