"""Networks run by Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixrestore.backend import import_keras
from pixrestore.description import DESCRIPTION
from pixrestore.errors import ModelError, UsageError
from pixrestore.files import printable
from pixrestore.model.weights import held
from pixrestore.network.bounds import Room
from pixrestore.network.build import build_core, load_weights, reading
from pixrestore.plugins.losses import find_loss

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

    from pixrestore.loss import Loss
    from pixrestore.model.folder import Model

# The layer of an architecture that holds the essence of a picture.
CODE = "code"


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
    core = built(model)
    load_weights(core, model.weights_path)
    return KerasNetwork(reading(core, _loss(model)))


def load_core(model: Model) -> KerasNetwork:
    """Return the trained network without what reads its output as an answer."""
    core = built(model)
    load_weights(core, model.weights_path)
    return KerasNetwork(core)


def load_encoder(model: Model) -> KerasNetwork:
    """Return the trained network up to its layer called "code", (N, H, W, Cx) to (N, code).

    Raises
    ------
    UsageError
        The architecture has no such layer.
    """
    keras = import_keras()
    core = built(model)
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


def built(model: Model) -> keras.Model:
    """Build a model's network, no larger than its weights; it has none of them yet."""
    model.require_layers()
    room = Room(*held(model.weights_path))
    try:
        return build_core(model.architecture, model.arguments, model.channels, _loss(model), room)
    except ModelError as error:
        raise ModelError(f"{printable(model.folder / DESCRIPTION)} is refused: {error}") from None


def _loss(model: Model) -> Loss:
    return find_loss(model.loss, model.loss_options)
