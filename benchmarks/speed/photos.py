"""Photos of any size, made of those inside pixrestore: run as a program by `measuring.photos`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import pixrestore

SAMPLES = sorted((Path(pixrestore.__file__).parent / "samples").glob("*.jpg"))
_BAND = 256


def make(source: Path, path: Path, size: tuple[int, int], noise: int, seed: int) -> None:
    """Fill a canvas with a sample, mirrored again and again: detail stays as fine as in photos."""
    rng = np.random.default_rng(seed)
    tile = np.asarray(Image.open(source).convert("RGB"))
    # Another place of the mosaic for each seed, so that no two photos are alike.
    shift = rng.integers(0, 2 * np.array(tile.shape[:2]))
    width, height = size
    canvas = Image.new("RGB", size)
    columns = _mirrored(np.arange(width) + shift[1], tile.shape[1])
    for top in range(0, height, _BAND):
        rows = _mirrored(np.arange(top, min(top + _BAND, height)) + shift[0], tile.shape[0])
        band = tile[rows[:, None], columns]
        if noise:
            band = band + noise * rng.standard_normal(band.shape, np.float32)
            band = np.clip(np.rint(band), 0, 255).astype(np.uint8)
        canvas.paste(Image.fromarray(band), (0, top))
    canvas.save(path, quality=92)


def _mirrored(places: np.ndarray, length: int) -> np.ndarray:
    there_and_back = places % (2 * length)
    return np.minimum(there_and_back, 2 * length - 1 - there_and_back)


def main(path: str, width: str, height: str, count: str, noise: str) -> None:
    """Make one photo, or a folder of several."""
    size = int(width), int(height)
    if int(count) == 1:
        make(SAMPLES[0], Path(path), size, int(noise), 0)
    else:
        Path(path).mkdir(parents=True)
        for number in range(int(count)):
            place = Path(path, f"{number:04}.jpg")
            make(SAMPLES[number % len(SAMPLES)], place, size, int(noise), number)
    print(json.dumps(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
