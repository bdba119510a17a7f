"""Enlarging photos with more detail than interpolation gives them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pixrestore import Finding, Recipe, Task, hookimpl, models_in, option
from pixrestore.finding import graded

# So many pixels are 3 cm on paper, at the 300 dots per inch of a good print.
_SMALL = 400


@dataclass(frozen=True)
class Upscale(Task):
    """Enlarge photos two or four times, with detail.

    `scale` is all that tells a task which enlarges from others: the network sees the photo
    enlarged bicubically, and answers it sharp.
    """

    name = "upscale"
    keywords = ("enlarge", "resolution", "zoom")
    recipe = Recipe(patch=96, batch=4, crops=16, warmup=500)
    benchmark = {"noise": 0.0}

    scale: Literal[2, 4] = option(2, help="how many times as high and wide the photo becomes")
    noise: tuple[float, float] = option(
        (0.0, 3.0),
        help="standard deviation of noise in the small photo, on a scale of 0 to 255",
        min=0,
        max=50,
    )

    def corrupt(self, clean, rng):
        """Shrink bicubically, as the published comparisons do, and add a little noise."""
        import numpy as np
        from PIL.Image import Resampling

        from pixrestore.images.resizing import resample

        height, width = (length // self.scale for length in clean.shape[:2])
        small = resample(clean, (height, width), Resampling.BICUBIC)
        noise = rng.standard_normal(small.shape, dtype=np.float32)
        return small + np.float32(rng.uniform(*self.noise) / 255) * noise

    def detect(self, degraded):
        """See whether a photo is small."""
        longer = max(degraded.shape[:2])
        return Finding(
            "longer side", longer, "pixels", graded(longer, _SMALL, falling=True), "size"
        )

    def baselines(self):
        """Name Lanczos, and splines of third order."""
        from PIL.Image import Resampling
        from skimage.transform import resize

        from pixrestore.images.resizing import resample

        def size(small):
            return tuple(self.scale * side for side in small.shape[:2])

        return {
            "Lanczos": lambda small: resample(small, size(small), Resampling.LANCZOS),
            "splines": lambda small: resize(small, (*size(small), 3), order=3),
        }


@hookimpl
def pixrestore_tasks():
    """Provide upscale."""
    return [Upscale]


@hookimpl
def pixrestore_models():
    """Provide the models beside this file."""
    return models_in(Path(__file__).parent / "models")
