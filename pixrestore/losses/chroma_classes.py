"""A loss that classifies colours."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from pixrestore.errors import UsageError
from pixrestore.loss import Loss
from pixrestore.options import option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pixrestore.task import Image


@dataclass(frozen=True)
class ChromaClasses(Loss):
    """Colour as a choice among quantised chroma, rare colours counting more.

    After Zhang, Isola & Efros, "Colorful image colorization", ECCV 2016: the ab plane is cut into
    cells, the target is spread over the nearest ones, the cross-entropy of each pixel is weighted
    by how rare its colour is, and the network's answer is read as the mean of the cells under its
    probabilities, sharpened by `temperature`. A share of plain regression on the unsharpened mean
    steadies short trainings. Targets are CIE ab over 110.
    """

    name: ClassVar[str] = "chroma_classes"

    step: float = option(12.0, help="width of a cell, in units of CIE ab", min=4, max=60)
    spread: float = option(6.0, help="how far a colour is spread over cells, in ab", min=1, max=60)
    rarity: float = option(
        0.5, help="extra weight of rare colours; 0 weighs all alike", min=0, max=1
    )
    regression: float = option(0.5, help="weight of plain regression on the mean colour", min=0)
    temperature: float = option(
        0.38, help="lower is more vivid: 1 is dull, 0.1 is vivid", min=0.05, max=1
    )
    weights: tuple[float, ...] = option((), help="weight of each cell, found from the photos")

    _UNIT: ClassVar[float] = 110.0
    # How far regression is off, in ab, where its share counts one.
    _MISS: ClassVar[float] = 20.0

    @cached_property
    def centres(self) -> NDArray[np.float32]:
        """Chroma (Q, 2), in ab, of the cells that sRGB reaches; gray is one of them."""
        import numpy as np

        from pixrestore.images import colour

        side = np.linspace(0, 1, 33, dtype=np.float32)
        rgb = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1).reshape(1, -1, 3)
        cells = np.unique(np.round(colour.chroma(rgb)[0] / self.step).astype(int), axis=0)
        return (cells * self.step).astype(np.float32)

    def channels(self, answered: int) -> int:
        """Return the number of cells."""
        if answered != 2:
            raise UsageError(f"the loss {self.name} is for two channels of chroma, not {answered}")
        return len(self.centres)

    def prepared(self, targets: Image) -> Loss:
        """Weigh each cell by how rare it is among `targets`, half mixed with a uniform share."""
        import numpy as np

        sums = [np.asarray(self._soft(target)).sum(axis=(0, 1)) for target in targets]
        shares = np.mean(sums, axis=0) / np.prod(targets.shape[1:3])
        weights = (0.5 * shares + 0.5 / len(shares)) ** -self.rarity
        weights /= np.sum(shares * weights)
        return dataclasses.replace(self, weights=tuple(float(weight) for weight in weights))

    def __call__(self, target: Any, output: Any) -> Any:
        """Return (N, H, W)."""
        from keras import ops

        shares = self._soft(target)
        loss = -ops.sum(shares * ops.log_softmax(output, axis=-1), axis=-1)
        if self.weights:
            weights = ops.convert_to_tensor(self.weights, dtype="float32")
            loss = loss * ops.sum(shares * weights, axis=-1)
        if self.regression:
            miss = ops.square((self._mean(output, 1.0) - target) * (self._UNIT / self._MISS))
            loss = loss + self.regression * ops.sum(miss, axis=-1)
        return loss

    def read(self, output: Any) -> Any:
        """Return the annealed mean, ab over 110."""
        return self._mean(output, self.temperature)

    def classes(self) -> NDArray[np.float32]:
        """Return the cells' chroma over 110, (Q, 2)."""
        import numpy as np

        return (self.centres / self._UNIT).astype(np.float32)

    def probabilities(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how likely each cell is; what rare colours weigh more in training is undone."""
        import numpy as np

        # Weighted cross-entropy is least where the softmax is the probability times the weight.
        likely = super().probabilities(output) / np.asarray(self.weights or [1.0], np.float32)
        return np.asarray(likely / likely.sum(axis=-1, keepdims=True), np.float32)

    def _mean(self, output: Any, temperature: float) -> Any:
        from keras import ops

        centres = ops.convert_to_tensor(self.centres / self._UNIT)
        return ops.matmul(ops.softmax(output / temperature, axis=-1), centres)

    def _soft(self, target: Any) -> Any:
        """Spread targets over the cells: Gaussian weights (N, H, W, Q) that sum to one."""
        from keras import ops

        chroma = target * self._UNIT
        centres = ops.convert_to_tensor(self.centres)
        # |a - c|² without |a|², which the softmax takes out again.
        distance = ops.sum(ops.square(centres), axis=-1) - 2 * ops.matmul(
            chroma, ops.transpose(centres)
        )
        return ops.softmax(-distance / (2 * self.spread**2), axis=-1)
