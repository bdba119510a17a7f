"""Training against a discriminator, which learns to tell the network's answers from true ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pixrestore.backend import import_keras

keras = import_keras()

# A discriminator that learns faster than this runs away from the network it judges.
_HIGHEST_RATE = 2e-4
_WIDTHS = (32, 64, 128)
_LARGEST_GRADIENT = 1.0


class Adversarial(keras.Model):  # type: ignore[name-defined]
    """A network and the discriminator that it is trained against (Isola et al., CVPR 2017).

    The discriminator sees what the network saw beside an answer, and says of each patch whether
    the answer is a true one. Both take a step on each batch. Scores are compared by least squares
    (Mao et al., ICCV 2017): the network is pushed less the nearer its answers come to passing for
    true, so that neither side runs away. Nothing is normalised over a batch or a picture, since
    contrast and colour are what there is to judge; so two devices with half a batch each, or a run
    that was resumed, take the same steps.

    Parameters
    ----------
    generator : keras.Model
        The network in training; what `trainable_variables` and the optimiser are about.
    channels : tuple of int
        Cx of its input and Cy of the task's answer.
    weight : float
        Of the adversarial loss, beside the compiled one.
    read : callable
        From the network's output to the task's answer.
    shrunk : callable
        From a picture at the input's size to one at the output's.
    replicas : int
        Devices that a batch is spread over.
    """

    def __init__(
        self,
        generator: keras.Model,  # type: ignore[name-defined]
        channels: tuple[int, int],
        weight: float,
        read: Callable[[Any], Any],
        shrunk: Callable[[Any], Any],
        replicas: int,
    ) -> None:
        super().__init__(name="adversarial")
        self.generator = generator
        self.discriminator = _discriminator(sum(channels))
        self.discriminator_optimizer = keras.optimizers.Adam(
            _HIGHEST_RATE, beta_1=0.5, global_clipnorm=_LARGEST_GRADIENT
        )
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self._weight, self._read, self._shrunk, self._replicas = weight, read, shrunk, replicas
        self._means = [
            keras.metrics.Mean(name) for name in ("loss", "adversarial", "discriminator")
        ]
        self.built = True

    @property
    def trainable_variables(self) -> list[Any]:
        """The network's; those of the discriminator have an optimiser of their own."""
        variables: list[Any] = self.generator.trainable_variables
        return variables

    @property
    def metrics(self) -> list[Any]:
        """Means over the epoch: the compiled loss, and those of either side of the game."""
        return self._means

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Return the network's output."""
        return self.generator(x, training=training)

    def pace(self, rate: float) -> None:
        """Set the discriminator's learning rate, from what the network's is."""
        self.discriminator_optimizer.learning_rate = min(rate, _HIGHEST_RATE)

    def train_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        """Take a step with both sides."""
        import tensorflow as tf

        x, y = data
        seen, true = self._shrunk(x), self._shrunk(y)
        with tf.GradientTape() as tape:
            output = self.generator(x, training=True)
            loss = self.compute_loss(x, y, output)
            answer = self._read(output)
            adversarial = _distance(self._judge(seen, answer), 1.0)
            whole = self.optimizer.scale_loss(loss + self._weight * adversarial / self._replicas)
        mine = self.generator.trainable_variables
        slopes = tape.gradient(whole, mine)
        with tf.GradientTape() as tape:
            fake = self._judge(seen, tf.stop_gradient(answer))
            judged = 0.5 * (_distance(self._judge(seen, true), 1.0) + _distance(fake, 0.0))
            whole = judged / self._replicas
        theirs = self.discriminator.trainable_variables
        their_slopes = tape.gradient(whole, theirs)
        self.optimizer.apply_gradients(zip(slopes, mine, strict=True))
        self.discriminator_optimizer.apply_gradients(zip(their_slopes, theirs, strict=True))
        for mean, value in zip(
            self._means, (loss * self._replicas, adversarial, judged), strict=True
        ):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self._means}

    def _judge(self, seen: Any, answer: Any) -> Any:
        return self.discriminator(keras.ops.concatenate([seen, answer], axis=-1))


def _distance(scores: Any, wanted: float) -> Any:
    return keras.ops.mean(keras.ops.square(scores - wanted))


def _discriminator(channels: int) -> keras.Model:  # type: ignore[name-defined]
    """Return a network from input and answer, (N, H, W, `channels`), to scores of patches.

    A score looks at 46 pixels. It is in single precision throughout, whose gradients need no
    scaling.
    """
    layers = keras.layers
    picture = keras.Input((None, None, channels), dtype="float32")
    x = picture
    for width in _WIDTHS:
        x = layers.Conv2D(width, 4, strides=2, padding="same", dtype="float32")(x)
        x = layers.LeakyReLU(0.2, dtype="float32")(x)
    scores = layers.Conv2D(1, 4, padding="same", dtype="float32")(x)
    return keras.Model(picture, scores, name="discriminator")
