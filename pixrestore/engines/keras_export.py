"""Keras' own exports of a network: ONNX, TensorFlow Lite, TensorFlow's SavedModel."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from pixrestore.backend import TRAINING, available_memory, import_keras, native_output_held
from pixrestore.engines import Form
from pixrestore.errors import ModelError, OutputError

if TYPE_CHECKING:
    from pixrestore.geometry import Network
    from pixrestore.model.folder import Model

FORMS: tuple[Form, ...] = get_args(Form)

_KERAS_NAMES = {"onnx": "onnx", "tflite": "litert", "savedmodel": "tf_saved_model"}
_NEEDED = {"onnx": ("onnx", "tf2onnx")}
# What translating to ONNX takes, in times the size of the weights: 53 were measured at 51 million.
# A system out of memory would end the whole run, with what it has still to write.
_MEMORY_PER_WEIGHTS = 60
# Single precision summed in another order.
_TOLERANCE = 1e-4


def exported(model: Model, form: Form, path: Path, *, classes: bool = False) -> None:
    """Write a model's network, reading of the answer included, in another form.

    It takes float32 (N, H, W, Cx) and answers (N, H, W, Cy), any size where the network does. With
    `classes` it has a second output: what the answer is read from.

    Raises
    ------
    ModelError
        The network has no such form, is too large for the memory that is free, or what writes the
        form is not installed.
    """
    missing = [name for name in _NEEDED.get(form, ()) if find_spec(name) is None]
    if missing:
        raise ModelError(
            f"{' and '.join(missing)} not installed: pip install '{TRAINING}' to write ONNX"
        )
    if form == "onnx":
        _check_room(model)
    keras = import_keras()
    import tensorflow as tf

    from pixrestore.engines.keras import load_network

    network = load_network(model).keras_model
    if classes:
        outputs = [network.output, network.layers[-1].input]
        network = keras.Model(network.input, outputs, name=network.name)
    signature = [tf.TensorSpec((None, *network.input_shape[1:]), tf.float32, name="x")]
    try:
        with quiet():
            network.export(
                str(path), format=_KERAS_NAMES[form], verbose=False, input_signature=signature
            )
    except Exception as error:  # converters raise anything at operations they do not know
        if "No space left on device" in str(error):  # TensorFlow's own errors among them
            raise OutputError(f"cannot write {form}: no space left", stopping=True) from error
        first = str(error).partition("\n")[0][:200]
        raise ModelError(f"{model.name} cannot be exported as {form}: {first}") from error


def _check_room(model: Model) -> None:
    needed = _MEMORY_PER_WEIGHTS * model.weights_path.stat().st_size
    free = available_memory()
    if needed > free:
        raise ModelError(
            f"{model.name} is too large to become an ONNX graph here: that takes about "
            f"{needed / 1e9:.0f} GB of memory"
        )


def check_agreement(model: Model, exported: Network, original: Network) -> None:
    """Raise a `ModelError` unless two forms of a network answer alike within 1e-4."""
    multiple, side = model.geometry.multiple, model.geometry.side
    rng = np.random.default_rng(0)
    for height, width in ((4, 7), (9, 4)):
        size = (side, side) if side else (height * multiple, width * multiple)
        x = rng.random((1, *size, model.channels[0]), np.float32)
        difference = float(np.abs(exported(x) - original(x)).max())
        if not difference <= _TOLERANCE:
            raise ModelError(
                f"{model.name} gives different answers once exported (by {difference:.2g})"
            )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back what converters print, log and warn."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with (
            native_output_held(),
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
