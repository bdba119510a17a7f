"""What a task sees of its damage in a photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Stage = Literal["file", "sensor", "paper", "lens", "colour", "size"]

STAGES: tuple[Stage, ...] = get_args(Stage)
"""When damage happened, the latest first: this is the order in which it is undone.

A file is compressed last of all; before that a camera or scanner added noise, paper aged, a lens
blurred, film lost colour. Photos are enlarged once everything else is right.
"""

SEEN = 0.5
"""The strength from which damage is worth mending."""


@dataclass(frozen=True)
class Finding:
    """How strongly a task sees its damage in a photo.

    Attributes
    ----------
    measure : str
        What was measured, for people: ``"noise"``.
    value : float
        How much of it there is.
    unit : str
        What `value` counts: ``"sigma of 255"``.
    strength : float
        0 where there is none of the damage, 1 where nothing else is left; from 0.5 it is worth
        mending. `graded` makes it of a value and the value from which that is so.
    stage : {"file", "sensor", "paper", "lens", "colour", "size"}
        When this damage happened; what happened last is undone first.
    covers : tuple of str
        Names of other tasks whose damage this one undoes or imitates, and which are then not
        needed.
    """

    measure: str
    value: float
    unit: str
    strength: float
    stage: Stage = "sensor"
    covers: tuple[str, ...] = ()

    @property
    def seen(self) -> bool:
        """Whether the damage is worth mending."""
        return self.strength >= SEEN


def graded(value: float, at: float, *, falling: bool = False) -> float:
    """Return the strength, in [0, 1], of a measure that is worth mending from `at`.

    Parameters
    ----------
    value, at : float
        The measure, 0 or more, and where its strength is 0.5.
    falling : bool
        Less of it is worse, as of quality.
    """
    value = max(0.0, value)
    return (at if falling else value) / (value + at)
