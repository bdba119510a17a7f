"""Taking out what JPEG compression leaves in photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pixrestore import Finding, Recipe, Task, hookimpl, models_in, option
from pixrestore.finding import graded
from pixrestore_jpeg.network import dncnn

# Encoders' own defaults, 75 and above, leave little that the eye sees.
_WORN = 65


@dataclass(frozen=True)
class Jpeg(Task):
    """Take blocks and ringing out of photos that were compressed too much.

    The damage is a real JPEG encoder's. Its blocks lie anywhere on the photo, as after cropping.
    """

    name = "jpeg"
    keywords = ("compression", "artefact", "artifact", "block")
    recipe = Recipe(patch=64, batch=4, crops=16, warmup=500)
    benchmark = {"quality": 10, "halved": 1.0}

    quality: tuple[int, int] = option((5, 60), help="quality, as encoders count it", min=1, max=95)
    halved: float = option(
        0.7, help="share of photos whose colour is kept at half the resolution", min=0, max=1
    )

    def corrupt(self, clean, rng):
        """Encode as JPEG and decode."""
        import io

        import numpy as np
        from PIL import Image

        height, width = clean.shape[:2]
        top, left = (int(offset) for offset in rng.integers(0, 8, 2))
        padded = np.pad(clean, ((top, 0), (left, 0), (0, 0)), mode="edge")
        file = io.BytesIO()
        Image.fromarray(np.rint(np.clip(padded, 0, 1) * 255).astype(np.uint8)).save(
            file,
            "JPEG",
            quality=int(rng.integers(self.quality[0], self.quality[1] + 1)),
            subsampling="4:2:0" if rng.random() < self.halved else "4:4:4",
        )
        decoded = np.asarray(Image.open(file), np.float32) / np.float32(255)
        return decoded[top : top + height, left : left + width]

    def detect(self, degraded):
        """Find the quality whose steps the photo keeps to."""
        from pixrestore_jpeg.quality import quality

        if min(degraded.shape[:2]) < 32:
            return None
        found = quality(degraded)
        return Finding("JPEG", found, "quality", graded(found, _WORN, falling=True), "file")

    def baselines(self):
        """Name total variation, weak and strong."""
        from functools import partial

        from skimage.restoration import denoise_tv_chambolle

        return {
            f"total variation {weight}": partial(
                denoise_tv_chambolle, weight=weight, channel_axis=-1
            )
            for weight in (0.02, 0.04)
        }


@hookimpl
def pixrestore_tasks():
    """Provide jpeg."""
    return [Jpeg]


@hookimpl
def pixrestore_architectures():
    """Provide dncnn, a network made for this damage."""
    return [dncnn]


@hookimpl
def pixrestore_models():
    """Provide the models beside this file."""
    return models_in(Path(__file__).parent / "models")
