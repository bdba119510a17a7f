"""What training minimises, and how the network's output is read back as the task's target."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from pixrestore.errors import UnknownNameError, UsageError, nearest
from pixrestore.options import Option, checked, option, options_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pixrestore.task import Image


class Loss(ABC):
    """A loss: compares targets (N, H, W, Cy) with the network's outputs (N, H, W, channels(Cy)).

    Most losses compare like with like. One that classifies has the network output more channels
    than the target has, and reads them back as a target with `read`. Subclasses are frozen
    dataclasses; their fields are saved with a model.
    """

    name: ClassVar[str]

    def channels(self, answered: int) -> int:
        """Return how many channels the network must output for a target of `answered`."""
        return answered

    def prepared(self, targets: Image) -> Loss:
        """Return the loss set up for targets like these, (N, H, W, Cy), before training starts."""
        return self

    @abstractmethod
    def __call__(self, target: Any, output: Any) -> Any:
        """Return the loss, a tensor of shape (N, H, W) or less; Keras takes its mean."""

    def read(self, output: Any) -> Any:
        """Turn the network's output (tensor) into the task's target."""
        return output


@dataclass(frozen=True)
class Charbonnier(Loss):
    """The smooth L1 distance sqrt(d² + ε²) (Charbonnier et al., ICIP 1994), mean over channels."""

    name: ClassVar[str] = "charbonnier"
    epsilon: float = option(1e-3, help="error below which it turns quadratic", min=0)

    def __call__(self, target: Any, output: Any) -> Any:
        """Return (N, H, W)."""
        from keras import ops

        return ops.mean(ops.sqrt(ops.square(target - output) + self.epsilon**2), axis=-1)


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
    rarity: float = option(0.5, help="how much more rare colours count: 0 all alike", min=0, max=1)
    regression: float = option(0.5, help="weight of plain regression on the mean", min=0)
    temperature: float = option(0.38, help="1 reads dull answers, 0.1 vivid ones", min=0.05, max=1)
    weights: tuple[float, ...] = option((), help="weight of each cell, found from the photos")

    _UNIT: ClassVar[float] = 110.0
    # How far regression is off, in ab, where its share counts one.
    _MISS: ClassVar[float] = 20.0

    @cached_property
    def centres(self) -> NDArray[np.float32]:
        """Chroma (Q, 2), in ab, of the cells that sRGB reaches; gray is one of them."""
        import numpy as np

        from pixrestore import colour

        side = np.linspace(0, 1, 33, dtype=np.float32)
        rgb = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1).reshape(1, -1, 3)
        cells = np.unique(np.round(colour.chroma(rgb)[0] / self.step).astype(int), axis=0)
        return (cells * self.step).astype(np.float32)

    def channels(self, answered: int) -> int:
        """Return the number of cells."""
        if answered != 2:
            raise UsageError(f"--loss {self.name} is for two channels of chroma, not {answered}")
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


# What targets may exceed their range by.
_ROUNDING = 1e-3


@dataclass(frozen=True)
class KerasLoss(Loss):
    """A loss of Keras' own, by its name."""

    name: str  # type: ignore[misc]

    def prepared(self, targets: Image) -> Loss:
        """Refuse targets that binary cross-entropy cannot compare."""
        low, high = float(targets.min()), float(targets.max())
        if self.name == "binary_crossentropy" and (low < -_ROUNDING or high > 1 + _ROUNDING):
            raise UsageError(
                f"--loss {self.name} compares values from 0 to 1, but this task's targets go from "
                f"{low:.2f} to {high:.2f}: choose another (colorize has --space rgb)"
            )
        return self

    def __call__(self, target: Any, output: Any) -> Any:
        """Return what Keras' function of that name returns."""
        import keras

        return keras.losses.get(self.name)(target, output)


_OWN: dict[str, type[Loss]] = {loss.name: loss for loss in (Charbonnier, ChromaClasses)}


def find_loss(name: str, options: Mapping[str, Any] | None = None) -> Loss:
    """Return the loss called `name`: pixrestore's own, or any that Keras knows by that name.

    Raises
    ------
    UnknownNameError
        Neither has it.
    UsageError
        It has no such option.
    """
    if name in _OWN:
        return _OWN[name](**checked(_OWN[name], options or {}))
    from pixrestore.backend import import_keras

    keras = import_keras()
    try:
        keras.losses.get(name)
    except ValueError:
        known = [*_OWN, "mean_absolute_error", "mean_squared_error", "binary_crossentropy", "huber"]
        raise UnknownNameError(f"no loss is called {name!r}: {nearest(name, known)}") from None
    if options:
        raise UsageError(f"Keras' loss {name} takes no options here, not {', '.join(options)}")
    return KerasLoss(name)


def options_of_loss(name: str) -> tuple[Option, ...]:
    """List the options of the loss called `name`; those of Keras have none here."""
    return options_of(_OWN[name]) if name in _OWN else ()


def describe_loss(loss: Loss) -> dict[str, Any]:
    """Return name and options of a loss, as saved in ``model.json``."""
    values = {f.name: getattr(loss, f.name) for f in dataclasses.fields(loss) if f.name != "name"}  # type: ignore[arg-type]
    return {"name": loss.name, "options": values}
