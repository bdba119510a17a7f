"""Spreading colours that a person painted to what belongs together with the places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# All of this was fitted to the default model's errors on 60 photos held out from its training, and
# chosen by PSNR there; see docs/explanation/guides.md. Chroma and lightness are CIE Lab's.
#
# How alike the errors at two places are, in shares of their mean square: a part that the whole
# photo shares where its lightness is alike, and a part that is shared nearby.
_WHOLE, _WHOLE_LIGHTNESS = 0.64, 49.0
_NEAR, _NEAR_PIXELS, _NEAR_LIGHTNESS = 0.5, 21.0, 100.0
OWN = 0.4
# Errors much larger than this, times the root of the number of strokes, say nothing of other
# places and only spread up to edges. From one stroke a person wants a red coat, not a red photo;
# many that agree mean the photo.
_ORDINARY = 25.0
# Differences in lightness and in the network's chroma that count as an edge.
_EDGE = (2.5, 12.0, 12.0)
_LEAK = 1e-4
_STAY = 1e-3  # how much a correction fades on its way, shared among the strokes
_KEEP = 10.0
# Share of what the painted colours alone give; 0.5 to 0.85 are alike.
_ALONE = 0.6
# Places that stand for all that is painted, as solving for them costs their third power.
_PLACES = 300
_AT_ONCE = 4096


def spread(lightness: Array, answer: Array, wanted: Array, painted: Array) -> Array:
    """Return chroma that is as painted where something is painted, and elsewhere follows it.

    Three steps correct the network's answer. The first predicts its error everywhere from its error
    at the painted places, by simple kriging [1]_: what is near and of alike lightness is wrong
    alike. The second spreads what is still missing along the picture, and stops at edges of its
    lightness and of the network's colours, as colorization by optimization does with colours [2]_.
    The third mixes in what the painted colours alone would give, where they reach.

    Parameters
    ----------
    lightness : ndarray, float32, (H, W), in [0, 100]
    answer : ndarray, float32, (H, W, 2)
        The network's chroma, CIE a and b.
    wanted : ndarray, float32, (H, W, 2)
        Painted chroma.
    painted : ndarray, float32, (H, W), in [0, 1]
        How much of each pixel is painted.

    Returns
    -------
    ndarray, float32, (H, W, 2)

    References
    ----------
    .. [1] N. Cressie, "The origins of kriging", Mathematical Geology 22, 1990.
    .. [2] A. Levin, D. Lischinski, Y. Weiss, "Colorization using optimization", ACM Transactions on
       Graphics 23(3), 2004 (SIGGRAPH).
    """
    from scipy.ndimage import label

    # Edges of strokes are half painted, or barely touched when the layer was brought to this size.
    weight = np.where(painted > 0.1, painted, np.float32(0))
    if not weight.any():
        return answer
    error = (wanted - answer) * (weight > 0)[..., None]
    strokes = label(weight)[1]
    corrected = _predicted(lightness, error, weight, strokes)
    missing = (error - corrected) * (weight > 0)[..., None]
    features = np.concatenate([lightness[..., None], answer], axis=-1)
    corrected = answer + corrected + _diffused(features, missing, weight, strokes)
    # Where the painted colours reach by themselves, they and the corrected answer err differently.
    both = np.concatenate([wanted, np.ones_like(wanted[..., :1])], axis=-1)
    reached = _diffused(lightness[..., None], both, weight, strokes)
    alone, share = reached[..., :2], reached[..., 2:]
    return np.asarray(corrected + _ALONE * (alone - share * corrected), np.float32)


def _predicted(lightness: Array, error: Array, weight: Array, strokes: int) -> Array:
    """Predict the error at every place from that at some of the painted places."""
    height, width = lightness.shape
    across = np.arange(height * width)
    rows, columns = (part.astype(np.float32) for part in divmod(across, width))
    points = np.stack([rows, columns, lightness.ravel()], axis=-1)
    found = np.flatnonzero(weight)
    places = found[:: -(-len(found) // _PLACES)]
    own = (OWN / weight.ravel()[places]) * np.eye(len(places), dtype=np.float32)
    wrong = error.reshape(-1, 2)[places]
    size = np.linalg.norm(wrong, axis=-1, keepdims=True)
    ordinary = _ORDINARY * strokes**0.5
    shares = np.linalg.solve(
        alike(points[places], points[places]) + own, wrong / (1 + (size / ordinary) ** 4)
    )
    # Part by part: how alike all places are to the painted ones would fill much memory at once.
    parts = [
        alike(part, points[places]) @ shares
        for part in np.array_split(points, -(-across.size // _AT_ONCE))
    ]
    return np.asarray(np.concatenate(parts).reshape(error.shape), np.float32)


def alike(some: Array, others: Array) -> Array:
    """Return how alike the network's errors at places are, in shares of their mean square.

    Parameters
    ----------
    some, others : ndarray, float32, (N, 3) and (M, 3)
        Row and column, in pixels of what the network sees, and lightness.

    Returns
    -------
    ndarray, float32, (N, M)
        Each place also errs by itself, by `OWN` of the mean square.
    """
    down, across, darker = (some[:, None, axis] - others[None, :, axis] for axis in range(3))
    darker = np.abs(darker)
    whole = _WHOLE * np.exp(-darker / _WHOLE_LIGHTNESS)
    near = _NEAR * np.exp(-np.hypot(down, across) / _NEAR_PIXELS - darker / _NEAR_LIGHTNESS)
    return np.asarray(whole + near, np.float32)


def _diffused(features: Array, missing: Array, weight: Array, strokes: int) -> Array:
    """Spread what is missing at the painted pixels between neighbours that are alike."""
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import splu

    count = weight.size
    first, second, tie = _neighbours(features)
    both = np.concatenate([first, second]), np.concatenate([second, first])
    ties = coo_matrix((np.concatenate([tie, tie]), both), shape=(count, count)).tocsc()
    held = _KEEP * weight.ravel().astype(np.float64)
    system = diags(np.asarray(ties.sum(axis=0)).ravel() + _STAY / strokes + held) - ties
    solver = splu(
        system.tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    solved = solver.solve(held[:, None] * missing.reshape(count, -1))
    return np.asarray(solved.reshape(missing.shape), np.float32)


def _neighbours(
    features: Array,
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return pairs of neighbouring pixels, and how strongly each pair is tied."""
    height, width = features.shape[:2]
    place = np.arange(height * width).reshape(height, width)
    scaled = features / np.array(_EDGE[: features.shape[-1]], np.float32)
    pairs = []
    for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
        left, right = max(0, -across), max(0, across)
        one = slice(0, height - down), slice(left, width - right)
        other = slice(down, height), slice(right, width - left)
        apart = ((scaled[one] - scaled[other]) ** 2).sum(axis=-1, dtype=np.float64)
        tie = (np.exp(-apart / 2) + _LEAK) / (down + abs(across))
        pairs.append((place[one].ravel(), place[other].ravel(), tie.ravel()))
    first, second, ties = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return first, second, ties
