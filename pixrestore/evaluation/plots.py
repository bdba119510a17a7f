"""Plots of a figure photo by photo, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

# Colours that the colour-blind can tell apart (Okabe and Ito).
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
_INPUT_COLOUR = "#888888"
_HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 260, 56, 12, 14, 26
_WIDEST, _STEP = 880, 28


def colours(methods: Sequence[str], grey: str) -> dict[str, str]:
    """Give each method a colour, and `grey` a gray."""
    others = [name for name in methods if name != grey]
    found = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(others)}
    return {grey: _INPUT_COLOUR, **found}


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
    low, high, step = _scale([value for each in values.values() for value in each])
    width = _LEFT + _RIGHT + min(_WIDEST, max(280, _STEP * len(photos)))

    def across(place: int) -> float:
        return _LEFT + (place + 0.5) * (width - _LEFT - _RIGHT) / len(photos)

    def up(value: float) -> float:
        return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [f'<svg viewBox="0 0 {width} {_HEIGHT}" width="{width}" role="img">']
    for tick in range(round((high - low) / step) + 1):
        at = low + tick * step
        y = up(at)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{width - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" class="tick">{at:g}</text>')
    for method, each in values.items():
        for place, value in enumerate(each):
            told = escape(f"{photos[place]}: {method} {form.format(value)}")
            parts.append(
                f'<circle cx="{across(place):.1f}" cy="{up(value):.1f}" r="3.5" '
                f'fill="{palette[method]}"><title>{told}</title></circle>'
            )
    label = "photos, by the gain of the first model"
    parts.append(f'<text x="{width / 2:.0f}" y="{_HEIGHT - 6}" class="axis">{label}</text></svg>')
    return "".join(parts)


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
