"""Make the pictures of the docs with the models that pixrestore ships.

    python docs/pictures.py

Old photographs are those in examples/photos, others the samples inside the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import pixrestore
from pixrestore import colorize, denoise
from pixrestore.images import decode_rgb8, find_photos
from pixrestore.tasks import Colorize, Denoise

DOCS = Path(__file__).parent
PICTURES = DOCS / "pictures"
OLD = DOCS.parent / "examples" / "photos"
SAMPLES = Path(pixrestore.__file__).parent / "samples"
GAP = 6


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    street = Image.open(OLD / "buffalo-bank-1908.jpg").convert("RGB")
    save("demo.jpg", [[street, colorize(street)]], 420)
    old = [Image.open(path).convert("RGB") for path in find_photos(OLD)]
    save("old-photos.jpg", [old, [colorize(photo) for photo in old]], 300)
    samples = [decode_rgb8(path) for path in find_photos(SAMPLES)]
    gray, noise = Colorize(film=0.0), Denoise(sigma=25, camera=0.0)
    save("samples-colorize.jpg", triptychs(samples, gray, colorize), 170)
    cut = [photo[60:260, 100:300] for photo in samples]
    save("samples-denoise.jpg", triptychs(cut, noise, denoise), 200)


def triptychs(photos: Sequence[np.ndarray], task, restore) -> list[list[Image.Image]]:
    """Return three rows: the photos degraded, restored, and as they were."""
    rng = np.random.default_rng(0)
    degraded = [task.corrupt(photo.astype(np.float32) / 255, rng) for photo in photos]
    restored = [restore(np.asarray(photo, np.float32)) for photo in degraded]
    clean = [photo / 255 for photo in photos]
    return [[image(photo) for photo in row] for row in (degraded, restored, clean)]


def image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.rint(255 * np.clip(pixels, 0, 1)).astype(np.uint8))


def save(name: str, rows: Sequence[Sequence[Image.Image]], height: int) -> None:
    """Write rows of photos of one height, below each other."""
    scaled = [
        [photo.resize((round(photo.width * height / photo.height), height)) for photo in row]
        for row in rows
    ]
    width = max(sum(photo.width + GAP for photo in row) - GAP for row in scaled)
    sheet = Image.new("RGB", (width, len(rows) * (height + GAP) - GAP), "white")
    for down, row in enumerate(scaled):
        across = 0
        for photo in row:
            sheet.paste(photo, (across, down * (height + GAP)))
            across += photo.width + GAP
    sheet.save(PICTURES / name, quality=88, optimize=True)
    print(PICTURES / name)


if __name__ == "__main__":
    main()
