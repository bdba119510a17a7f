"""How far images are from the true ones, and how colourful they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]


def psnr(true: Array, other: Array) -> float:
    """Return the peak signal-to-noise ratio in dB of two images in [0, 1]; 100 at most."""
    error = float(np.mean(np.square(true.astype(np.float64) - other)))
    return 100.0 if error < 1e-10 else -10 * float(np.log10(error))


def ssim(true: Array, other: Array) -> float:
    """Return the structural similarity of two RGB images in [0, 1] (Wang et al., IEEE TIP 2004).

    Gaussian windows of standard deviation 1.5 as in the paper, the mean over the channels; photos
    smaller than a window are compared with windows of their size.
    """
    from skimage.metrics import structural_similarity

    smallest = min(true.shape[:2])
    if smallest < 3:
        return 1.0 if np.allclose(true, other, atol=1 / 255) else 0.0
    window: dict[str, Any] = (
        {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
        if smallest >= 11
        else {"win_size": smallest - (smallest + 1) % 2}
    )
    return float(structural_similarity(true, other, channel_axis=-1, data_range=1.0, **window))


def ciede2000(true: Array, other: Array) -> float:
    """Return the mean CIEDE2000 colour difference (Sharma et al., 2005) of two sRGB images."""
    from skimage.color import deltaE_ciede2000, rgb2lab

    return float(np.mean(deltaE_ciede2000(rgb2lab(true), rgb2lab(other))))


def colourfulness(image: Array) -> float:
    """Return how colourful an RGB image in [0, 1] looks, 0 for gray (Hasler & Süsstrunk, 2003)."""
    red, green, blue = (255 * image[..., channel].astype(np.float64) for channel in range(3))
    first, second = red - green, 0.5 * (red + green) - blue
    deviation = np.hypot(first.std(), second.std())
    mean = np.hypot(first.mean(), second.mean())
    return float(deviation + 0.3 * mean)
