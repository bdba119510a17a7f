"""The network of a run: built, given its optimiser, read by its loss, its averages swapped in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from pixrestore.backend import import_keras
from pixrestore.files import require_room
from pixrestore.network.build import answer_factor, build_core, load_weights, reading
from pixrestore.plugins.kinds import ARCHITECTURES
from pixrestore.plugins.loading import load_plugins
from pixrestore.training.checkpoint import Progress, load_checkpoint, weights_size

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from pixrestore.loss import Loss
    from pixrestore.recipe import Recipe
    from pixrestore.training.devices import Devices

# What the names of a pretrained encoder's layers begin with.
_ENCODER = "encoder_"


class Trainee:
    """A network in training.

    Attributes
    ----------
    core : keras.Model
        The network that is trained, answering what the loss compares.
    learner : keras.Model
        Compiled; what `fit` trains and a checkpoint holds: `core`, or `core` and what it is trained
        against.
    network : keras.Model
        The same weights, answering the task's target.
    """

    def __init__(
        self, recipe: Recipe, loss: Loss, channels: tuple[int, int], devices: Devices
    ) -> None:
        keras = import_keras()
        import tensorflow as tf

        self.loss = loss
        self._strategy = devices.strategy
        with devices.building():
            self.core = build_core(recipe.architecture, recipe.arguments, channels, self.loss)
            self._frozen: list[Any] = []
            if not recipe.encoder_rate:
                _freeze(self.core)
            network = reading(self.core, self.loss)
            both = keras.Model(self.core.input, [self.core.output, network.output])
            self._factor = answer_factor(self.core)
            self.learner = self._against(recipe.adversarial, channels, devices)
            self.learner.compile(
                optimizer=_optimizer(recipe, self.core), loss=self._compare, jit_compile=devices.gpu
            )
        # Keras' own `predict` would give every device the whole batch and all answers back.
        signature = [tf.TensorSpec((None, *self.core.input_shape[1:]), tf.float32)]
        self._run = tf.function(
            lambda x: both(x, training=False), input_signature=signature, autograph=False
        )
        # Without the optimiser, which a compiled network would save and load along.
        self._plain = keras.Model(self.core.input, self.core.output, name=self.core.name)
        self._swap = keras.callbacks.SwapEMAWeights() if recipe.ema else None

    def _against(self, weight: float, channels: tuple[int, int], devices: Devices) -> keras.Model:
        """Return the network, with a discriminator where the adversarial loss has a weight."""
        if not weight:
            return self.core
        from pixrestore.training.adversarial import Adversarial

        return Adversarial(
            self.core,
            channels,
            weight,
            # The loss may be another by the time that it reads.
            lambda output: self.loss.read(output),
            self._shrunk,
            devices.strategy.num_replicas_in_sync,
        )

    def start_pretrained(self, recipe: Recipe) -> None:
        """Load the weights that the architecture has from elsewhere, if any."""
        function = load_plugins().find(ARCHITECTURES, recipe.architecture)
        if hasattr(function, "load_pretrained"):
            function.load_pretrained(self.core, recipe.arguments)

    def freeze_encoder(self) -> None:
        """Keep the encoder as it is from the coming step on, and spare its gradients."""
        with self._strategy.scope():
            # For all weights, before it sees only those that are not frozen.
            self.learner.optimizer.build(self.learner.trainable_variables)
        self._frozen = _freeze(self.core)

    def thaw_encoder(self) -> bool:
        """Let the encoder learn from the coming step on; return False where it already does."""
        if not self._frozen:
            return False
        for layer in self._frozen:
            layer.trainable = True
        self._frozen = []
        # The step was compiled for the weights that learned so far.
        self.learner.make_train_function(force=True)
        return True

    def start_from(self, weights: Path) -> None:
        """Load trained weights."""
        load_weights(self._plain, weights)

    def resume(self, folder: Path) -> Progress:
        """Load what a run's checkpoint holds, and return where it stood."""
        with self._strategy.scope():  # where the optimiser's variables must be made
            return load_checkpoint(folder, self.learner)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Put the running average of the weights in place of the weights for a while."""
        # Before the first step there is no average.
        swap = self._swap if self.learner.optimizer.iterations.numpy() else None
        if swap is not None:
            swap.set_model(self.learner)
            swap.on_test_begin()
        try:
            yield
        finally:
            if swap is not None:
                swap.on_test_end()

    def answer(self, x: np.ndarray) -> tuple[Any, Any]:
        """Return the outputs that the loss compares and the answers to the task."""
        import tensorflow as tf

        output, answer = self._run(tf.convert_to_tensor(x, tf.float32))
        return output.numpy(), answer.numpy()

    def mean_loss(self, target: np.ndarray, output: np.ndarray) -> float:
        """Return the mean loss of a batch."""
        return float(np.mean(self._compare(target, output)))

    def _compare(self, target: Any, output: Any) -> Any:
        """Return the loss, at the scale that the network answers at."""
        return self.loss(self._shrunk(target), output)

    def _shrunk(self, picture: Any) -> Any:
        """Bring a picture of the input's size to that of the network's output."""
        from keras import ops

        return ops.average_pool(picture, self._factor) if self._factor > 1 else picture

    def save_weights(self, path: Path) -> None:
        """Save the weights alone; `OutputError` where there is no room for them."""
        require_room(path, weights_size(self._plain))
        self._plain.save_weights(path)


def _optimizer(recipe: Recipe, core: keras.Model) -> keras.optimizers.Optimizer:
    """Return Adam (Kingma & Ba, 2015), or AdamW where the recipe has weight decay.

    Its steps are shorter for an encoder's weights where the recipe says so.
    """
    keras = import_keras()
    settings: dict[str, Any] = {"learning_rate": recipe.rate}
    if recipe.clip:
        settings["global_clipnorm"] = recipe.clip
    if recipe.ema:
        settings |= {"use_ema": True, "ema_momentum": recipe.ema}
    kind = keras.optimizers.AdamW if recipe.decay else keras.optimizers.Adam
    if recipe.decay:
        settings["weight_decay"] = recipe.decay
    optimizer = _slower(kind, recipe.encoder_rate, encoder_layers(core))(**settings)
    if recipe.ema:
        # A number would be built into the compiled step; a variable can follow the schedule.
        optimizer.ema_momentum = keras.Variable(0.0, trainable=False, name="ema_momentum")
        # Keras would put the averages in place of the weights at the end of each `fit`, and a run
        # that was interrupted calls it more often than one that was not.
        optimizer.finalize_variable_values = lambda variables: None
    return optimizer


def encoder_layers(core: keras.Model) -> list[Any]:
    """List the layers of an architecture's pretrained encoder, which are named after it.

    Of a network within the network, its layers are listed.
    """
    found = [layer for layer in core.layers if layer.name.startswith(_ENCODER)]
    return [inner for layer in found for inner in getattr(layer, "layers", [layer])]


def _freeze(core: keras.Model) -> list[Any]:
    """Freeze the encoder; return what was not frozen, which normalisation may be."""
    frozen = [layer for layer in encoder_layers(core) if layer.trainable]
    for layer in frozen:
        layer.trainable = False
    return frozen


def _slower(kind: Any, factor: float, layers: Sequence[Any]) -> Any:
    """Return an optimiser's class whose steps are smaller for the weights of some layers."""
    if factor == 1.0:
        return kind
    slow = {id(weight) for layer in layers for weight in layer.weights}

    class Slower(kind):
        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            # What comes here is TensorFlow's own variable, which knows no layer.
            known = self._trainable_variables[self._get_variable_index(variable)]
            rate = learning_rate * factor if id(known) in slow else learning_rate
            super().update_step(gradient, variable, rate)

    return Slower
