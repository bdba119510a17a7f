"""From a model's folder to its network, and to what restores photos with it."""

from __future__ import annotations

import logging
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.backend import missing_training_packages
from pixrestore.engines import ENGINES, Engine
from pixrestore.errors import ModelError, UsageError, nearest
from pixrestore.model.folder import Model, check_weights, describe

if TYPE_CHECKING:
    from pixrestore.geometry import Array, Classifier, Network
    from pixrestore.loss import Loss
    from pixrestore.restoring.restorer import Restorer
    from pixrestore.task import Task

_NVIDIA = Path("/proc/driver/nvidia/gpus")

_log = logging.getLogger("pixrestore")


def open_restorer(model: Model, engine: Engine = "auto") -> Restorer:
    """Check a model's weights, load them, and return what restores photos with them.

    Parameters
    ----------
    model : Model
    engine : {"auto", "onnx", "keras"}
        Engine that runs the network; see `open_network`.

    Raises
    ------
    ModelError
        The weights are missing, altered, or do not fit the network.
    """
    from pixrestore.restoring.restorer import Restorer

    return Restorer(
        _task(model),
        _checked_network(model, engine),
        model.geometry,
        adds_colour=model.adds_colour,
        info={"name": model.name, **describe(model)},
        encoder=partial(_encoder, model),
        classifier=partial(open_classifier, model, engine),
    )


def _task(model: Model) -> Task:
    if not model.wrapped:
        return model.task
    from pixrestore.engines.wrapped import shown_plainly

    return shown_plainly(model.task)


def _encoder(model: Model) -> Network:
    from pixrestore.engines.keras import load_encoder

    return load_encoder(model)


def _checked_network(model: Model, engine: Engine) -> _CheckedNetwork:
    check_weights(model)
    return _CheckedNetwork(open_network(model, engine), model, engine)


def open_classifier(model: Model, engine: Engine = "auto") -> Classifier:
    """Load a model's network for the probabilities of its classes, its weights already checked.

    Parameters
    ----------
    model : Model
    engine : {"auto", "onnx", "keras"}
        As `open_network` takes it. A graph without an output for the classes cannot be used.

    Raises
    ------
    UsageError
        The model's loss does not choose among classes.
    ModelError, BackendError
        The model cannot be run.
    """
    from pixrestore.plugins.losses import find_loss

    # No loss of ours has trained a wrapped one.
    loss = None if model.wrapped else find_loss(model.loss, model.loss_options)
    classes = loss.classes() if loss else None
    if loss is None or classes is None:
        raise UsageError(
            f"the model {model.name} answers without saying how likely other answers are: only "
            "losses that choose among classes do, such as chroma_classes"
        )
    return _Classifier(classes, _scoring(model, engine), loss, model.name)


class _Classifier:
    """A network whose scores of classes become probabilities."""

    def __init__(self, classes: Array, network: Network, loss: Loss, name: str) -> None:
        self.classes, self._network, self._loss, self._name = classes, network, loss, name

    def __call__(self, x: Array) -> Array:
        """Return probabilities; a `ModelError` where there are none."""
        import numpy as np

        scores = self._network(x)
        if scores.ndim != 4 or scores.shape[-1] != len(self.classes):
            raise ModelError(
                f"{self._name} answers {scores.shape} where {len(self.classes)} classes are needed"
            )
        if not np.isfinite(scores).all():
            raise ModelError(f"{self._name} answers infinities or NaN: its weights are no good")
        return self._loss.probabilities(scores)


def _scoring(model: Model, engine: Engine) -> Network:
    """Return the network up to the scores of its classes."""
    name = model.graph.get("classes")
    if engine != "keras" and name and not _obstacle(model):
        from pixrestore.engines.onnx import OnnxNetwork

        return OnnxNetwork(model, str(name))
    if engine == "onnx":
        raise ModelError(
            _obstacle(model) or f"the ONNX graph of {model.name} says nothing of its classes"
        )
    from pixrestore.engines.keras import load_core

    return load_core(model)


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
        raise UsageError(f"unknown engine {engine!r}: {nearest(engine, ENGINES)}")
    if model.wrapped:
        return _wrapped(model, engine)
    if engine == "keras" or (engine == "auto" and _gpu() and not missing_training_packages()):
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


class _CheckedNetwork:
    """A network whose answers are what its model says: a stranger's may be anything."""

    def __init__(self, network: Network, model: Model, engine: Engine) -> None:
        self.network, self._model, self._engine = network, model, engine

    def __reduce__(self) -> Any:
        """Let other processes open the model for themselves: sessions cannot be sent to them."""
        return _checked_network, (self._model, self._engine)

    def __call__(self, x: Array) -> Array:
        """Run the network; a `ModelError` where it answers something else than numbers."""
        import numpy as np

        answer, name = self.network(x), self._model.name
        wanted = (*x.shape[:3], self._model.channels[1])
        if answer.shape != wanted:
            raise ModelError(f"{name} answers {answer.shape} where {wanted} is needed")
        if not np.isfinite(answer).all():
            raise ModelError(f"{name} answers infinities or NaN: its weights are no good")
        return answer


def _obstacle(model: Model) -> str:
    """Say what keeps a model from running on ONNX Runtime; nothing when it can."""
    if not model.graph or not model.graph_path.is_file():
        return f"the model {model.name} has no ONNX graph"
    if find_spec("onnxruntime") is None:
        return "onnxruntime is not installed"
    return ""


def _wrapped(model: Model, engine: Engine) -> Network:
    if engine == "keras":
        model.require_layers()
    from pixrestore.engines.signature import read_signature
    from pixrestore.engines.wrapped import WrappedNetwork

    return WrappedNetwork(model.graph_path, read_signature(model.graph["signature"], model.folder))


def _keras(model: Model) -> Network:
    from pixrestore.engines.keras import load_network

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
