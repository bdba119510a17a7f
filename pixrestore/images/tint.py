"""Whether a photo is gray, toned in one colour, or coloured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from pixrestore.images import colour
from pixrestore.images.parts import reduced

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Means over so many pixels of a side are free of noise in colour, and of what JPEG does to it.
SMOOTH = 16
# CIE ab. Found on photos of the training sets; see docs/explanation/inspecting.md.
COLOURS = 1.2
_TONE = 2.0


@dataclass(frozen=True)
class Tint:
    """The colours of a photo.

    Attributes
    ----------
    colours : float
        How far colours are, on average, from those that its tones would have in a toned print;
        in units of CIE ab.
    tone : float
        Mean distance from gray of that print, in the same units.
    """

    colours: float
    tone: float

    @property
    def kind(self) -> Literal["gray", "sepia", "colour"]:
        """What people call it."""
        if self.colours >= COLOURS:
            return "colour"
        return "sepia" if self.tone >= _TONE else "gray"


def tint(image: NDArray[np.float32], smooth: int = SMOOTH) -> Tint:
    """Measure the colours of a photo, float32 (H, W, 3) in [0, 1], by means over `smooth` pixels.

    A toned print has one colour for each tone: a curve through lightness explains its chroma, and
    of a coloured photo it does not.
    """
    small = reduced(np.clip(image, 0, 1), smooth)
    lightness = colour.lightness(small).ravel() / 100
    chroma = colour.chroma(small).reshape(-1, 2)
    curve = np.stack([np.ones_like(lightness), lightness, lightness**2], axis=-1)
    print_ = curve @ np.linalg.lstsq(curve, chroma, rcond=None)[0]
    away = np.hypot(*(chroma - print_).T)
    return Tint(float(away.mean()), float(np.hypot(*print_.T).mean()))
