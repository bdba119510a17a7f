"""Guides: transparent layers that a person paints over a photo, to say what it does not show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
