"""Colours at places of a photo, as they are typed: ``--hint 120,340=#c03020``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pixrestore.errors import UsageError

_HINT = re.compile(r"(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)=(#?\w+)")


def with_hints(
    given: Mapping[str, Mapping[str, Any]], hints: Sequence[str] | None
) -> Mapping[str, Mapping[str, Any]]:
    """Add colours at places to what the task is given, painted over the layer of hints."""
    if not hints:
        return given
    options = dict(given.get("task", {}))
    layers = [options["hints"]] if options.get("hints") else []
    options["hints"] = [*layers, *map(_place, hints)]
    return {**given, "task": options}


def _place(text: str) -> tuple[float, float, str]:
    typed = _HINT.fullmatch(text.replace(" ", ""))
    if typed is None:
        raise UsageError(f"--hint must be X,Y=COLOUR, such as 120,340=#c03020, not {text!r}")
    x, y, colour = typed.groups()
    return float(x), float(y), colour
