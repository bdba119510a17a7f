"""Classical denoising, which trained models are compared with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pixrestore.images.noise import noise_sigma

if TYPE_CHECKING:
    from pixrestore.task import Image

# Strengths that scikit-image's authors and its gallery suggest, times the noise.
_PATCHES = {"patch_size": 5, "patch_distance": 6, "fast_mode": True}
_CUTOFF = 0.6
# Total variation has no strength that theory gives. This one, times the noise, has the best PSNR on
# the sample photos at a deviation of 25 (of 255), and is within 0.3 dB of it at 15 and 50.
_VARIATION = 0.8


def denoisers(sigma: float | None) -> dict[str, Callable[[Image], Image]]:
    """Return the classical methods that are installed.

    Parameters
    ----------
    sigma : float or None
        Standard deviation of the noise, of photos in [0, 1]; estimated photo by photo where it is
        not the same for all.
    """
    found: dict[str, Callable[[Image], Image]] = {}
    if find_spec("bm3d"):
        found["BM3D"] = partial(_bm3d, sigma=sigma)
    found["non-local means"] = partial(_non_local_means, sigma=sigma)
    found["total variation"] = partial(_total_variation, sigma=sigma)
    if find_spec("pywt"):
        found["wavelets"] = partial(_wavelets, sigma=sigma)
    return found


def _bm3d(noisy: Image, sigma: float | None) -> Image:
    from bm3d import bm3d_rgb

    return bm3d_rgb(noisy, _known(noisy, sigma))


def _non_local_means(noisy: Image, sigma: float | None) -> Image:
    from skimage.restoration import denoise_nl_means

    deviation = _known(noisy, sigma)
    return denoise_nl_means(
        noisy, h=_CUTOFF * deviation, sigma=deviation, channel_axis=-1, **_PATCHES
    )


def _total_variation(noisy: Image, sigma: float | None) -> Image:
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(noisy, _VARIATION * _known(noisy, sigma), channel_axis=-1)


def _wavelets(noisy: Image, sigma: float | None) -> Image:
    from skimage.restoration import denoise_wavelet

    return denoise_wavelet(
        noisy, _known(noisy, sigma), convert2ycbcr=True, rescale_sigma=True, channel_axis=-1
    )


def _known(noisy: Image, sigma: float | None) -> float:
    """Return the deviation of the noise; never 0, which some methods divide by."""
    return max(noise_sigma(noisy) if sigma is None else sigma, 1e-3)
