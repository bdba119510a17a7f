"""Mending photos as the page asks: quickly at screen size, and whole to a file."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixrestore.errors import UsageError
from pixrestore.geometry import Network
from pixrestore.images import Photo, encode_photo, format_of, read_photo
from pixrestore.images.writing import written_format
from pixrestore.options import restoring_options
from pixrestore.restoring.restorer import Restorer
from pixrestore.restoring.sequence import in_sequence
from pixrestore.serving.page.offers import Step
from pixrestore.serving.page.strokes import Stroke, layers_of
from pixrestore.serving.page.visit import SCREEN, Opened, reduced
from pixrestore.serving.restorers import Restorers

_SUFFIXES = {"JPEG": ".jpg", "TIFF": ".tif"}
# Copies that are kept: those on the way to the answer that is shown, and to the one before it.
_KEPT = 16
_SMALLEST = 256

Report = Callable[[str, float], None]
"""Told the task that is at work, and the share of the whole work that is done."""


def preview(opened: Opened, steps: Sequence[Step], restorers: Restorers) -> Photo:
    """Return a photo's small copy restored.

    What was computed before is used again as far as it is the same: while somebody paints, only
    the tasks from the painted one on work.
    """
    working = [restorer_of(restorers, step) for step in steps]
    longest = SCREEN // math.prod(one.scale for one in working)
    photo: Photo = reduced(opened.photo, max(_SMALLEST, longest))
    key: tuple[Any, ...] = (longest,)
    for step, restorer in zip(steps, working, strict=True):
        names = {guide.name for guide in restorer.task.guides}
        painted = tuple(stroke for stroke in opened.strokes if stroke.guide in names)
        key = (*key, step, painted)
        made = opened.made.pop(key, None)
        if made is None:
            layers = layers_of(painted, photo.pixels.shape[:2])
            made = restorer.restore_photo(photo, **dict(step.options), **layers)
        photo = opened.made[key] = made  # the newest last
    while len(opened.made) > _KEPT:
        del opened.made[next(iter(opened.made))]
    return photo


@dataclass(frozen=True)
class Whole:
    """A photo restored at full size.

    Attributes
    ----------
    photo : Photo
    name : str
        Name for its file.
    content : bytes
        Its file.
    """

    photo: Photo
    name: str
    content: bytes


def mend(
    path: Path,
    steps: Sequence[Step],
    strokes: Sequence[Stroke],
    restorers: Restorers,
    max_pixels: int,
    report: Report = lambda task, share: None,
) -> Whole:
    """Restore a whole photo, as `pixrestore.restore` does with its bytes.

    Raises
    ------
    PixrestoreError
        The photo cannot be read, or its result would be too large.
    """
    photo = read_photo(path.read_bytes(), max_pixels=max_pixels)
    height, width = photo.pixels.shape[:2]
    working = _reporting([restorer_of(restorers, step) for step in steps], height * width, report)
    sequence = in_sequence(working)
    if height * width * sequence.scale**2 > max_pixels:
        raise UsageError(f"the result would have more than {max_pixels / 1e6:g} megapixels")
    format = written_format(photo)
    sequence.refuse_unfit(photo, format)
    names = {guide.name for restorer in working for guide in restorer.task.guides}
    layers = layers_of((one for one in strokes if one.guide in names), (height, width))
    options: dict[str, Any] = {**_options(working, steps), **layers}
    restored = sequence.restore_marked(photo, **options)
    return Whole(restored, result_name(path, sequence.label, format), encode_photo(restored))


def result_name(path: Path, label: str, format: str) -> str:
    """Return the name of a result: the photo's, what was done, and what suits the format."""
    suffix = path.suffix if format_of(path) == format else ""
    return f"{path.stem}-{label}{suffix or _SUFFIXES.get(format, f'.{format.lower()}')}"


def restorer_of(restorers: Restorers, step: Step) -> Restorer:
    """Return the restorer that does one step."""
    restorer = restorers.of([step.task], step.models)
    assert isinstance(restorer, Restorer)  # of one task
    return restorer


def _options(working: Sequence[Restorer], steps: Sequence[Step]) -> dict[str, Any]:
    """Return the options of all steps by the names that they have in a sequence."""
    known = restoring_options([type(restorer.task) for restorer in working])
    set_here = [dict(step.options) for step in steps]
    return {
        name: set_here[place][option.name]
        for name, (place, option) in known.items()
        if option.name in set_here[place]
    }


def _reporting(working: Sequence[Restorer], pixels: int, report: Report) -> list[Restorer]:
    """Return restorers that report how far they are with a photo of so many pixels."""
    told = []
    for place, restorer in enumerate(working):
        pixels *= restorer.scale**2
        one = copy.copy(restorer)
        one.network = _Counting(
            restorer.network,
            pixels,
            partial(_report_part, report, restorer.task.name, place, len(working)),
        )
        told.append(one)
    return told


def _report_part(report: Report, task: str, place: int, count: int, share: float) -> None:
    report(task, (place + share) / count)


class _Counting:
    """A network that tells after each answer which share of a photo it has seen."""

    def __init__(self, network: Network, pixels: int, tell: Callable[[float], None]) -> None:
        self._network, self._pixels, self._tell = network, pixels, tell
        self._seen = 0

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self._seen:
            self._tell(0.0)
        answer = self._network(x)
        self._seen += math.prod(x.shape[:3])
        # Tiles overlap: what they see together is more than the photo.
        self._tell(min(0.95, self._seen / self._pixels))
        return answer
