"""The check of what a task makes of a network's belief."""

from __future__ import annotations

import re

import numpy as np

from pixrestore.belief import Belief, Doubt, Suggestion
from pixrestore.task import Task
from pixrestore.testing.probe import CheckFailed, Probe, photos

_COUNT = 3
_COLOUR = re.compile("#[0-9a-f]{6}")


def suggests(probe: Probe) -> None:
    """Suggestions are colours whose probabilities sum to one at most; doubts lie in the photo."""
    own = type(probe.task)
    if own.suggest is Task.suggest and own.doubt is Task.doubt:
        return
    rng = np.random.default_rng(0)
    for clean in photos():
        belief = _belief(probe, clean, rng)
        height, width = belief.encoded.shape[:2]
        for place in ((0, 0), (height - 1, width - 1)):
            _check_suggestions(probe.suggest(belief, place, _COUNT))
        _check_doubts(probe.doubt(belief, _COUNT), height, width)


def _belief(probe: Probe, clean: np.ndarray, rng: np.random.Generator) -> Belief:
    """Return a belief that chooses among values of the photo's own target, a quarter its size."""
    encoded = np.asarray(probe.encode(probe.degraded(clean)), np.float32)
    target = np.asarray(probe.target(clean), np.float32)
    classes = rng.permutation(target.reshape(-1, target.shape[-1]))[:20]
    scores = rng.random((target.shape[0] // 4, target.shape[1] // 4, 20), np.float32)
    return Belief(encoded, target, classes, scores / scores.sum(axis=-1, keepdims=True))


def _check_suggestions(found: object) -> None:
    if found is None:
        return
    if not isinstance(found, (list, tuple)) or not all(isinstance(f, Suggestion) for f in found):
        raise CheckFailed("suggest must return a list of Suggestion, or None")
    if len(found) > _COUNT:
        raise CheckFailed(f"suggest returns {len(found)} colours where {_COUNT} are asked for")
    if not all(_COLOUR.fullmatch(one.colour) for one in found):
        raise CheckFailed("suggest must name colours as guides take them, such as #c03020")
    likely = [one.probability for one in found]
    if likely != sorted(likely, reverse=True) or not 0 <= sum(likely) <= 1 + 1e-3:
        raise CheckFailed(
            f"suggest must return the likeliest first, with a sum of 1 at most, not {likely}"
        )


def _check_doubts(found: object, height: int, width: int) -> None:
    if found is None:
        return
    if not isinstance(found, (list, tuple)) or not all(isinstance(f, Doubt) for f in found):
        raise CheckFailed("doubt must return a list of Doubt, or None")
    if len(found) > _COUNT:
        raise CheckFailed(f"doubt returns {len(found)} places where {_COUNT} are asked for")
    if not all(0 <= one.x < width and 0 <= one.y < height for one in found):
        raise CheckFailed("doubt must return places within the photo")
    if not all(0 <= one.gain <= 1 for one in found):
        raise CheckFailed("the gain of a doubt is a share in [0, 1]")
