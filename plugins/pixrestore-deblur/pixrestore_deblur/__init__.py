"""Sharpening photos that are out of focus or were shaken."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pixrestore import Finding, Recipe, Task, hookimpl, models_in, option
from pixrestore.finding import graded

# Few photos in focus, one in twenty, have no edge below this width, in pixels.
_SOFT = 1.7


@dataclass(frozen=True)
class Deblur(Task):
    """Sharpen photos that are out of focus or were shaken.

    A lens out of focus spreads a point over a disc; a hand that moves draws it out to a line. The
    little noise that follows keeps the network from undoing more than a photo can bear.
    """

    name = "deblur"
    keywords = ("blur", "blurry", "focus", "shake")
    recipe = Recipe(patch=64, batch=4, crops=16, warmup=500)
    benchmark = {"radius": 2.0, "shaken": 0.0, "noise": 1.0}

    radius: tuple[float, float] = option(
        (0.0, 3.0), help="radius in pixels of the disc that a point becomes", min=0, max=30
    )
    length: tuple[float, float] = option(
        (2.0, 12.0), help="length in pixels of the line that a point becomes", min=0, max=60
    )
    shaken: float = option(0.4, help="share of photos that were shaken", min=0, max=1)
    noise: tuple[float, float] = option(
        (0.0, 2.0), help="standard deviation of noise, on a scale of 0 to 255", min=0, max=50
    )

    def corrupt(self, clean, rng):
        """Blur by a disc or a line, then add noise."""
        import numpy as np

        if rng.random() < self.shaken:
            kernel = line(rng.uniform(*self.length), rng.uniform(0, np.pi))
        else:
            kernel = disc(rng.uniform(*self.radius))
        noise = rng.standard_normal(clean.shape, dtype=np.float32)
        return blurred(clean, kernel) + np.float32(rng.uniform(*self.noise) / 255) * noise

    def detect(self, degraded):
        """Measure the sharpest edges."""
        from pixrestore_deblur.edges import edge_width

        width = edge_width(degraded)
        if width is None:
            return None
        return Finding("edges", width, "pixels wide", graded(width, _SOFT), "lens")

    def baselines(self):
        """Name Wiener's deconvolution, which is told the middle of the discs."""
        kernel = disc(sum(self.radius) / 2)
        return {"Wiener": lambda degraded: wiener(degraded, kernel)}


@hookimpl
def pixrestore_tasks():
    """Provide deblur."""
    return [Deblur]


@hookimpl
def pixrestore_models():
    """Provide the models beside this file."""
    return models_in(Path(__file__).parent / "models")


def disc(radius):
    """Return the kernel of a lens out of focus, (K, K), its sum 1; `radius` in pixels."""
    import numpy as np

    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    # Its edge falls off over one pixel, so that the radius may be any number.
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return (kernel / kernel.sum()).astype(np.float32)


def line(length, angle):
    """Return the kernel of an even movement, (K, K), its sum 1; `length` in pixels."""
    import numpy as np

    reach = int(np.ceil(length / 2))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along = np.abs(x * np.cos(angle) + y * np.sin(angle))
    across = np.abs(y * np.cos(angle) - x * np.sin(angle))
    kernel = np.clip(length / 2 + 0.5 - along, 0, 1) * np.clip(1 - across, 0, 1)
    return (kernel / kernel.sum()).astype(np.float32)


def wiener(image, kernel):
    """Return `image` (H, W, C) deconvolved with `kernel` (K, K), the noise estimated."""
    import numpy as np
    from skimage.restoration import unsupervised_wiener

    # It takes photos for periodic: reflected borders keep the jump away from what is kept.
    pad = 4 * kernel.shape[0]
    padded = np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode="reflect")
    channels = [
        unsupervised_wiener(padded[..., channel], kernel, clip=False, rng=0)[0]
        for channel in range(image.shape[-1])
    ]
    return np.stack(channels, axis=-1)[pad:-pad, pad:-pad]


def blurred(image, kernel):
    """Return `image` (H, W, C) convolved with `kernel` (K, K), continued by its own edges."""
    import numpy as np
    from scipy.signal import fftconvolve

    reach = kernel.shape[0] // 2
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    return fftconvolve(padded, kernel[..., None], mode="valid", axes=(0, 1)).astype(np.float32)
