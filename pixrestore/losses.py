"""What training minimises, and how the network's output is read back as the task's target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from pixrestore.errors import UnknownNameError, nearest


class Loss(ABC):
    """A loss: compares targets (N, H, W, Cy) with the network's outputs (N, H, W, channels(Cy)).

    Most losses compare like with like. One that classifies has the network output more channels
    than the target has, and reads them back as a target with `read`.
    """

    name: ClassVar[str]

    def channels(self, answered: int) -> int:
        """Return how many channels the network must output for a target of `answered`."""
        return answered

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
    epsilon: float = 1e-3

    def __call__(self, target: Any, output: Any) -> Any:
        """Return (N, H, W)."""
        from keras import ops

        return ops.mean(ops.sqrt(ops.square(target - output) + self.epsilon**2), axis=-1)


@dataclass(frozen=True)
class KerasLoss(Loss):
    """A loss of Keras' own, by its name."""

    name: ClassVar[str] = "keras"
    keras_name: str = "mean_absolute_error"

    def __call__(self, target: Any, output: Any) -> Any:
        """Return what Keras' function of that name returns."""
        import keras

        return keras.losses.get(self.keras_name)(target, output)


_OWN: tuple[type[Loss], ...] = (Charbonnier,)


def find_loss(name: str) -> Loss:
    """Return the loss called `name`: pixrestore's own, or any that Keras knows by that name.

    Raises
    ------
    UnknownNameError
        Neither has it.
    """
    own = {loss.name: loss for loss in _OWN}
    if name in own:
        return own[name]()
    import keras

    try:
        keras.losses.get(name)
    except ValueError:
        known = [*own, "mean_absolute_error", "mean_squared_error", "binary_crossentropy", "huber"]
        raise UnknownNameError(f"no loss is called {name!r}: {nearest(name, known)}") from None
    return KerasLoss(name)
