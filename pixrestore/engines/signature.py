"""What a graph from elsewhere takes and answers, and how that becomes what a task wants."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from pixrestore.engines import Answered, Layout, Space, Taken
from pixrestore.errors import ModelError, UsageError, nearest
from pixrestore.images import colour
from pixrestore.images.resizing import Array, enlarged
from pixrestore.task import Task

CHANNELS: Mapping[str, int] = {"gray": 1, "l": 1, "rgb": 3, "lab": 3, "ab": 2}
_SPACES: Mapping[str, tuple[Space, ...]] = {
    "input": get_args(Taken),
    "output": get_args(Answered),
}
_RANGES: Mapping[str, tuple[float, float]] = {"l": (0.0, 100.0), "lab": (0.0, 100.0)}

# What tasks of pixrestore mean by lightness and chroma of order one.
_L_UNIT, _AB_UNIT = np.float32(100), np.float32(110)
_TRIED = 16
# The answer to a photo lies in the range that is declared, or a little outside, and fills some of
# it; no colour of sRGB has more than 128 of a and b.
_OUTSIDE, _FLAT = 0.5, 0.02
_LARGEST_AB = 200.0
_SAME = 1e-4


@dataclass(frozen=True)
class Signature:
    """What a graph takes and answers, as its author would say it.

    Attributes
    ----------
    input, output : str
        Colours: ``gray``, ``l`` (CIE lightness), ``rgb``, ``lab``, and for the output ``ab``
        (CIE chroma). Gray and RGB are sRGB.
    input_range, output_range : tuple of float
        What stands for black and for white, or for the lightness 0 and 100. By default 0 to 1, and
        0 to 100 for ``l`` and ``lab``.
    mean, std : tuple of float
        What is subtracted of each channel after that, and what it is divided by; may be empty.
    ab_unit : float
        CIE units of a step of 1 in a and b: 1 for CIE's own values, 110 or 128 where they were
        scaled to -1 to 1.
    layout : {"nchw", "nhwc"}
        Order of the axes.
    scale : int
        How many times as high and wide as its input its output is.
    shown, wanted : str
        What the task shows its network and wants of it: ``rgb`` or ``l``, and ``rgb`` or ``ab``.
    """

    input: Taken = "rgb"
    output: Answered = "rgb"
    input_range: tuple[float, float] | None = None
    output_range: tuple[float, float] | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    ab_unit: float = 1.0
    layout: Layout = "nchw"
    scale: int = 1
    shown: Space = "rgb"
    wanted: Space = "rgb"

    def __post_init__(self) -> None:
        for side, offered in _SPACES.items():
            if getattr(self, side) not in offered:
                raise UsageError(f"`{side}` must be {' or '.join(offered)}")
            name = f"{side}_range"
            low, high = _pair(getattr(self, name) or _RANGES.get(getattr(self, side), (0, 1)), name)
            object.__setattr__(self, name, (low, high))
        if self.layout not in get_args(Layout):
            raise UsageError(f"unknown layout {self.layout!r}: {nearest(self.layout, _LAYOUTS)}")
        if not (_finite(self.ab_unit) and self.ab_unit > 0):
            raise UsageError("`ab_unit` must be more than 0")
        if type(self.scale) is not int or not 1 <= self.scale <= 16:
            raise UsageError("`scale` must be a whole number of 1 to 16")
        if self.shown not in ("rgb", "l") or self.wanted not in ("rgb", "ab"):
            raise UsageError("`shown` must be rgb or l, and `wanted` rgb or ab")
        for name in ("mean", "std"):
            object.__setattr__(self, name, self._of_each_channel(name))
        if 0 in self.std:
            raise UsageError("`std` must not be 0")
        if self.scale > 1 and (self.output == "ab" or self.wanted == "ab"):
            raise UsageError("a graph that enlarges must answer rgb or lab")

    def _of_each_channel(self, name: str) -> tuple[float, ...]:
        values = getattr(self, name)
        if not isinstance(values, Sequence) or not all(map(_finite, values)):
            raise UsageError(f"`{name}` must be numbers")
        if len(values) not in (0, CHANNELS[self.input]):
            raise UsageError(f"`{name}` needs {CHANNELS[self.input]} numbers for {self.input}")
        return tuple(map(float, values))

    def given(self, x: Array) -> Array:
        """Turn what a task shows, (H, W, C), into what the graph takes, (1, ...)."""
        x = x[:: self.scale, :: self.scale]
        picture = _from_shown(x, self.shown, self.input)
        low, high = self._limits("input")
        if self.input == "lab":
            light = low + picture[..., :1] * (high - low)
            picture = np.concatenate([light, picture[..., 1:] / np.float32(self.ab_unit)], axis=-1)
        else:
            picture = np.asarray(low + picture * (high - low), np.float32)
        if self.mean:
            picture = picture - np.asarray(self.mean, np.float32)
        if self.std:
            picture = np.asarray(picture / np.asarray(self.std, np.float32), np.float32)
        if self.layout == "nchw":
            picture = np.moveaxis(picture, -1, 0)
        return np.ascontiguousarray(picture[None], np.float32)

    def read(self, answer: Array, x: Array) -> Array:
        """Turn what the graph answers, (1, ...), into what the task wants, (H, W, C).

        Parameters
        ----------
        answer : ndarray
        x : ndarray, float32, (H, W, Cx)
            What the task showed, whose lightness is taken where the answer has none.
        """
        picture = np.asarray(answer[0], np.float32)
        if self.layout == "nchw":
            picture = np.moveaxis(picture, 0, -1)
        low, high = self._limits("output")
        if self.output == "rgb":
            rgb = (picture - low) / (high - low)
            return rgb if self.wanted == "rgb" else colour.chroma(rgb) / _AB_UNIT
        ab = picture[..., -2:] * np.float32(self.ab_unit)
        if self.wanted == "ab":
            return ab / _AB_UNIT
        light = (
            (picture[..., 0] - low) / (high - low)
            if self.output == "lab"
            else _from_shown(x, self.shown, "l")[..., 0]
        )
        return colour.from_lab(light * _L_UNIT, ab)

    def check_range(self, answer: Array) -> None:
        """Raise a `UsageError` where the answer to a photo cannot be what was declared of it."""
        place = 1 if self.layout == "nchw" else 3
        picture = np.moveaxis(np.asarray(answer, np.float32), place, -1)
        if self.output != "rgb":
            ab = float(np.percentile(np.abs(picture[..., -2:]), 99)) * self.ab_unit
            if ab > _LARGEST_AB:
                raise UsageError(
                    f"the graph answers a and b of {ab:.3g}, more than any colour has: `ab_unit` "
                    "is wrong"
                )
        if self.output == "ab":
            return
        tones = picture if self.output == "rgb" else picture[..., 0]
        least, most = (float(np.percentile(tones, share)) for share in (1, 99))
        low, high = sorted(self.output_range or (0.0, 1.0))
        span = high - low
        inside = low - _OUTSIDE * span <= least and most <= high + _OUTSIDE * span
        if not inside or most - least < _FLAT * span:
            raise UsageError(
                f"the graph answers {least:.3g} to {most:.3g} to a photo, where {low:g} to "
                f"{high:g} is declared: set `output_range`"
            )

    def _limits(self, side: str) -> tuple[np.float32, np.float32]:
        low, high = getattr(self, f"{side}_range")
        return np.float32(low), np.float32(high)


_LAYOUTS = get_args(Layout)


def describe_signature(signature: Signature) -> dict[str, Any]:
    """Return a signature as ``model.json`` holds it."""
    return dataclasses.asdict(signature)


def read_signature(values: Any, where: Any) -> Signature:
    """Read a signature of ``model.json``; a `ModelError` where it makes no sense."""
    try:
        return Signature(**{name: _untupled(value) for name, value in values.items()})
    except (UsageError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{where}: its signature cannot be used: {error}") from error


def _untupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def spaces_of(task: Task) -> tuple[Space, Space]:
    """Find by trying it what a task shows its network, and what it wants of it.

    Raises
    ------
    UsageError
        It is something that no stranger's graph could know.
    """
    rng = np.random.default_rng(0)
    small = rng.random((_TRIED, _TRIED, 3), dtype=np.float32)
    clean = rng.random((_TRIED * task.scale, _TRIED * task.scale, 3), dtype=np.float32)
    shown = _like(task.encode(small), {"rgb": enlarged(small, task.scale), "l": _l(small)})
    wanted = _like(task.target(clean), {"rgb": clean, "ab": colour.chroma(clean) / _AB_UNIT})
    if shown is None or wanted is None:
        raise UsageError(
            f"the network of {task.name} sees or answers something of its own: graphs from "
            "elsewhere serve tasks of plain colours"
        )
    return shown, wanted


def _like(found: Any, known: Mapping[Space, Array]) -> Space | None:
    for name, picture in known.items():
        if np.shape(found) == picture.shape and np.allclose(found, picture, atol=_SAME):
            return name
    return None


def _from_shown(x: Array, shown: Space, space: Space) -> Array:
    """Return a picture in a space, gray, lightness and RGB of order one, a and b in CIE's units."""
    if shown == "l" and space == "l":
        return x
    if shown == "l":
        rgb = colour.from_lab(x[..., 0] * _L_UNIT, np.zeros((*x.shape[:2], 2), np.float32))
    else:
        rgb = x
    if space == "rgb":
        return rgb
    if space == "gray":
        return colour.gamma(colour.linear(rgb) @ colour.LUMINANCE)[..., None]
    if space == "l":
        return _l(rgb)
    ab = np.zeros_like(rgb[..., :2]) if shown == "l" else colour.chroma(rgb)
    return np.concatenate([_l(rgb), ab], axis=-1)


def _l(rgb: Array) -> Array:
    return colour.lightness(rgb)[..., None] / _L_UNIT


def _pair(values: Any, name: str) -> tuple[float, float]:
    wrong = UsageError(f"`{name}` must be two numbers that differ, such as 0,255")
    if not isinstance(values, Sequence) or len(values) != 2 or not all(map(_finite, values)):
        raise wrong
    if values[0] == values[1]:
        raise wrong
    return float(values[0]), float(values[1])


def _finite(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
