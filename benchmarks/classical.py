"""The best that scikit-image can make of the damage that the plugins undo, its strength tuned.

    python benchmarks/classical.py --data data/test/kodak24 deblur jpeg

The damage is that of `pixrestore evaluate --task NAME --data DIR`, photo by photo. `evaluate
--baselines` measures methods as a user could call them; here each may know what the network must
find out, such as which pixels are damaged, and of several strengths that with the best PSNR on
these very photos is taken.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from skimage.filters import gaussian
from skimage.restoration import denoise_tv_chambolle, inpaint_biharmonic

from pixrestore.images import decode_rgb8, find_photos
from pixrestore.images.metrics import psnr, ssim
from pixrestore.images.resizing import cropped_to_multiple, enlarged
from pixrestore.plugins.kinds import TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.task import Task

Image = np.ndarray
Method = Callable[[Task, Image, Image], Image]


def untouched(task: Task, clean: Image, degraded: Image) -> Image:
    return enlarged(degraded, task.scale)


def named(name: str) -> Method:
    """Return a method that the task itself names."""

    def method(task: Task, clean: Image, degraded: Image) -> Image:
        return task.baselines()[name](degraded)

    return method


def biharmonic(task: Task, clean: Image, degraded: Image) -> Image:
    """Fill in exactly what is damaged."""
    mask = np.any(np.abs(degraded - clean) > 0.01, axis=-1)
    return inpaint_biharmonic(degraded, mask, split_into_regions=True, channel_axis=-1)


def total_variation(weight: float) -> Method:
    def method(task: Task, clean: Image, degraded: Image) -> Image:
        return denoise_tv_chambolle(degraded, weight, channel_axis=-1)

    return method


def blur(sigma: float) -> Method:
    def method(task: Task, clean: Image, degraded: Image) -> Image:
        return gaussian(degraded, sigma, channel_axis=-1)

    return method


def stretched(weight: float) -> Method:
    def method(task: Task, clean: Image, degraded: Image) -> Image:
        from pixrestore_oldphoto import stretched

        return stretched(degraded, weight)

    return method


_WEIGHTS = (0.01, 0.02, 0.04, 0.08)
METHODS: dict[str, dict[str, Method]] = {
    "deblur": {"unsupervised Wiener, true kernel": named("Wiener")},
    "inpaint": {"biharmonic, true mask": biharmonic},
    "jpeg": {f"total variation {w}": total_variation(w) for w in _WEIGHTS},
    "mosaic": {f"Gaussian {s}": blur(s) for s in (1.0, 1.5, 2.0, 3.0)},
    "upscale": {"splines of third order": named("splines")},
    "oldphoto": {
        **{f"total variation {w}": total_variation(w) for w in _WEIGHTS},
        **{f"total variation {w}, stretched": stretched(w) for w in _WEIGHTS},
    },
}


def pairs(task: Task, data: Path, limit: int | None) -> Iterator[tuple[Image, Image]]:
    """Damage photos as `evaluate` does with seed 0."""
    for index, path in enumerate(find_photos(data)[:limit]):
        clean = cropped_to_multiple(decode_rgb8(path), task.scale).astype(np.float32) / 255
        degraded = task.corrupt(clean, np.random.default_rng((0, index)))
        yield clean, np.asarray(degraded, np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="*", help=f"any of {', '.join(METHODS)}; all by default")
    parser.add_argument("--data", type=Path, required=True, help="a folder of clean photos")
    parser.add_argument("--limit", type=int, help="only so many photos")
    given = parser.parse_args()
    for name in given.tasks or METHODS:
        kind = load_plugins().find(TASKS, name)
        task = dataclasses.replace(kind(), **kind.benchmark)
        methods = {"the input": untouched, **METHODS[name]}
        rows: dict[str, list[tuple[float, float]]] = {title: [] for title in methods}
        for clean, degraded in pairs(task, given.data, given.limit):
            for title, method in methods.items():
                made = np.clip(method(task, clean, degraded), 0, 1).astype(np.float32)
                rows[title].append((psnr(clean, made), ssim(clean, made)))
        means = {title: np.mean(values, axis=0) for title, values in rows.items()}
        best = max(METHODS[name], key=lambda title: means[title][0])
        for title in ("the input", best):
            print(f"{name}: {title}: PSNR {means[title][0]:.2f} dB, SSIM {means[title][1]:.4f}")


if __name__ == "__main__":
    main()
