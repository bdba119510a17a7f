"""The default loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pixrestore.loss import Loss
from pixrestore.options import option


@dataclass(frozen=True)
class Charbonnier(Loss):
    """The smooth L1 distance sqrt(d² + ε²) (Charbonnier et al., ICIP 1994), mean over channels."""

    name: ClassVar[str] = "charbonnier"
    epsilon: float = option(1e-3, help="below this error the loss is quadratic", min=0)

    def __call__(self, target: Any, output: Any) -> Any:
        """Return (N, H, W)."""
        from keras import ops

        return ops.mean(ops.sqrt(ops.square(target - output) + self.epsilon**2), axis=-1)
