"""Guides: transparent layers that a person paints over a photo, to say what it does not show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Guide:
    """A guide that a task takes, named in `Task.guides`.

    Attributes
    ----------
    name : str
        Python name of the argument, and with ``--`` before it that of the option.
    help : str
        One sentence for ``--help``.
    kind : {"colours", "mask"}
        What counts of a layer: the colours that are painted, or only where something is painted.
        A mask may also be a picture without transparency, white where it counts.
    """

    name: str
    help: str
    kind: Literal["colours", "mask"] = "colours"


def premultiplied(layer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a layer, (H, W, 4), with its colours times its alpha, which may be averaged."""
    result = layer.copy()
    rows = max(1, 1_000_000 // layer.shape[1])
    for top in range(0, len(layer), rows):
        band = layer[top : top + rows].astype(np.uint16)
        colours = (band[..., :3] * band[..., 3:] + 127) // 255
        result[top : top + rows, :, :3] = colours.astype(np.uint8)
    return result


def straight(layer: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a premultiplied layer, (H, W, 4) in about [0, 1], with its colours as painted."""
    alpha = np.clip(layer[..., 3:], 0, 1)
    colours = np.clip(layer[..., :3] / np.maximum(alpha, 1 / 255), 0, 1)
    return np.concatenate([colours, alpha], axis=-1)
