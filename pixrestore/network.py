"""From names to a network that answers: build with Keras, read by the loss, run on arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pixrestore.backend import import_keras
from pixrestore.errors import ModelError, PixrestoreError, PluginError, UsageError
from pixrestore.geometry import size_multiple
from pixrestore.losses import Loss
from pixrestore.options import checked
from pixrestore.plugins import load_plugins

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from pixrestore.model import Model
    from pixrestore.task import Task


# The layer of an architecture that holds the essence of a picture.
CODE = "code"


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
        raise PluginError(f"task {task.name} must encode and target (H, W, C), not {shapes}")
    if shapes[0][:2] != shapes[1][:2]:
        raise PluginError(
            f"task {task.name} must encode to the size of the restored photo: encode gives "
            f"{shapes[0]}, target {shapes[1]}"
        )
    return shapes[0][2], shapes[1][2]


def build_core(
    architecture: str, arguments: Mapping[str, Any], channels: tuple[int, int], loss: Loss
) -> keras.Model:
    """Build the network that is trained: from (H, W, Cx) to the channels that `loss` compares."""
    keras = import_keras()
    function = load_plugins().architecture(architecture)
    seen, answered = channels
    try:
        core = function((None, None, seen), loss.channels(answered), **checked(function, arguments))
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


class KerasNetwork:
    """A Keras network as a function of arrays, (N, H, W, Cx) to (N, H, W, Cy), float32."""

    def __init__(self, network: keras.Model) -> None:
        import tensorflow as tf

        self.keras_model = network
        shape = (None, *network.input_shape[1:])
        signature = [tf.TensorSpec(shape, tf.float32)]
        # One trace for all sizes: tracing again for every photo would cost more than running.
        # AutoGraph cannot read a lambda's source, and warns about it.
        self._run = tf.function(
            lambda x: network(x, training=False), input_signature=signature, autograph=False
        )

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the network; `MemoryError` when there is not enough memory for this size."""
        import tensorflow as tf

        try:
            answer: NDArray[np.float32] = self._run(tf.convert_to_tensor(x, tf.float32)).numpy()
        except tf.errors.ResourceExhaustedError as error:
            raise MemoryError(str(error)) from error
        return answer


def load_network(model: Model) -> KerasNetwork:
    """Build a model's network, load its trained weights, and make it ready to run."""
    core = _built(model)
    load_weights(core, model.weights_path)
    return KerasNetwork(reading(core, model.loss))


def load_encoder(model: Model) -> KerasNetwork:
    """Return the trained network up to its layer called "code", (N, H, W, Cx) to (N, code).

    Raises
    ------
    UsageError
        The architecture has no such layer.
    """
    keras = import_keras()
    core = _built(model)
    named = [layer for layer in core.layers if layer.name == CODE]
    if not named:
        raise UsageError(
            f"{model.architecture} has no code: only architectures with a layer called {CODE!r} "
            "have, such as bottleneck"
        )
    load_weights(core, model.weights_path)
    code = named[0].output
    flat = code if len(code.shape) == 2 else keras.layers.Flatten()(code)
    return KerasNetwork(keras.Model(core.input, flat))


def _built(model: Model) -> keras.Model:
    return build_core(model.architecture, model.arguments, model.channels, model.loss)


def load_weights(core: keras.Model, weights: Any) -> None:
    """Load a ``.weights.h5`` file into `core`; a `ModelError` when it does not fit."""
    try:
        core.load_weights(weights)
    except (ValueError, OSError, KeyError) as error:
        first = str(error).partition("\n")[0][:200]
        raise ModelError(f"the weights in {weights} do not fit the network: {first}") from error
