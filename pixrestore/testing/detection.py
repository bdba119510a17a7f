"""The check of what a task sees of its damage."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pixrestore.finding import STAGES, Finding
from pixrestore.images.photo import to_float
from pixrestore.images.resizing import cropped_to_multiple
from pixrestore.task import Task
from pixrestore.testing.probe import SEEDS, CheckFailed, Probe, sample

_SIZES = ((1, 1), (1, 7), (7, 1), (37, 53), (8, 600))


def detects(probe: Probe) -> None:
    """Findings are sound for any photo, and stronger for damaged photos than for clean ones."""
    if type(probe.task).detect is Task.detect:
        return
    for size in _SIZES:
        for value in (0.0, 0.5, 1.0):
            _strength(probe, np.full((*size, 3), value, np.float32))
    clean, degraded = [], []
    for name in ("cat", "raccoon", "coffee"):
        whole = cropped_to_multiple(to_float(sample(name)), probe.task.scale)
        photo = np.asarray(whole, np.float32)
        clean.append(_strength(probe, photo))
        for seed in SEEDS:
            damaged = probe.degraded(photo.copy(), seed)
            # As a file of 8 bits would hold it.
            kept = np.rint(np.clip(damaged, 0, 1) * np.float32(255)) / np.float32(255)
            degraded.append(_strength(probe, kept))
    if np.mean(degraded) <= np.mean(clean):
        raise CheckFailed(
            f"detect finds a strength of {np.mean(degraded):.3g} in degraded photos and of "
            f"{np.mean(clean):.3g} in clean ones: it does not see the damage that corrupt does"
        )


def _strength(probe: Probe, photo: Any) -> float:
    """Return the strength found in a photo, 0 where nothing is, after checking the finding."""
    given = photo.copy()
    found = probe.detect(given)
    if not np.array_equal(given, photo):
        raise CheckFailed("detect changes its input in place: work on a copy")
    if probe.detect(given) != found:
        raise CheckFailed("detect finds two things in one photo: it must not be random")
    if found is None:
        return 0.0
    if not isinstance(found, Finding):
        raise CheckFailed(f"detect must return a Finding or None, not {type(found).__name__}")
    if found.stage not in STAGES:
        raise CheckFailed(f"there is no stage {found.stage!r}: there is {', '.join(STAGES)}")
    if not math.isfinite(found.value) or not 0 <= found.strength <= 1:
        raise CheckFailed(
            f"detect must find a finite value and a strength in [0, 1], not {found.value} and "
            f"{found.strength} (on a photo of {photo.shape[1]} by {photo.shape[0]} pixels)"
        )
    return float(found.strength)
