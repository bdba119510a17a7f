"""Filling the mosaics with which faces and number plates are hidden."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pixrestore import Finding, Recipe, Task, hookimpl, models_in, option
from pixrestore.finding import graded

# The share of a photo under a mosaic. Drawings and screenshots have flat places of any size.
_SHARE = 0.07


@dataclass(frozen=True)
class Mosaic(Task):
    """Fill mosaics with what may have been there.

    A mosaic keeps the mean colour of each block and nothing else: what comes out is plausible, and
    no evidence of who or what was on the photo.
    """

    name = "mosaic"
    keywords = ("pixelate", "censor")
    recipe = Recipe(loss="mean_squared_error", patch=64, batch=4, crops=16, warmup=500)
    benchmark = {"block": 6, "area": 1.0}

    block: tuple[int, int] = option((3, 12), help="side of a block, in pixels", min=2, max=64)
    area: tuple[float, float] = option(
        (0.2, 1.0), help="share of the photo under the mosaic", min=0.01, max=1
    )

    def corrupt(self, clean, rng):
        """Pixelate a rectangle or an ellipse."""
        import numpy as np

        block = int(rng.integers(self.block[0], self.block[1] + 1))
        hidden = region(clean.shape[:2], rng.uniform(*self.area), rng)
        offset = tuple(int(start) for start in rng.integers(0, block, 2))
        return np.where(hidden[..., None], pixelated(clean, block, offset), clean)

    def detect(self, degraded):
        """Look for squares of one colour and one size."""
        from pixrestore_mosaic.blocks import hidden_share

        share, side = hidden_share(degraded)
        unit = f"% in squares of {side}" if share > 0 else "%"
        return Finding(
            "mosaic", 100 * share, unit, graded(share, _SHARE), "file", ("jpeg", "deblur")
        )

    def baselines(self):
        """Name a blur as wide as the blocks call for."""
        from functools import partial

        from skimage.filters import gaussian

        # With blocks of 6 pixels, 1.5 has the best PSNR of 1, 1.5, 2 and 3 on most photos.
        sigma = sum(self.block) / 8
        return {f"Gaussian {sigma:g}": partial(gaussian, sigma=sigma, channel_axis=-1)}


@hookimpl
def pixrestore_tasks():
    """Provide mosaic."""
    return [Mosaic]


@hookimpl
def pixrestore_models():
    """Provide the models beside this file."""
    return models_in(Path(__file__).parent / "models")


def pixelated(image, block, offset=(0, 0)):
    """Return `image` (H, W, C) with the mean of each block; the grid starts at `offset`."""
    import numpy as np

    height, width = image.shape[:2]
    top, left = offset
    pads = (top, -(height + top) % block), (left, -(width + left) % block), (0, 0)
    padded = np.pad(image, pads, mode="edge")
    rows, columns = (length // block for length in padded.shape[:2])
    means = padded.reshape(rows, block, columns, block, -1).mean((1, 3), dtype=np.float32)
    whole = means.repeat(block, 0).repeat(block, 1)
    return whole[top : top + height, left : left + width]


def region(shape, share, rng):
    """Return a mask (H, W), true in a rectangle, or an ellipse as of a face, of that share."""
    import numpy as np

    if share >= 1:
        return np.ones(shape, bool)
    round_one = rng.random() < 0.5 and share < np.pi / 4
    box = share * 4 / np.pi if round_one else share
    # Of all rectangles of that area that fit, each shape alike.
    tall = np.exp(rng.uniform(np.log(box), 0))
    sides = np.array([tall, box / tall]) * shape
    top, left = rng.uniform(0, 1, 2) * (np.array(shape) - sides)
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    across = (y - top) / sides[0], (x - left) / sides[1]
    if round_one:
        return np.hypot(across[0] - 0.5, across[1] - 0.5) <= 0.5
    return (np.abs(across[0] - 0.5) <= 0.5) & (np.abs(across[1] - 0.5) <= 0.5)
