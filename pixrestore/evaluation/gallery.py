"""Pictures of the photos on which a model gained most and least."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pixrestore.images.parts import middle
from pixrestore.images.photo import to_dtype

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pixrestore.task import Image

# Longest side of a picture, in pixels; of larger photos the middle is shown, at full size.
LONGEST = 1000


@dataclass(frozen=True)
class Shown:
    """One photo as each method leaves it.

    Attributes
    ----------
    photo : str
        Its path within the folder of photos.
    gain : float
        By how many dB of PSNR the first model improved it.
    pictures : Mapping
        By the name of a method, and as "true", its pixels (uint8), the middle of large ones.
    """

    photo: str
    gain: float
    pictures: Mapping[str, NDArray[np.uint8]]


@dataclass
class Gallery:
    """Keeps the best and the worst photos of those it is shown, and no others in memory."""

    most: int
    best: list[Shown] = field(default_factory=list)
    worst: list[Shown] = field(default_factory=list)

    def show(self, photo: str, gain: float, images: Mapping[str, Image]) -> None:
        """Keep a photo if it is among the best or the worst so far."""
        if not self.most:
            return
        shown = Shown(photo, gain, {name: _middle(image) for name, image in images.items()})
        self.best = sorted([*self.best, shown], key=lambda one: -one.gain)[: self.most]
        self.worst = sorted([*self.worst, shown], key=lambda one: one.gain)[: self.most]


def _middle(image: Image) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = to_dtype(middle(image, LONGEST), np.uint8)
    return pixels
