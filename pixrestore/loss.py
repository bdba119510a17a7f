"""The loss contract: what training minimises, and how an output is read back as the target."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from pixrestore.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pixrestore.task import Image

    Array = NDArray[np.float32]

# What targets may exceed their range by.
_ROUNDING = 1e-3


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

    def classes(self) -> Array | None:
        """Return the values among which the output chooses, (Q, Cy); None where it does not."""
        return None

    def probabilities(self, output: Array) -> Array:
        """Turn an output into probabilities of `classes`; its softmax by default.

        Parameters
        ----------
        output : ndarray, float32, (..., Q)
            What the network says of each class.

        Returns
        -------
        ndarray, float32, (..., Q)
            In [0, 1]; at each place they sum to one.

        Raises
        ------
        UsageError
            The loss has no classes.
        """
        import numpy as np

        if self.classes() is None:
            raise UsageError(f"the loss {self.name} does not choose among classes")
        likely = np.exp(output - output.max(axis=-1, keepdims=True))
        return np.asarray(likely / likely.sum(axis=-1, keepdims=True), np.float32)

    @classmethod
    def summary(cls) -> str:
        """Return the first line of the docstring, which ``pixrestore losses`` shows."""
        return (inspect.getdoc(cls) or "").partition("\n")[0]


def in_unit_range(targets: Image) -> bool:
    """Tell whether targets lie in [0, 1], up to rounding."""
    return float(targets.min()) >= -_ROUNDING and float(targets.max()) <= 1 + _ROUNDING
