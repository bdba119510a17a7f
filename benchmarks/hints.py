"""How much do hints help? Beside colorization by optimization, with the same points.

Points at random places of a photo get their true colour: the mean chroma of 7 × 7 pixels, painted
on 5 × 5. Levin, Lischinski and Weiss (SIGGRAPH 2004) spread them over the gray photo alone;
pixrestore corrects what its network answers. "doubted" does so at the places that it doubts, not at
random ones. PSNR of RGB, in dB, on the middle of each photo.

    python benchmarks/hints.py FOLDER... [--side 128] [--limit 40] [--points 0,1,5,20,100]
        [--ways Levin,pixrestore,doubted]
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.sparse import coo_matrix, identity
from scipy.sparse.linalg import splu

from pixrestore import Restorer, load
from pixrestore.images import colour, find_photos, read_photo, to_float
from pixrestore.images.metrics import psnr
from pixrestore.restoring.scene import shrink


def levin(lightness: np.ndarray, chroma: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """Spread chroma: each pixel is the mean of its 8 neighbours, weighted by alike lightness.

    The variance of each weight is 0.6 of that of the 3 × 3 pixels, as the authors' program has it.
    """
    height, width = lightness.shape
    light, place = lightness / 100, np.arange(height * width).reshape(height, width)
    mean = uniform_filter(light, 3)
    variance = np.maximum(0.6 * (uniform_filter(light * light, 3) - mean * mean), 2e-6)
    rows, columns, ties = [], [], []
    for down, across in itertools.product((-1, 0, 1), repeat=2):
        if down == across == 0:
            continue
        here = _shifted(-down, height), _shifted(-across, width)
        there = _shifted(down, height), _shifted(across, width)
        apart = (light[here] - light[there]) ** 2
        rows.append(place[here].ravel())
        columns.append(place[there].ravel())
        ties.append(np.exp(-apart / variance[here]).ravel() + 1e-6)
    row, column, tie = (np.concatenate(part) for part in (rows, columns, ties))
    tie /= np.bincount(row, tie, place.size)[row]
    free = ~painted.ravel()
    system = identity(place.size) - coo_matrix((tie * free[row], (row, column)), (place.size,) * 2)
    known = (chroma * painted[..., None]).reshape(-1, 2).astype(float)
    return splu(system.tocsc()).solve(known).reshape(chroma.shape).astype(np.float32)


def _shifted(step: int, length: int) -> slice:
    return slice(max(0, step), length + min(0, step))


def at_random(shape: tuple, count: int, rng: np.random.Generator) -> list:
    """Return rows and columns of `count` random places."""
    return [tuple(rng.integers(2, length - 2) for length in shape) for _ in range(count)]


def points(chroma: np.ndarray, places: list) -> tuple:
    """Return true chroma painted at places, and where."""
    mean = uniform_filter(chroma, (7, 7, 1))
    values, painted = np.zeros_like(chroma), np.zeros(chroma.shape[:2], bool)
    for place in places:
        y, x = np.clip(place, 2, np.array(painted.shape) - 3).astype(int)
        square = slice(y - 2, y + 3), slice(x - 2, x + 3)
        values[square], painted[square] = mean[y, x], True
    return values, painted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders of colour photos")
    parser.add_argument("--side", type=int, default=128, help="height and width in pixels")
    parser.add_argument("--limit", type=int, default=40, help="how many photos of each folder")
    parser.add_argument("--points", default="0,1,5,20,100", help="how many points")
    parser.add_argument("--ways", default="Levin,pixrestore,doubted", help="what to compare")
    given = parser.parse_args()
    counts, ways = [int(count) for count in given.points.split(",")], given.ways.split(",")
    restorer = load("colorize")
    print(f"{'photos':<12} {'way':<11}" + "".join(f"{count:>8}" for count in counts))
    for folder in given.folders:
        found: dict = {(way, count): [] for way in ways for count in counts}
        photos = find_photos(folder)
        chosen = [photos[i * len(photos) // given.limit] for i in range(given.limit)]
        for number, path in enumerate(chosen):
            clean = square(to_float(read_photo(path).pixels), given.side)
            for way, count in found:
                found[way, count].append(measured(clean, way, count, number, restorer))
        for way in ways:
            means = "".join(f"{np.mean(found[way, count]):8.2f}" for count in counts)
            print(f"{folder.name:<12} {way:<11}{means}", flush=True)


def measured(clean: np.ndarray, way: str, count: int, number: int, restorer: Restorer) -> float:
    """Return the PSNR of a photo, grayed and coloured in a way with `count` points."""
    gray = colour.gamma(colour.linear(clean) @ colour.LUMINANCE)
    gray = np.repeat(gray[..., None], 3, axis=-1)
    light, true = colour.lightness(gray), colour.chroma(clean)
    places = at_random(light.shape, count, np.random.default_rng((number, count)))
    if way == "doubted" and count:
        places = [(doubt.y, doubt.x) for doubt in restorer.doubts(gray, count)]
    values, painted = points(true, places)
    if way == "Levin":
        spread = levin(light, values, painted) if count else np.zeros_like(true)
        return psnr(clean, colour.from_lab(light, spread))
    colours = colour.from_lab(np.where(painted, light, 60).astype(np.float32), values)
    layer = np.concatenate([colours, painted[..., None]], axis=-1, dtype=np.float32)
    return psnr(clean, restorer.restore(gray, hints=layer))


def square(photo: np.ndarray, side: int) -> np.ndarray:
    """Return the middle of a photo, its shorter side brought to `side` pixels."""
    scale = side / min(photo.shape[:2])
    small = shrink(photo, tuple(max(side, round(length * scale)) for length in photo.shape[:2]))
    top, left = ((length - side) // 2 for length in small.shape[:2])
    part = small[top : top + side, left : left + side]
    return np.ascontiguousarray(np.clip(part, 0, 1), np.float32)


if __name__ == "__main__":
    main()
