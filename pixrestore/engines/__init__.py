"""What runs a trained network: Keras, or ONNX Runtime, which starts without TensorFlow."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pixrestore.errors import ModelError, UsageError, nearest

if TYPE_CHECKING:
    from pixrestore.model import Model
    from pixrestore.restoring.network import Network

Engine = Literal["auto", "onnx", "keras"]
ENGINES: tuple[Engine, ...] = ("auto", "onnx", "keras")
# What `export_model` writes; here, where the command line can read it without importing NumPy.
Form = Literal["onnx", "tflite", "savedmodel"]

_NVIDIA = Path("/proc/driver/nvidia/gpus")

_log = logging.getLogger("pixrestore")


def open_network(model: Model, engine: Engine = "auto") -> Network:
    """Load a model's network, its weights already checked.

    Parameters
    ----------
    model : Model
    engine : {"auto", "onnx", "keras"}
        "auto" takes ONNX Runtime where the model has a graph for it and there is no GPU that Keras
        could use, since it starts much faster than TensorFlow; else Keras.

    Raises
    ------
    UsageError
        There is no such engine.
    ModelError
        "onnx" is asked for, and the model has no graph or ONNX Runtime is missing.
    """
    if engine not in ENGINES:
        raise UsageError(f"no engine is called {engine!r}: {nearest(engine, ENGINES)}")
    if engine == "keras" or (engine == "auto" and _gpu()):
        return _keras(model)
    obstacle = _obstacle(model)
    if not obstacle:
        from pixrestore.engines.onnx import OnnxNetwork

        try:
            return OnnxNetwork(model)
        except ModelError as error:
            obstacle = str(error)
    if engine == "onnx":
        raise ModelError(obstacle)
    _log.info("%s: it runs on Keras instead", obstacle)
    return _keras(model)


def _obstacle(model: Model) -> str:
    """Say what keeps a model from running on ONNX Runtime; nothing when it can."""
    if not model.graph or not model.graph_path.is_file():
        return f"the model {model.name} has no ONNX graph"
    if find_spec("onnxruntime") is None:
        return "onnxruntime is not installed"
    return ""


def _keras(model: Model) -> Network:
    from pixrestore.network import load_network

    try:
        return load_network(model)
    except UsageError as error:  # nobody typed these arguments
        raise ModelError(f"{model.folder}: its model.json cannot be used: {error}") from error


def _gpu() -> bool:
    """Say whether there is an NVIDIA GPU, without importing TensorFlow."""
    try:
        return any(_NVIDIA.iterdir())
    except OSError:
        return False
