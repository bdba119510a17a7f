"""The order in which photos are drawn for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pixrestore.training.photos import Entry


@dataclass(frozen=True)
class Sampler:
    """Which photo comes at which place of the endless sequence of training crops.

    With `balance` 1 every photo comes once in as many places as there are photos, in an order that
    changes each time around. Below 1 folders are drawn by their size to the power of `balance`: 0
    draws from each folder alike.
    """

    groups: tuple[NDArray[np.int64], ...]
    balance: float
    seed: int

    def index(self, place: int) -> int:
        """Return the index of the photo at `place`."""
        if self.balance == 1:
            count = sum(len(group) for group in self.groups)
            turn, rest = divmod(place, count)
            return int(_order(self.seed, turn, count)[rest])
        rng = np.random.default_rng((self.seed, 1, place))
        sizes = np.array([len(group) for group in self.groups], np.float64) ** self.balance
        group = self.groups[rng.choice(len(sizes), p=sizes / sizes.sum())]
        return int(rng.choice(group))


@lru_cache(maxsize=4)
def _order(seed: int, turn: int, count: int) -> NDArray[np.int64]:
    """Return the order of one turn, remembered since each is asked for `count` times."""
    return np.random.default_rng((seed, 0, turn)).permutation(count)


def folders_of(paths: Sequence[Entry]) -> tuple[NDArray[np.int64], ...]:
    """Group the indices of photos by the folder that they lie in."""
    groups: dict[Path, list[int]] = {}
    for index, path in enumerate(paths):
        groups.setdefault(path.parent, []).append(index)
    return tuple(np.array(group, np.int64) for group in groups.values())
