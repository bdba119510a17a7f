"""Noise to clean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pixrestore.finding import Finding, graded
from pixrestore.options import option
from pixrestore.recipe import Recipe
from pixrestore.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from pixrestore.images.tensors import Draws
    from pixrestore.task import Image

# On a scale of 0 to 255. Photos as they come out of cameras have less, all but one in twenty.
_NOISY = 4.0


@dataclass(frozen=True)
class Denoise(Task):
    """Remove noise from photos, however strong it is.

    The network is blind: one model for the whole range of `sigma`. Noise is not clipped, as in the
    published comparisons [1]_. With the chance `camera`, a pair gets noise as a camera makes it
    instead: in linear light, growing with the signal (Poisson-Gaussian [2]_), correlated between
    neighbouring pixels and channels by demosaicing and compression, then the tone curve.

    References
    ----------
    .. [1] K. Zhang, W. Zuo, L. Zhang, "FFDNet: Toward a fast and flexible solution for CNN-based
       image denoising", IEEE TIP 27(9), 2018.
    .. [2] A. Foi et al., "Practical Poissonian-Gaussian noise modeling and fitting for single-image
       raw-data", IEEE TIP 17(10), 2008.
    """

    name: ClassVar[str] = "denoise"
    keywords = ("noise", "noisy", "grain", "speckle", "iso")
    # Many convolutions at the finest scale: see docs/explanation/default-models.md.
    recipe: ClassVar[Recipe] = Recipe(
        arguments={"blocks": (3, 1, 1)}, patch=48, batch=4, crops=16, rate=1.5e-3, warmup=500
    )
    benchmark: ClassVar[Mapping[str, Any]] = {"camera": 0.0}

    sigma: tuple[float, float] = option(
        (0.0, 50.0),
        help="standard deviation of Gaussian noise, on a scale of 0 to 255",
        min=0,
        max=255,
    )
    camera: float = option(
        0.2, help="share of pairs that get signal-dependent camera noise instead", min=0, max=1
    )
    strength: float = option(
        1.0, help="how much of the noise to remove: 0 keeps the photo", min=0, max=1, restoring=True
    )

    def corrupt(self, clean: Image, rng: np.random.Generator) -> Image:
        """Add Gaussian noise, or camera noise with the chance `camera`."""
        import numpy as np

        low, high = self.sigma
        sigma = rng.uniform(low, high) / 255
        if rng.random() < self.camera:
            return _camera_noise(clean, sigma, rng)
        noise = rng.standard_normal(clean.shape, dtype=np.float32)
        return clean + np.float32(sigma) * noise

    def baselines(self) -> Mapping[str, Callable[[Image], Image]]:
        """Name BM3D, wavelets, non-local means and total variation, as far as installed.

        They are told the noise where it is Gaussian and always as strong, else they estimate it.
        """
        from pixrestore.tasks.classical import denoisers

        low, high = self.sigma
        return denoisers(low / 255 if low == high and not self.camera else None)

    def tensor_pairs(self, clean: Any, draws: Draws) -> tuple[Any, Any]:
        """Make noisy photos as tensors, of the same distribution as those of `corrupt`."""
        import tensorflow as tf

        each = (tf.shape(clean)[0], 1, 1, 1)
        low, high = self.sigma
        sigma = draws.uniform(each, low / 255, high / 255)
        noise = draws.normal(tf.shape(clean))
        noisy = clean + sigma * noise
        if self.camera:
            with_camera = _camera_noise_tensors(clean, sigma, noise, draws)
            noisy = tf.where(draws.uniform(each) < self.camera, with_camera, noisy)
        return noisy, clean

    def compose(self, degraded: Image, answer: Image) -> Image:
        """Blend the network's answer with the input by `strength`."""
        import numpy as np

        if self.strength < 1:
            answer = degraded + np.float32(self.strength) * (answer - degraded)
        return np.clip(answer, 0.0, 1.0)

    def detect(self, degraded: Image) -> Finding:
        """Measure noise in the flattest places of a photo."""
        from pixrestore.images.noise import noise_sigma

        sigma = 255 * noise_sigma(degraded)
        return Finding("noise", sigma, "sigma of 255", graded(sigma, _NOISY), "sensor")


def _camera_noise(clean: Image, sigma: float, rng: np.random.Generator) -> Image:
    """Add noise of about `sigma` at mid-gray, made in linear light before the tone curve."""
    import numpy as np
    from scipy.ndimage import uniform_filter

    gamma = np.float32(2.2)
    linear = clean**gamma
    # The tone curve's slope at mid-gray is 0.5**(-1.2) / 2.2.
    deviation = sigma * 2.2 * 0.5**1.2
    shot = rng.uniform(0.2, 1.0)
    variance = deviation**2 * (shot * linear / 0.5**2.2 + (1 - shot))
    noise = rng.standard_normal(clean.shape, dtype=np.float32)
    shared = rng.standard_normal((*clean.shape[:2], 1), dtype=np.float32)
    mix = rng.uniform(0.0, 0.7)
    noise = np.sqrt(1 - mix**2) * noise + mix * shared
    blur = rng.uniform(0.0, 0.6)
    if blur > 0.2:
        smooth = uniform_filter(noise, size=(2, 2, 1), mode="reflect")
        noise = (1 - blur) * noise + blur * smooth
        noise /= np.sqrt((1 - blur) ** 2 + blur**2 / 4 + blur * (1 - blur) / 2)
    noisy = np.clip(linear + np.sqrt(variance) * noise, 0.0, 1.0)
    return (noisy ** (1 / gamma)).astype(np.float32)


def _camera_noise_tensors(clean: Any, sigma: Any, noise: Any, draws: Draws) -> Any:
    """Do what `_camera_noise` does, to a batch of tensors and its normal `noise`."""
    import tensorflow as tf

    each = (tf.shape(clean)[0], 1, 1, 1)
    linear = clean**2.2
    deviation = sigma * 2.2 * 0.5**1.2
    shot = draws.uniform(each, 0.2, 1.0)
    variance = deviation**2 * (shot * linear / 0.5**2.2 + (1 - shot))
    mix = draws.uniform(each, 0.0, 0.7)
    noise = tf.sqrt(1 - mix**2) * noise + mix * draws.normal(tf.shape(clean[..., :1]))
    smooth = noise
    for axis in (1, 2):  # each with the one before it, the first with itself
        before = tf.gather(smooth, tf.maximum(tf.range(tf.shape(clean)[axis]) - 1, 0), axis=axis)
        smooth = (smooth + before) / 2
    blur = draws.uniform(each, 0.0, 0.6)
    blurred = (1 - blur) * noise + blur * smooth
    blurred /= tf.sqrt((1 - blur) ** 2 + blur**2 / 4 + blur * (1 - blur) / 2)
    noise = tf.where(blur > 0.2, blurred, noise)
    noisy = tf.clip_by_value(linear + tf.sqrt(variance) * noise, 0.0, 1.0)
    return noisy ** (1 / 2.2)
