"""From the name of an architecture to a Keras network that answers a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pixrestore.backend import import_keras
from pixrestore.errors import ModelError, PixrestoreError, PluginError
from pixrestore.loss import Loss
from pixrestore.network.bounds import Room, within
from pixrestore.network.measure import size_multiple
from pixrestore.options import checked
from pixrestore.plugins.kinds import ARCHITECTURES
from pixrestore.plugins.loading import load_plugins

if TYPE_CHECKING:
    import keras


def build_core(
    architecture: str,
    arguments: Mapping[str, Any],
    channels: tuple[int, int],
    loss: Loss,
    room: Room | None = None,
) -> keras.Model:
    """Build the network that is trained: from (H, W, Cx) to the channels that `loss` compares.

    A network that needs more than `room` is a `ModelError`, before memory is taken for it.
    """
    keras = import_keras()
    function = load_plugins().find(ARCHITECTURES, architecture)
    seen, answered = channels
    try:
        with within(room):
            given = checked(function, arguments)
            core = function((None, None, seen), loss.channels(answered), **given)
    except PixrestoreError:
        raise
    except Exception as error:  # a stranger's architecture may raise anything
        raise PluginError(f"architecture {architecture} cannot be built: {error}") from error
    if not isinstance(core, keras.Model):
        raise PluginError(f"architecture {architecture} must return a keras.Model, not {core!r}")
    return core


def reading(core: keras.Model, loss: Loss) -> keras.Model:
    """Return the network that answers the task's target: `core`, its output read by `loss`.

    A core may answer at a fraction of its input's size; its answer is then enlarged bilinearly.
    """
    keras = import_keras()
    factor = answer_factor(core)
    if factor == 1 and type(loss).read is Loss.read:
        return core

    import tensorflow as tf

    class Read(keras.layers.Layer):  # type: ignore[name-defined]
        def call(self, output: Any) -> Any:
            answer = loss.read(output)
            # Keras' own layer for this needs to know the size beforehand.
            return tf.image.resize(answer, factor * tf.shape(answer)[1:3])

    answer = Read(dtype="float32", name="read")(core.output)
    return keras.Model(core.input, answer, name=core.name)


def answer_factor(core: keras.Model) -> int:
    """Return how many times smaller than its input a network's output is."""
    side = core.input_shape[1] or 3 * size_multiple(core)
    keras = import_keras()
    picture = keras.KerasTensor((1, side, side, core.input_shape[-1]))
    return int(side // core.compute_output_spec(picture).shape[1])


def load_weights(core: keras.Model, weights: Any) -> None:
    """Load a ``.weights.h5`` file into `core`; a `ModelError` when it does not fit."""
    try:
        core.load_weights(weights)
    except (ValueError, OSError, KeyError) as error:
        first = str(error).partition("\n")[0][:200]
        raise ModelError(f"the weights in {weights} do not fit the network: {first}") from error
