"""What restoring must know of a network: how to run it, and the sizes that suit it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]


class Network(Protocol):
    """A trained network, run by Keras or by anything else."""

    def __call__(self, x: Array) -> Array:
        """Return the answers to a batch.

        Parameters
        ----------
        x : ndarray, float32, (N, H, W, Cx)
            Height and width are multiples of `Geometry.multiple`, or `Geometry.side`.

        Returns
        -------
        ndarray, float32, (N, H, W, Cy)

        Raises
        ------
        MemoryError
            The batch is too large: it is tried again in smaller tiles.
        """
        ...


class Classifier(Protocol):
    """A trained network that chooses among classes, before its choice becomes one answer."""

    classes: Array
    """The values among which it chooses, (Q, Cy)."""

    def __call__(self, x: Array) -> Array:
        """Return probabilities, (N, h, w, Q), of what `Network` takes; h and w may be smaller."""
        ...


@dataclass(frozen=True)
class Geometry:
    """The sizes a network takes, and how far it looks; ``"geometry"`` in ``model.json``.

    Attributes
    ----------
    multiple : int
        Heights and widths the network takes are multiples of this.
    margin : int
        Pixels around a tile that its answer depends on.
    side : int, optional
        Height and width of a network that takes one size only.
    working_size : int
        Shorter side, in pixels, at which the network of a scene task sees a photo.
    """

    multiple: int = 1
    margin: int = 0
    side: int | None = None
    working_size: int = 0
