"""Restoring old photographs, whose damage comes in layers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pixrestore import Chain, Finding, Recipe, Task, hookimpl, models_in, option
from pixrestore.finding import graded
from pixrestore_deblur import Deblur
from pixrestore_inpaint import Inpaint

# The tonal range of a photo that has faded, and the share of smooth places that marks then cover.
_FADED = 0.85
_MARKED = 0.0035


@dataclass(frozen=True)
class Grain(Task):
    """Take out the grain of film."""

    name = "grain"
    strength: tuple[float, float] = option(
        (0.0, 12.0),
        help="standard deviation of the grain at mid-gray, on a scale of 0 to 255",
        min=0,
        max=80,
    )
    size: tuple[float, float] = option(
        (0.3, 1.2), help="size of the grain in pixels", min=0.1, max=5
    )

    def corrupt(self, clean, rng):
        """Add noise with a size, most of it in the middle tones."""
        import numpy as np
        from scipy.ndimage import gaussian_filter

        noise = rng.standard_normal(clean.shape[:2], dtype=np.float32)
        grain = gaussian_filter(noise, rng.uniform(*self.size), mode="wrap")
        grain *= np.float32(rng.uniform(*self.strength) / 255) / max(float(grain.std()), 1e-3)
        visible = 0.4 + 2.4 * clean * (1 - clean)
        return clean + visible * grain[..., None]


@dataclass(frozen=True)
class Fading(Task):
    """Bring back contrast and colour of photos that faded and yellowed."""

    name = "fading"
    contrast: tuple[float, float] = option(
        (0.75, 1.0), help="contrast that is left", min=0.1, max=1
    )
    colour: tuple[float, float] = option((0.3, 1.0), help="colour that is left", min=0, max=1)
    yellowing: tuple[float, float] = option(
        (0.0, 0.15), help="how much darker the paper is to blue light", min=0, max=0.8
    )

    def corrupt(self, clean, rng):
        """Draw colours to gray, tones to the middle, and whites to yellow."""
        import numpy as np

        gray = clean.mean(axis=-1, keepdims=True)
        dull = gray + np.float32(rng.uniform(*self.colour)) * (clean - gray)
        contrast = rng.uniform(*self.contrast)
        black = rng.uniform(0.2, 0.8) * (1 - contrast)
        paper = 1 - rng.uniform(*self.yellowing) * np.array([0.15, 0.4, 1.0])
        return ((black + contrast * dull) * paper).astype(np.float32)


@dataclass(frozen=True)
class Paper(Task):
    """Take out the texture of rough paper."""

    name = "paper"
    relief: tuple[float, float] = option(
        (0.0, 0.04), help="how much lighter and darker it makes the photo", min=0, max=0.5
    )
    size: tuple[float, float] = option((0.8, 2.5), help="size of its bumps in pixels", min=0.3)

    def corrupt(self, clean, rng):
        """Light a bumpy surface from one side."""
        import numpy as np
        from scipy.ndimage import gaussian_filter

        bumps = rng.standard_normal(clean.shape[:2], dtype=np.float32)
        bumps = gaussian_filter(bumps, rng.uniform(*self.size), mode="wrap")
        shade = bumps - np.roll(bumps, 1, axis=(0, 1))
        shade *= np.float32(rng.uniform(*self.relief)) / max(float(shade.std()), 1e-3)
        return clean * (1 + shade[..., None])


@dataclass(frozen=True)
class OldPhoto(Chain):
    """Restore old photographs: soft, grainy, faded, on rough paper, scratched."""

    name = "oldphoto"
    keywords = ("old", "vintage", "antique")
    recipe = Recipe(loss="mean_squared_error", patch=64, batch=4, crops=16, warmup=500)
    parts = (
        Deblur(radius=(0.0, 1.5), shaken=0.0, noise=0.0),
        Grain(),
        Fading(),
        Paper(),
        Inpaint(marks=(0.0, 1.5)),
    )

    strength: float = option(
        1.0,
        help="how much of the repair to take: 0 keeps the photo as it is",
        min=0,
        max=1,
        restoring=True,
    )

    def compose(self, degraded, answer):
        """Blend the answer with the photo."""
        return (degraded + self.strength * (answer - degraded)).clip(0, 1)

    def detect(self, degraded):
        """See whether a photo is both marked and faded: one alone may be anything."""
        from pixrestore_inpaint.marks import marked_share

        share = marked_share(degraded)
        if share is None:
            return None
        tones = tonal_range(degraded)
        strength = min(graded(share, _MARKED), graded(tones, _FADED, falling=True))
        covers = "inpaint", "deblur"
        return Finding("tonal range, marked", tones, "of 1", strength, "paper", covers)

    def baselines(self):
        """Name total variation whose channels are then stretched between their percentiles."""
        return {"total variation, stretched": stretched}


@hookimpl
def pixrestore_tasks():
    """Provide oldphoto; its parts are no tasks of their own to users."""
    return [OldPhoto]


@hookimpl
def pixrestore_models():
    """Provide the models beside this file."""
    return models_in(Path(__file__).parent / "models")


def tonal_range(image):
    """Return how far apart the darkest and the lightest tones are, but for 1 %."""
    import numpy as np

    low, high = np.quantile(image.mean(axis=-1), (0.005, 0.995))
    return float(high - low)


def stretched(image, weight=0.04):
    """Smooth by total variation, then stretch each channel between its percentiles."""
    import numpy as np
    from skimage.exposure import rescale_intensity
    from skimage.restoration import denoise_tv_chambolle

    smooth = denoise_tv_chambolle(image, weight, channel_axis=-1)
    limits = [tuple(np.percentile(smooth[..., c], (0.5, 99.5))) for c in range(3)]
    channels = [rescale_intensity(smooth[..., c], limits[c], (0.0, 1.0)) for c in range(3)]
    return np.stack(channels, axis=-1)
