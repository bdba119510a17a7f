"""What the code of a photo knows: a linear probe, and photos that are alike to it.

    python examples/code_study.py runs/article/step-4 --data photos/ --learned pets/ --out runs/code

For each model with a layer called "code", encodes labelled photos and learns to tell their labels
from the code, by ridge regression on labels of part of the photos; the others say how well. The
label of a photo is the word that its name begins with: cat.106.jpg, street_7.jpg. Beside it stand
the same for as many principal components of the photos' gray pixels, what a guess reaches, and how
often a photo's nearest neighbour is of its kind. It writes a page, with pictures of neighbours
among the photos in --show.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
from scipy.linalg import eigh
from study.pages import sheet, table
from study.words import SAMPLES, page_folder, write_page

from pixrestore import load
from pixrestore.images import Photo, decode_rgb8, find_photos, to_dtype, write_photo
from pixrestore.images.cropping import central_square
from pixrestore.tasks import Colorize

_FOLDS = 5
_PENALTIES = 10.0 ** np.arange(-1, 6)
_SHOWN, _NEIGHBOURS = 8, 3


def label(photo: Path) -> str:
    """Return the word that a photo's name begins with."""
    found = re.match(r"[A-Za-z]+", photo.name)
    if not found:
        raise SystemExit(f"{photo.name} begins with no word to label it by")
    return found.group().lower()


def gray_pixels(photos: list[Path], side: int) -> np.ndarray:
    """Return the lightness of photos' central squares, (N, side * side)."""
    squares = (central_square(decode_rgb8(photo), side, "scene") for photo in photos)
    return np.stack([Colorize().encode(square).ravel() for square in squares])


def components(fitted: np.ndarray, pixels: np.ndarray, size: int) -> np.ndarray:
    """Return the first `size` principal components of `pixels`, as of those `fitted`."""
    mean = fitted.mean(0)
    centred = fitted - mean
    # By way of the photos' products with each other, since photos are fewer than pixels. One axis
    # less than there are photos is left once their mean is taken.
    last = len(fitted) - 1
    wanted = max(1, last + 1 - size), last
    values, vectors = eigh(centred @ centred.T, subset_by_index=wanted)
    return (pixels - mean) @ (centred.T @ (vectors / np.sqrt(values)))


def probe(features: np.ndarray, kinds: np.ndarray, repeats: int) -> tuple[float, float]:
    """Return the mean accuracy on photos left out, and its standard error.

    Five folds, drawn anew in each of `repeats`. The penalty of the regression is chosen on a fifth
    of the photos to learn from.
    """
    rights = np.zeros(len(kinds))
    for repeat in range(repeats):
        order = np.random.default_rng(repeat).permutation(len(kinds))
        for fold in range(_FOLDS):
            apart = order[fold::_FOLDS]
            rest = np.setdiff1d(order, apart, assume_unique=True)
            rest = np.random.default_rng((repeat, fold)).permutation(rest)
            inner, chosen_by = rest[len(rest) // _FOLDS :], rest[: len(rest) // _FOLDS]
            scores = [
                np.mean(said == kinds[chosen_by])
                for said in _ridge(features, kinds, inner, chosen_by, _PENALTIES)
            ]
            best = _PENALTIES[[int(np.argmax(scores))]]
            (said,) = _ridge(features, kinds, rest, apart, best)
            rights[apart] += said == kinds[apart]
    accuracy = float(np.mean(rights / repeats))
    # Repeats see the same photos again: only as many are independent as there are photos.
    return accuracy, float(np.sqrt(accuracy * (1 - accuracy) / len(kinds)))


def _ridge(
    features: np.ndarray,
    kinds: np.ndarray,
    learn: np.ndarray,
    ask: np.ndarray,
    penalties: np.ndarray,
) -> list[np.ndarray]:
    """Return the kinds of `ask` as said by ridge regression on `learn`, for each penalty."""
    mean, spread = features[learn].mean(0), features[learn].std(0) + 1e-6
    x, asked = (((features[rows] - mean) / spread).astype(np.float64) for rows in (learn, ask))
    names = np.unique(kinds)
    wanted = (kinds[learn, None] == names).astype(np.float64)
    base = wanted.mean(0)
    values, axes = np.linalg.eigh(x.T @ x)
    turned, asked = axes.T @ (x.T @ (wanted - base)), asked @ axes
    return [
        names[np.argmax(asked @ (turned / (values + penalty)[:, None]) + base, axis=1)]
        for penalty in penalties
    ]


def directions(features: np.ndarray) -> np.ndarray:
    """Return features about their mean, each row of length 1."""
    centred = features - features.mean(0)
    return centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-12)


def neighbours_alike(features: np.ndarray, kinds: np.ndarray) -> float:
    """Return how often the nearest other photo, by the angle between them, is of the same kind."""
    unit = directions(features)
    near = unit @ unit.T
    np.fill_diagonal(near, -np.inf)
    return float(np.mean(kinds[near.argmax(1)] == kinds))


def squares_of(photos: Path, side: int, folder: Path) -> tuple[list[Path], np.ndarray]:
    """Cut five squares from each photo: the middle and the corners, 0.6 of its shorter side.

    Returns
    -------
    files : list of Path
    of : ndarray
        Which photo each was cut from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files, of = [], []
    for index, photo in enumerate(find_photos(photos)):
        whole = decode_rgb8(photo)
        height, width = whole.shape[:2]
        size = round(0.6 * min(height, width))
        middle = (height - size) // 2, (width - size) // 2
        corners = [(y, x) for y in (0, height - size) for x in (0, width - size)]
        for place, (top, left) in enumerate([middle, *corners]):
            square = central_square(whole[top : top + size, left : left + size], side, "scene")
            path = folder / f"{index:04}-{place}.png"
            write_photo(Photo(to_dtype(square, np.uint8)), path)
            files.append(path)
            of.append(index)
    return files, np.array(of)


def draw_neighbours(
    model: Path, photos: list[Path], side: int, squares: Path, picture: Path
) -> None:
    """Set photos beside those nearest to them by code and by pixels, never of the same photo."""
    files: list[Path] = []
    of: list[np.ndarray] = []
    for number, place in enumerate(photos):
        found, which = squares_of(place, side, squares / str(number))
        of.append(which + sum(len(each) for each in of))
        files += found
    origin = np.concatenate(of)
    asked = list(range(0, len(files), 5))[:_SHOWN]
    columns = {"photo": [files[index] for index in asked]}
    by = {"code": load(model).encode(files), "pixels": gray_pixels(files, side)}
    for way, features in by.items():
        unit = directions(features)
        near = unit[asked] @ unit.T
        near[origin[asked][:, None] == origin] = -np.inf
        order = np.argsort(-near, axis=1)
        for rank in range(_NEIGHBOURS):
            columns[f"by {way}, {rank + 1}"] = [files[index] for index in order[:, rank]]
    sheet(picture, columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", type=Path, nargs="+", help="folders of models with a code")
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled photos")
    parser.add_argument("--learned", type=Path, help="photos to fit components to, beside --data")
    parser.add_argument("--most", type=int, default=3000, help="photos to fit components to")
    parser.add_argument("--side", type=int, default=80, help="of the pixels compared, as seen")
    parser.add_argument("--repeats", type=int, default=1, help="of the five folds")
    parser.add_argument("--show", type=Path, nargs="+", default=[SAMPLES], help="to draw with")
    parser.add_argument("--name", default="code", help="of the page")
    parser.add_argument("--out", type=Path, default=Path("runs/code"))
    parser.add_argument("--page", type=Path, help="folder of the page; OUT/page by default")
    given = parser.parse_args()
    folder = page_folder(given)
    photos = find_photos(given.data)
    kinds = np.array([label(photo) for photo in photos])
    names, counts = np.unique(kinds, return_counts=True)

    pixels = gray_pixels(photos, given.side)
    fits = {"these photos": pixels[np.random.default_rng(0).permutation(len(pixels))[: given.most]]}
    if given.learned:
        fits[str(given.learned)] = gray_pixels(find_photos(given.learned)[: given.most], given.side)
    codes = [load(model).encode(photos) for model in given.models]
    told = [(f"code of {model}", code) for model, code in zip(given.models, codes, strict=True)]
    for size in sorted({code.shape[1] for code in codes}):
        for fitted, on in fits.items():
            name = f"principal components of gray pixels, of {fitted}"
            told.append((name, components(on, pixels, size)))
    head = ["told from", "numbers", "linear probe", "nearest neighbour of the same kind"]
    rows = [["the commonest kind", "", f"{counts.max() / len(kinds):.1%}", ""]]
    for name, features in told:
        accuracy, error = probe(features, kinds, given.repeats)
        found = [f"{accuracy:.1%} ± {error:.1%}", f"{neighbours_alike(features, kinds):.1%}"]
        rows.append([name, str(features.shape[1]), *found])
    draw_neighbours(
        given.models[-1], given.show, given.side, given.out / "squares", folder / "neighbours.jpg"
    )
    said = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True))
    parts_of_page = [
        f"{len(photos)} photos: {said}.",
        table(head, rows),
        "![photos, and those nearest by code and by pixels](neighbours.jpg)",
    ]
    write_page(folder, f"{given.name}.md", "What the code of a photo knows", parts_of_page)


if __name__ == "__main__":
    main()
