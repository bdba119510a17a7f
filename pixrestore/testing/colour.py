"""The check that no network is asked for colour that only some degraded photos have."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixrestore.testing.probe import CheckFailed, Probe, distance, part

# Enough to meet damage that drops colour for one pair in ten, in nine of ten tasks.
_SEEDS = range(22)
_BLOCK = 8
# Share of the clean photo's colour that can be told from the degraded one. Gray photos with noise
# stay below 0.01, toned ones below 0.35; noise of sigma 55 leaves more than 0.6 of true colour.
_GONE, _THERE = 0.35, 0.5


def knowable(probe: Probe) -> None:
    """Colour is asked for where the degraded photo has it, or where it never has."""
    scale = probe.task.scale
    clean = part("coffee", 40, 40, 96 * scale, 128 * scale)
    gray = np.repeat(clean.mean(axis=-1, keepdims=True), 3, axis=-1)
    if distance(probe.target(clean.copy()), probe.target(gray)) < 1e-3:
        return
    gone = there = 0
    for seed in _SEEDS:
        told = _told(probe.degraded(clean.copy(), seed), clean)
        gone += told < _GONE
        there += told > _THERE
    if gone and there:
        raise CheckFailed(
            f"corrupt drops the colour of {gone} pairs in {len(_SEEDS)}, and the target holds it "
            "all the same: where it is gone no network can know it, and learns to answer averages. "
            "Keep colour in every pair, or drop it in every pair and let colorize bring it back"
        )


def _told(degraded: Any, clean: Any) -> float:
    """Return which share of the clean photo's colour a linear reader can tell, 0 to 1.

    What a photo of one tone shows, gray or sepia, does not count.
    """
    seen = _blocks(degraded, _BLOCK * degraded.shape[0] // clean.shape[0])
    seen -= seen.mean(axis=0)
    tone = seen @ np.linalg.svd(seen, full_matrices=False)[2][0]
    # Toned paper is yellower in some tones than in others.
    toned = np.stack([tone, tone**2, tone**3], axis=-1)
    chroma = _blocks(clean - clean.mean(axis=-1, keepdims=True), _BLOCK)
    left, unexplained = (
        _unexplained(chroma, reader) for reader in (toned, np.concatenate([toned, seen], axis=-1))
    )
    return 1 - unexplained / left if left > 0 else 0.0


def _blocks(pixels: Any, side: int) -> Any:
    """Return the mean colours of a photo's blocks, (N, 3): noise is small there."""
    height, width = (length // side for length in pixels.shape[:2])
    cut = np.asarray(pixels, np.float64)[: height * side, : width * side]
    return cut.reshape(height, side, width, side, 3).mean((1, 3)).reshape(-1, 3)


def _unexplained(wanted: Any, seen: Any) -> float:
    """Return what a linear fit leaves of the sum of squares."""
    known = np.column_stack([seen, np.ones(len(seen))])
    # Channels that are equal, up to rounding, tell nothing of their own.
    fit = np.linalg.lstsq(known, wanted, rcond=1e-5)[0]
    return float(np.sum((wanted - known @ fit) ** 2))
