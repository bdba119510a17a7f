"""What the pairs of a task are like, found by trying the task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pixrestore.errors import PixrestoreError, PluginError

if TYPE_CHECKING:
    from pixrestore.task import Image, Task

# Damage is random: colour is gone when any of these takes nearly all.
_TRIALS = 4
_COLOUR_LEFT = 0.1


def pair_channels(task: Task) -> tuple[int, int]:
    """Find Cx and Cy, the channels a task's network sees and answers, by trying the task.

    Raises
    ------
    PluginError
        The task cannot make a pair from a small gray photo.
    """
    side = 32 * task.scale
    clean = np.full((side, side, 3), 0.5, np.float32)
    try:
        degraded = task.corrupt(clean, np.random.default_rng(0))
        shapes = [np.shape(task.encode(degraded)), np.shape(task.target(clean))]
    except PixrestoreError:
        raise
    except Exception as error:  # a stranger's task may raise anything
        raise PluginError(f"task {task.name} fails on a small gray photo: {error!r}") from error
    if any(len(shape) != 3 for shape in shapes):
        raise PluginError(
            f"task {task.name} is wrong: encode and target must return arrays of shape "
            f"(H, W, C), not {shapes}"
        )
    if shapes[0][:2] != shapes[1][:2]:
        raise PluginError(
            f"task {task.name} must encode to the size of the restored photo: encode gives "
            f"{shapes[0]}, target {shapes[1]}"
        )
    return shapes[0][2], shapes[1][2]


def adds_colour(task: Task) -> bool:
    """Find out whether a task gives colour to gray photos: its damage takes nearly all of it."""
    colours = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32)
    rng = np.random.default_rng(0)
    left = min(_colour(task.corrupt(colours.copy(), rng)) for _ in range(_TRIALS))
    return left < _COLOUR_LEFT * _colour(colours)


def _colour(image: Image) -> float:
    """Return how far the channels are from equal, on average."""
    return float(np.mean(np.ptp(image, axis=-1)))
