"""Plots as SVG: a figure photo by photo, and curves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

# Colours that the colour-blind can tell apart (Okabe and Ito).
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
_GRAY = "#888888"
_HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 260, 56, 12, 14, 26
_WIDEST, _STEP = 880, 28
# A curve of more points than this is drawn without a dot for each.
_MOST_DOTS = 200

Points = Sequence[tuple[float, float]]


def colours(names: Sequence[str], grey: str = "") -> dict[str, str]:
    """Give each name a colour, and `grey` a gray where that is named."""
    others = [name for name in names if name != grey]
    found = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(others)}
    return {grey: _GRAY, **found} if grey else found


def dots(
    photos: Sequence[str],
    values: Mapping[str, Sequence[float]],
    palette: Mapping[str, str],
    form: str,
) -> str:
    """Draw a column of dots for each photo.

    Parameters
    ----------
    photos : sequence of str
        Names of the photos.
    values : Mapping
        By the name of a method, a figure of each photo.
    palette : Mapping
        Colour of each method.
    form : str
        How a figure is written.
    """
    width = _LEFT + _RIGHT + min(_WIDEST, max(280, _STEP * len(photos)))
    low, high, step = _scale([value for each in values.values() for value in each])
    frame = _Frame(width, (0, len(photos)), (low, high))
    parts = [frame.opening, *frame.lines(low, high, step)]
    for method, each in values.items():
        for place, value in enumerate(each):
            told = f"{photos[place]}: {method} {form.format(value)}"
            parts.append(frame.dot(place + 0.5, value, palette[method], told))
    parts.append(frame.label("photos, by the gain of the first model"))
    return "".join([*parts, "</svg>"])


def curves(
    lines: Mapping[str, Points],
    palette: Mapping[str, str],
    *,
    across: str,
    dashed: Mapping[str, Points] | None = None,
) -> str:
    """Draw a curve for each name.

    Parameters
    ----------
    lines, dashed : Mapping
        By name, points (x, y) in order of x, all finite; those of `dashed` only say what to compare
        with. At least one line has a point.
    palette : Mapping
        Colour of each name.
    across : str
        What x is.
    """
    drawn = [points for one in (lines, dashed or {}) for points in one.values() if points]
    low, high, step = _scale([y for points in drawn for _, y in points])
    first, last, stride = _scale([x for points in drawn for x, _ in points])
    frame = _Frame(_WIDEST, (first, last), (low, high))
    parts = [frame.opening, *frame.lines(low, high, step), *frame.ticks(first, last, stride)]
    for name, points in (dashed or {}).items():
        parts.append(frame.path(points, palette[name], ' stroke-dasharray="5 4"'))
    for name, points in lines.items():
        parts.append(frame.path(points, palette[name]))
        if len(points) <= _MOST_DOTS:
            told = f"{name}: {{:g}} at {{:g}} {across}"
            parts += [frame.dot(x, y, palette[name], told.format(y, x)) for x, y in points]
    return "".join([*parts, frame.label(across), "</svg>"])


@dataclass(frozen=True)
class _Frame:
    """Where a plot's values lie on its picture."""

    width: int
    across: tuple[float, float]
    up: tuple[float, float]

    @property
    def opening(self) -> str:
        size = f'viewBox="0 0 {self.width} {_HEIGHT}" width="{self.width}"'
        return f'<svg {size} role="img">'

    def x(self, value: float) -> float:
        first, last = self.across
        return _LEFT + (value - first) / (last - first) * (self.width - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        low, high = self.up
        return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    def lines(self, low: float, high: float, step: float) -> Iterator[str]:
        for at in _ticks(low, high, step):
            y = self.y(at)
            yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{self.width - _RIGHT}"/>'
            yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" class="tick">{at:g}</text>'

    def ticks(self, first: float, last: float, step: float) -> Iterator[str]:
        for at in _ticks(first, last, step):
            x = min(self.x(at), self.width - _RIGHT - 12)
            yield f'<text x="{x:.1f}" y="{_HEIGHT - 14}" class="axis">{at:.10g}</text>'

    def dot(self, x: float, y: float, colour: str, told: str) -> str:
        return (
            f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3.5" '
            f'fill="{colour}"><title>{escape(told)}</title></circle>'
        )

    def path(self, points: Points, colour: str, more: str = "") -> str:
        told = "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)
        return f'<path d="M{told}" fill="none" stroke="{colour}" stroke-width="1.5"{more}/>'

    def label(self, text: str) -> str:
        return (
            f'<text x="{self.width / 2:.0f}" y="{_HEIGHT - 2}" class="axis">{escape(text)}</text>'
        )


def _ticks(low: float, high: float, step: float) -> list[float]:
    return [low + place * step for place in range(round((high - low) / step) + 1)]


def _scale(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the ends of an axis, and the step between its ticks: round numbers."""
    low, high = min(values), max(values)
    span = max(high - low, abs(high) * 1e-3, 1e-6)
    unit = 10 ** math.floor(math.log10(span / 4))
    step = next(unit * m for m in (1, 2, 5, 10) if span / (unit * m) <= 5)
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    # Digits beyond those of the step are rounding errors.
    return round(first * step, 12), round(last * step, 12), step
