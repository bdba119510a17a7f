"""What a run uses of the machine: all GPUs, half precision and XLA where they help."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pixrestore.backend import import_keras
from pixrestore.recipe import Precision


@dataclass(frozen=True)
class Devices:
    """The machine as a run uses it.

    Attributes
    ----------
    strategy : tf.distribute.Strategy
        Mirrors the network over several devices, or leaves it on one.
    precision : str
        Keras' dtype policy, never "auto".
    gpu : bool
        There is a GPU: the training step is compiled by XLA.
    """

    strategy: Any
    precision: Precision
    gpu: bool

    @contextmanager
    def building(self) -> Iterator[None]:
        """Build networks with this precision and strategy; what was set before comes back."""
        keras = import_keras()
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.precision)
        try:
            with self.strategy.scope():
                yield
        finally:
            keras.config.set_dtype_policy(before)


def choose_devices(precision: Precision = "auto") -> Devices:
    """Use every GPU there is, with half precision and XLA; several logical CPU devices alike.

    Few processors calculate in half precision, so they do so only when `precision` asks for it.
    They never take XLA, whose convolutions are slower there than TensorFlow's.
    """
    import_keras()
    import tensorflow as tf

    gpus = tf.config.list_logical_devices("GPU")
    devices = gpus or tf.config.list_logical_devices("CPU")
    several = len(devices) > 1
    strategy = (
        tf.distribute.MirroredStrategy([device.name for device in devices])
        if several
        else tf.distribute.get_strategy()
    )
    if precision == "auto":
        precision = "mixed_float16" if gpus else "float32"
    return Devices(strategy, precision, gpu=bool(gpus))
