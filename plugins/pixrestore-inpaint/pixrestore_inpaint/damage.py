"""What happens to photos in drawers: scratches, dust, folds, holes."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, maximum_filter

_TONES = (0.8, 1.0), (0.0, 0.2), (0.0, 1.0)
_SEEN = 0.02  # fainter damage nobody paints over
_FINE = 4  # marks are drawn so many times larger, for smooth edges


def damaged(clean, marks, width, rng):
    """Return `clean` with marks on it.

    Parameters
    ----------
    clean : ndarray, float32, (H, W, 3)
    marks : float
        Mean number of marks in each 64 × 64 pixels.
    width : tuple of float
        Least and largest width of a mark, in pixels.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, float32, (H, W, 3)
    """
    result = clean.copy()
    height, width_of_photo = clean.shape[:2]
    for _ in range(rng.poisson(marks * height * width_of_photo / 64**2)):
        draw = _MARKS[int(rng.integers(len(_MARKS)))]
        box, cover = draw(clean.shape[:2], rng.uniform(*width), rng)
        place = result[box]
        place += cover[..., None] * (_colour(rng) - place)
    return result


def marked(clean, degraded, rng):
    """Imitate a mask that a person paints over the damage: a layer, float32, (H, W, 4).

    A pen is wider than the damage, by up to 2 pixels on each side, and now and then slips.
    """
    mask = np.any(np.abs(degraded - clean) > _SEEN, axis=-1)
    mask = maximum_filter(mask, 1 + 2 * int(rng.integers(0, 3)))
    if rng.random() < 0.3:
        box, cover = _scratch(clean.shape[:2], rng.uniform(2, 6), rng)
        mask[box] |= cover > 0.5
    return np.repeat(mask[..., None].astype(np.float32), 4, axis=-1)


def _colour(rng):
    """Return the colour of bare paper, of dirt, or now and then any, hardly tinted."""
    low, high = _TONES[int(rng.choice(len(_TONES), p=(0.5, 0.4, 0.1)))]
    tone = rng.uniform(low, high)
    return np.clip(tone + rng.uniform(-0.04, 0.04, 3), 0, 1).astype(np.float32)


def _scratch(shape, width, rng):
    """Draw a thin line, a little bent."""
    length = rng.uniform(8, 90)
    return _drawn(shape, _path(length, 0.25, rng), width, rng.uniform(0.6, 1.0), rng)


def _fold(shape, width, rng):
    """Draw a long line that is almost straight, worn along its way."""
    length = rng.uniform(60, 250)
    box, cover = _drawn(shape, _path(length, 0.03, rng), 1.2 * width, 1.0, rng)
    worn = gaussian_filter(rng.standard_normal(cover.shape, dtype=np.float32), 2.0) * 4
    return box, cover * np.clip(0.8 + worn, 0, 1)


def _dust(shape, width, rng):
    """Draw a speck or a hair."""
    return _drawn(shape, _path(rng.uniform(0, 3) * width, 1.0, rng), width, 1.0, rng)


def _hole(shape, width, rng):
    """Draw a blot whose outline is irregular."""
    radius = width * rng.uniform(1.0, 3.0)
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    radii = radius * rng.uniform(0.6, 1.2, len(angles))
    outline = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * radii[:, None]
    return _drawn(shape, outline, 0.0, 1.0, rng)


_MARKS = (_scratch, _fold, _dust, _hole)


def _path(length, bend, rng):
    """Return points (N, 2) of a line that turns by about `bend` radians on its way."""
    steps = max(2, int(length / 4) + 1)
    turns = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, bend / np.sqrt(steps), steps))
    way = np.stack([np.cos(turns), np.sin(turns)], axis=-1) * (length / steps)
    points = np.concatenate([np.zeros((1, 2)), np.cumsum(way, axis=0)])
    return points - points.mean(axis=0)


def _drawn(shape, points, width, opacity, rng):
    """Draw points around a random place; return the part of the photo and its cover (h, w).

    A line of that width, or with width 0 the area inside.
    """
    centre = rng.uniform(0, 1, 2) * shape[::-1]
    points = points + centre
    reach = width / 2 + 1
    low = np.clip(np.floor(points.min(axis=0) - reach), 0, np.array(shape[::-1]) - 1).astype(int)
    high = np.clip(np.ceil(points.max(axis=0) + reach), low + 1, shape[::-1]).astype(int)
    size = tuple(int(side) * _FINE for side in high - low)
    canvas = Image.new("L", size)
    fine = [(float(x), float(y)) for x, y in (points - low) * _FINE]
    pen = ImageDraw.Draw(canvas)
    if width:
        pen.line(fine, fill=255, width=max(1, round(width * _FINE)), joint="curve")
        for x, y in (fine[0], fine[-1]):
            half = width * _FINE / 2
            pen.ellipse((x - half, y - half, x + half, y + half), fill=255)
    else:
        pen.polygon(fine, fill=255)
    cover = np.asarray(canvas.reduce(_FINE), np.float32) * np.float32(opacity / 255)
    return (slice(low[1], high[1]), slice(low[0], high[0])), cover
