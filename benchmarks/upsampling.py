"""How should small chroma be brought up to a large photo? Measured on true chroma.

The chroma of each photo (CIE Lab) is shrunk to a working size, brought back up in several ways, and
joined with the photo's own lightness. A network could not do better than its answer at the small
size allows, so the PSNR of RGB says how much each way of enlarging loses by itself.

    python benchmarks/upsampling.py FOLDER [--side 96] [--limit 24]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL.Image import Resampling
from scipy.ndimage import uniform_filter
from skimage.color import lab2rgb, rgb2lab
from skimage.metrics import peak_signal_noise_ratio

from pixrestore.images import find_photos, read_photo, to_float
from pixrestore.images.resizing import resample
from pixrestore.restoring.guided import GuidedUpsampler
from pixrestore.restoring.scene import shrink

Way = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def smooth(method: Resampling) -> Way:
    """Enlarge without a guide."""
    return lambda guide, small_guide, answer: resample(answer, guide.shape, method)


def guided_filter(radius: int, epsilon: float) -> Way:
    """Enlarge by the fast guided filter (He & Sun 2015)."""

    def box(image):
        return uniform_filter(image, size=(2 * radius + 1, 2 * radius + 1, 1), mode="nearest")

    def enlarge(guide, small_guide, answer):
        small = small_guide[..., None]
        covariance = box(small * answer) - box(small) * box(answer)
        slope = covariance / (box(small * small) - box(small) ** 2 + epsilon)
        offset = box(answer) - slope * box(small)
        slope, offset = (
            resample(box(fit), guide.shape, Resampling.BILINEAR) for fit in (slope, offset)
        )
        return slope * guide[..., None] + offset

    return enlarge


def guided_detail(radius: int, epsilon: float) -> Way:
    """Enlarge as pixrestore does."""

    def enlarge(guide, small_guide, answer):
        upsampler = GuidedUpsampler(small_guide, answer, guide.shape, radius, epsilon)
        return upsampler.rows(guide, slice(0, guide.shape[0]))

    return enlarge


def bilateral(radius: int, spatial: float, tonal: float) -> Way:
    """Enlarge by joint bilateral upsampling (Kopf et al. 2007)."""

    def enlarge(guide, small_guide, answer):
        height, width = guide.shape
        y = (np.arange(height) + 0.5) * answer.shape[0] / height - 0.5
        x = (np.arange(width) + 0.5) * answer.shape[1] / width - 0.5
        total = np.zeros((height, width, answer.shape[-1]), np.float32)
        weights = np.full((height, width, 1), 1e-8, np.float32)
        for down in range(-radius, radius + 1):
            for across in range(-radius, radius + 1):
                rows, columns = np.rint(y).astype(int) + down, np.rint(x).astype(int) + across
                distance = (rows - y)[:, None] ** 2 + (columns - x)[None] ** 2
                rows = np.clip(rows, 0, answer.shape[0] - 1)[:, None]
                columns = np.clip(columns, 0, answer.shape[1] - 1)[None]
                difference = small_guide[rows, columns] - guide
                weight = np.exp(-distance / (2 * spatial**2) - difference**2 / (2 * tonal**2))
                total += weight[..., None] * answer[rows, columns]
                weights += weight[..., None]
        return total / weights

    return enlarge


WAYS: dict[str, Way] = {
    "bilinear": smooth(Resampling.BILINEAR),
    "bicubic": smooth(Resampling.BICUBIC),
    "lanczos": smooth(Resampling.LANCZOS),
    **{
        f"guided filter, radius {radius}, epsilon {epsilon:g}": guided_filter(radius, epsilon)
        for radius in (1, 2)
        for epsilon in (0.001, 0.004, 0.02)
    },
    **{
        f"guided detail, radius {radius}, epsilon {epsilon:g}": guided_detail(radius, epsilon)
        for radius in (1, 2, 3)
        for epsilon in (0.004, 0.02, 0.06)
    },
    **{
        f"joint bilateral, spatial {spatial:g}, tonal {tonal:g}": bilateral(2, spatial, tonal)
        for spatial in (0.5, 0.7)
        for tonal in (0.05, 0.1)
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of colour photos, such as Kodak24")
    parser.add_argument("--side", type=int, default=96, help="shorter side of the small chroma")
    parser.add_argument("--limit", type=int, default=24, help="how many photos")
    given = parser.parse_args()

    figures: dict[str, list[float]] = {name: [] for name in WAYS}
    seconds = dict.fromkeys(WAYS, 0.0)
    megapixels = 0.0
    for path in find_photos(given.folder)[: given.limit]:
        clean = to_float(read_photo(path).pixels)
        scale = given.side / min(clean.shape[:2])
        shape = tuple(round(length * scale) for length in clean.shape[:2])
        lab = rgb2lab(clean)
        # As when restoring: colours are averaged as RGB, before they become Lab.
        small = rgb2lab(shrink(clean, shape))
        guide, small_guide = lab[..., 0] / 100, small[..., 0] / 100
        answer = (small[..., 1:] / 110).astype(np.float32)
        megapixels += guide.size / 1e6
        for name, way in WAYS.items():
            start = time.perf_counter()
            chroma = way(guide, small_guide, answer)
            seconds[name] += time.perf_counter() - start
            restored = lab2rgb(np.concatenate([lab[..., :1], chroma * 110], axis=-1))
            figures[name].append(peak_signal_noise_ratio(clean, restored, data_range=1))

    print(f"{len(figures['bilinear'])} photos, chroma at {given.side} pixels")
    print(f"{'way':<45} PSNR dB   worst   s/MP")
    for name, values in sorted(figures.items(), key=lambda item: -np.mean(item[1])):
        rate = seconds[name] / megapixels
        print(f"{name:<45} {np.mean(values):7.2f} {np.min(values):7.2f} {rate:6.2f}")


if __name__ == "__main__":
    main()
