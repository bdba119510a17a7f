"""Damage as tensors, within the training step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pixrestore.backend import import_keras
from pixrestore.errors import UsageError

if TYPE_CHECKING:
    import keras

    from pixrestore.recipe import Recipe
    from pixrestore.task import Task
    from pixrestore.training.devices import Devices


def corrupts_within_step(task: Task, recipe: Recipe, devices: Devices) -> bool:
    """Tell whether a run damages photos within its step; a `UsageError` where it cannot."""
    if recipe.corrupt_on == "cpu" or (recipe.corrupt_on == "auto" and not devices.gpu):
        return False
    import_keras()
    import tensorflow as tf

    from pixrestore.images.tensors import Draws

    offered = task.tensor_pairs(tf.fill((1, 32, 32, 3), 0.5), Draws((0, 0))) is not None
    if not offered and recipe.corrupt_on == "device":
        raise UsageError(f"{task.name} makes no pairs as tensors: leave out `corrupt_on`")
    return offered


def corrupt_within_step(learner: keras.Model, task: Task, patch: int, devices: Devices) -> None:
    """Make a network take clean patches and seeds, see `Pairs.clean`, and damage them itself."""
    import tensorflow as tf

    from pixrestore.images.tensors import Draws

    pairs = task.tensor_pairs(tf.fill((1, patch, patch, 3), 0.5), Draws((0, 0)))
    assert pairs is not None  # `corrupts_within_step` saw to it
    x, y = pairs
    with devices.strategy.scope():
        # For several devices Keras builds its loss before the first step, of what `fit` is given.
        learner.compute_loss(x, y, learner(x))
    take = learner.train_step

    def train_step(data: tuple[Any, Any]) -> Any:
        clean, seeds = data
        # Of several devices, each has patches and thus a seed of its own.
        return take(task.tensor_pairs(clean, Draws(seeds[0])))

    learner.train_step = train_step
