"""The learning rate over a run: warm-up, then a cosine (Loshchilov & Hutter, ICLR 2017) or none."""

from __future__ import annotations

import math


def rate_at(
    step: int, done: float, highest: float, warmup: int, *, constant: bool = False
) -> float:
    """Return the learning rate.

    Parameters
    ----------
    step : int
        Steps taken so far.
    done : float
        How much of the run's budget is used up, 0 to 1; time counts as well as steps, so that a
        run of so many minutes ends its cosine when they are over.
    highest : float
        The rate after the warm-up.
    warmup : int
        Steps from nearly zero to `highest`; fewer in a run that this would take a tenth of.
    constant : bool
        Stay at `highest` afterwards.
    """
    rising = warmed(step, done, warmup)
    if constant:
        return highest * rising
    return highest * rising * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def warmed(steps: int, share: float, warmup: int) -> float:
    """Return how far the rate has risen after so many steps, a `share` of the run, 0 to 1."""
    return min(1.0, max((steps + 1) / warmup, 10 * share)) if warmup else 1.0


def ema_momentum_at(step: int, highest: float) -> float:
    """Return the momentum of the weights' running average.

    It starts low, so that the average of a short run is not mostly its untrained beginning.
    """
    return min(highest, (1 + step) / (10 + step))
