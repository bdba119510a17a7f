"""Are flat things of one colour? The spread of chroma within smooth regions, beside true photos'.

A region is a square of 12 pixels in which the lightness hardly varies. The spread there is
compared with that of the true photo: more is blotches, less is paint of one tone. Figures are
medians and 95th percentiles over regions of the standard deviation of a and b, in CIE units.

    python benchmarks/smooth_colours.py FOLDER... [--side 256] [--limit 20]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from hints import square
from numpy.lib.stride_tricks import sliding_window_view

from pixrestore import load
from pixrestore.images import colour, find_photos, read_photo, to_float

_REGION = 12
_FLAT = 1.5  # standard deviation of lightness, of 100


def spread(chroma: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Return the spread of chroma within each flat region."""
    return np.sqrt(_variance(chroma).sum(axis=-1))[flat]


def _variance(picture: np.ndarray) -> np.ndarray:
    """Return the variance of each channel within regions side by side."""
    windows = sliding_window_view(picture, (_REGION, _REGION), axis=(0, 1))
    return windows[::_REGION, ::_REGION].var(axis=(-2, -1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders of colour photos")
    parser.add_argument("--side", type=int, default=256, help="height and width in pixels")
    parser.add_argument("--limit", type=int, default=20, help="how many photos of each folder")
    given = parser.parse_args()
    restorer = load("colorize")
    print(f"{'photos':<10}{'regions':>8}{'true':>8}{'95 %':>7}{'restored':>10}{'95 %':>7}")
    for folder in given.folders:
        photos = find_photos(folder)
        true, restored = [], []
        for number in range(given.limit):
            photo = read_photo(photos[number * len(photos) // given.limit])
            clean = square(to_float(photo.pixels), given.side)
            gray = colour.gamma(colour.linear(clean) @ colour.LUMINANCE)
            gray = np.repeat(gray[..., None], 3, axis=-1)
            flat = _variance(colour.lightness(gray)) < _FLAT**2
            true.append(spread(colour.chroma(clean), flat))
            restored.append(spread(colour.chroma(restorer.restore(gray)), flat))
        ours, theirs = np.concatenate(restored), np.concatenate(true)
        figures = [f(one) for one in (theirs, ours) for f in (np.median, _high)]
        print(
            f"{folder.name:<10}{len(ours):>8}{figures[0]:>8.2f}{figures[1]:>7.2f}"
            f"{figures[2]:>10.2f}{figures[3]:>7.2f}",
            flush=True,
        )


def _high(values: np.ndarray) -> float:
    return float(np.percentile(values, 95))


if __name__ == "__main__":
    main()
