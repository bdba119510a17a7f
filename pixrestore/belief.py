"""What a network believes of a photo, and what follows: likely colours, and places of doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]


@dataclass(frozen=True)
class Belief:
    """What a network that chooses among classes believes of a photo.

    Attributes
    ----------
    encoded : ndarray, float32, (H, W, Cx)
        What the network saw: the whole photo, at its working size.
    answer : ndarray, float32, (H, W, Cy)
        Its answer, which does not hold to guides yet.
    classes : ndarray, float32, (Q, Cy)
        The values among which it chooses.
    probabilities : ndarray, float32, (h, w, Q)
        How likely each class is at each place of the same picture, which may be coarser.
    layers : mapping of str to ndarray
        The guides on which something is painted, float32, (H, W, 4), by name.
    """

    encoded: Array
    answer: Array
    classes: Array
    probabilities: Array
    layers: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Suggestion:
    """A likely colour of a place.

    Attributes
    ----------
    colour : str
        As guides take it, such as ``"#c03020"``.
    probability : float
        How likely it is that the true colour is about this one, in [0, 1].
    """

    colour: str
    probability: float


@dataclass(frozen=True)
class Doubt:
    """A place where a hint would help.

    Attributes
    ----------
    x, y : float
        The place: to the right and down, in pixels.
    gain : float
        Share of the expected squared error of the whole photo that a hint there would take away.
    """

    x: float
    y: float
    gain: float
