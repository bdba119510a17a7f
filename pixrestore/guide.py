"""Guides: transparent layers that a person paints over a photo, to say what it does not show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pixrestore.errors import UsageError

_PLACE = re.compile(r"(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)=(#?\w+)")


@dataclass(frozen=True)
class Guide:
    """A guide that a task takes, named in `Task.guides`.

    Attributes
    ----------
    name : str
        Python name of the argument, and with ``--`` before it that of the option.
    help : str
        One sentence for ``--help``.
    kind : {"colours", "mask"}
        What counts of a layer: the colours that are painted, or only where something is painted.
        A mask may also be a picture without transparency, white where it counts.
    """

    name: str
    help: str
    kind: Literal["colours", "mask"] = "colours"


def place_of(text: str, called: str) -> tuple[float, float, str]:
    """Return the place and the colour that ``X,Y=COLOUR`` says, as `restore` takes them.

    Parameters
    ----------
    text : str
        Such as ``120,340=#c03020``: pixels from the left and from the top, and a colour.
    called : str
        What an error calls it.

    Raises
    ------
    UsageError
        The text says no place.
    """
    said = _PLACE.fullmatch(text.replace(" ", ""))
    if said is None:
        raise UsageError(
            f"{called} must be X,Y=COLOUR, such as 120,340=#c03020, or a picture, not {text!r}"
        )
    x, y, colour = said.groups()
    return float(x), float(y), colour
