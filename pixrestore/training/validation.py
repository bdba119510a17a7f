"""Fixed validation pairs, and what the network makes of them beside doing nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pixrestore.images.cropping import central_square
from pixrestore.images.metrics import psnr
from pixrestore.images.resizing import enlarged
from pixrestore.training.photos import Photos

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pixrestore.task import Image, Task

_MOST_PHOTOS = 64
_BATCH = 8


@dataclass(frozen=True)
class Validation:
    """Pairs that stay the same for a whole run: (N, S, S, C) each, `degraded` S / scale."""

    task: Task
    clean: Image
    degraded: Image
    x: Image
    y: Image

    @property
    def untouched(self) -> Image:
        """What doing nothing gives: the degraded photos in [0, 1], at the size of the clean."""
        return np.clip([enlarged(one, self.task.scale) for one in self.degraded], 0, 1)

    @property
    def input_psnr(self) -> float:
        """PSNR of doing nothing, in dB, mean over the photos."""
        return _mean_psnr(self.clean, self.untouched)

    def measure(self, network: Callable[[Any], Any], loss: Callable[[Any, Any], Any]) -> Measured:
        """Run the network on all pairs.

        Parameters
        ----------
        network : callable
            From (N, S, S, Cx) to (outputs to compare, answers), arrays.
        loss : callable
            From targets and outputs to a mean loss.
        """
        losses, restored = [], []
        for start in range(0, len(self.x), _BATCH):
            part = slice(start, start + _BATCH)
            output, answer = network(self.x[part])
            losses.append(float(loss(self.y[part], output)) * len(self.x[part]))
            restored += [
                self.task.compose(degraded, one)
                for degraded, one in zip(self.degraded[part], answer, strict=True)
            ]
        return Measured(
            loss=sum(losses) / len(self.x),
            psnr=_mean_psnr(self.clean, np.stack(restored)),
            restored=np.stack(restored),
        )


@dataclass(frozen=True)
class Measured:
    """What a network reached on the validation pairs."""

    loss: float
    psnr: float
    restored: NDArray[np.float32]


def validation_pairs(task: Task, photos: Photos, side: int, seed: int) -> Validation:
    """Make pairs of the middle of up to 64 photos, each `side` pixels square.

    They are spread over all photos, which are in order of their folders and names.
    """
    count = min(len(photos), _MOST_PHOTOS)
    spread = [index * len(photos) // count for index in range(count)]
    clean = np.stack([central_square(photos[index], side, task.scope) for index in spread])
    degraded, xs, ys = [], [], []
    for index, one in enumerate(clean):
        rng = np.random.default_rng((seed, 3, index))
        damaged = np.asarray(task.corrupt(one, rng), np.float32)
        degraded.append(damaged)
        layers = task.paint(one, damaged, rng)
        xs.append(np.asarray(task.encode_guided(damaged, layers), np.float32))
        ys.append(np.asarray(task.target(one), np.float32))
    return Validation(task, clean, np.stack(degraded), np.stack(xs), np.stack(ys))


def _mean_psnr(clean: Image, other: Image) -> float:
    return float(np.mean([psnr(a, b) for a, b in zip(clean, other, strict=True)]))
