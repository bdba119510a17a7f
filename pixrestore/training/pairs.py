"""Batches of training pairs: patches of photos, damaged by a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pixrestore.images.cropping import clean_patch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pixrestore.task import Image, Task
    from pixrestore.training.photos import Photos
    from pixrestore.training.sampling import Sampler


@dataclass(frozen=True)
class Pairs:
    """The endless, repeatable sequence of training batches of a task.

    Batch `step` is a function of the photos, the settings and the seed alone, so that a resumed run
    sees what an uninterrupted one would have seen.
    """

    task: Task
    photos: Photos
    sampler: Sampler
    patch: int
    batch: int
    seed: int

    def __call__(self, step: int) -> tuple[Image, Image]:
        """Return what the network sees and must answer, (N, H, W, Cx) and (N, H, W, Cy)."""
        pairs = [self._pair(step * self.batch + item) for item in range(self.batch)]
        return np.stack([x for x, _ in pairs]), np.stack([y for _, y in pairs])

    def _pair(self, place: int) -> tuple[Image, Image]:
        clean, rng = self._patch(place)
        degraded = np.asarray(self.task.corrupt(clean, rng), np.float32)
        layers = self.task.paint(clean, degraded, rng)
        x = np.asarray(self.task.encode_guided(degraded, layers), np.float32)
        return x, np.asarray(self.task.target(clean), np.float32)

    def _patch(self, place: int) -> tuple[Image, np.random.Generator]:
        rng = np.random.default_rng((self.seed, 2, place))
        photo = self.photos[self.sampler.index(place)]
        return clean_patch(photo, self.patch, self.task.scope, rng), rng

    def clean(self, step: int) -> tuple[Image, NDArray[np.int32]]:
        """Return the same patches undamaged, (N, H, W, 3), and seeds for their damage, (N, 2)."""
        places = range(step * self.batch, (step + 1) * self.batch)
        seeds = [np.random.SeedSequence((self.seed, 4, place)) for place in places]
        return (
            np.stack([self._patch(place)[0] for place in places]),
            np.stack([seed.generate_state(2).view(np.int32) for seed in seeds]),
        )
