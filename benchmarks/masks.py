"""What fills a mask best? The network, biharmonic inpainting, or OpenCV's Navier-Stokes.

Photos are damaged as the task `inpaint` damages them. Each way is told which pixels are. PSNR in
dB over the whole photo. OpenCV is left out where it is not installed (opencv-python-headless).

    python benchmarks/masks.py FOLDER [--limit 6] [--model inpaint] [--seed 0]
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from pixrestore import Restorer, load
from pixrestore.images import find_photos, read_photo, to_float
from pixrestore.images.metrics import psnr
from pixrestore_inpaint import Inpaint


def navier_stokes(degraded: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Fill a mask by OpenCV's `inpaint` with a radius of 3 pixels."""
    import cv2

    return cv2.inpaint(degraded, mask, 3, cv2.INPAINT_NS)


def ways(restorer: Restorer) -> dict:
    """Return what to compare, each from a photo and a mask, in 8 bits, to a photo."""
    found = {
        fill: lambda degraded, mask, fill=fill: restorer.restore(degraded, mask=mask, fill=fill)
        for fill in ("network", "biharmonic")
    }
    if find_spec("cv2"):
        found["Navier-Stokes"] = navier_stokes
    return {"damaged": lambda degraded, mask: degraded, **found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of clean photos")
    parser.add_argument("--limit", type=int, default=6, help="how many photos")
    parser.add_argument("--model", default="inpaint", help="model whose network to compare")
    parser.add_argument("--seed", type=int, default=0, help="seed of the damage")
    given = parser.parse_args()
    photos = find_photos(given.folder)
    compared = ways(load(given.model, task=Inpaint()))
    figures: dict = {name: [] for name in compared}
    for number in range(given.limit):
        clean = to_float(read_photo(photos[number * len(photos) // given.limit]).pixels)
        clean = np.ascontiguousarray(clean)
        rng = np.random.default_rng((given.seed, number))
        damaged = Inpaint().corrupt(clean, rng)
        mask = np.where(np.any(damaged != clean, axis=-1), 255, 0).astype(np.uint8)
        degraded = np.rint(np.clip(damaged, 0, 1) * 255).astype(np.uint8)
        for name, fill in compared.items():
            figures[name].append(psnr(clean, to_float(fill(degraded, mask))))
    for name, values in figures.items():
        print(f"{name:<14} {np.mean(values):6.2f}")


if __name__ == "__main__":
    main()
