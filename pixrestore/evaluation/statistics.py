"""Means of figures over photos, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Mean:
    """A mean over photos.

    Attributes
    ----------
    mean : float
    margin : float or None
        Half the width of its 95 % confidence interval, by Student's t; None for a single photo.
    """

    mean: float
    margin: float | None

    @property
    def low(self) -> float | None:
        """Lower end of the interval."""
        return None if self.margin is None else self.mean - self.margin

    @property
    def high(self) -> float | None:
        """Upper end of the interval."""
        return None if self.margin is None else self.mean + self.margin


def mean_of(values: Sequence[float]) -> Mean:
    """Return the mean of a figure over photos, with its confidence interval."""
    from scipy.stats import t

    if len(values) < 2:
        return Mean(float(np.mean(values)), None)
    spread = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    quantile = float(t.ppf((1 + _CONFIDENCE) / 2, len(values) - 1))
    return Mean(float(np.mean(values)), quantile * spread)
