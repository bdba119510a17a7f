"""The ONNX graph of a model: its operations, with the weights left in the model's weights file."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pixrestore.description import GRAPH
from pixrestore.engines.keras_export import check_agreement, exported
from pixrestore.engines.opening import open_network
from pixrestore.errors import ModelError
from pixrestore.files import replace_file
from pixrestore.model.folder import Model, rewrite_description
from pixrestore.plugins.losses import find_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Smaller ones, such as sizes and epsilons, stay in the graph.
_SMALLEST_WEIGHT = 4


def add_graph(model: Model) -> Model:
    """Write a model's ONNX graph beside its weights, so that it runs without TensorFlow.

    Returns
    -------
    Model
        The model with its graph.

    Raises
    ------
    ModelError
        The network cannot be translated, gives different answers as a graph, is too large for the
        memory that is free, or onnx and tf2onnx are not installed.
    OutputError
        The folder cannot be written.
    """
    content, weights, classes = _translated(model)
    graph = {
        "file": GRAPH,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "weights": weights,
        **({"classes": classes} if classes else {}),
    }
    model = dataclasses.replace(model, graph=graph)
    replace_file(model.graph_path, content)
    try:
        check_agreement(model, open_network(model, "onnx"), open_network(model, "keras"))
    except ModelError:
        model.graph_path.unlink()
        raise
    rewrite_description(model)
    return model


def _chooses(model: Model) -> bool:
    return find_loss(model.loss, model.loss_options).classes() is not None


def _translated(model: Model) -> tuple[bytes, list[dict[str, Any]], str]:
    """Return the graph, its weights declared external, and where each of them is found.

    The last is the name of the output that says how likely each class is; empty without.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole.onnx"
        exported(model, "onnx", path, classes=_chooses(model))
        import onnx

        graph = onnx.load(path)
    datasets = _datasets(model.weights_path)
    entries = []
    for tensor in graph.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < _SMALLEST_WEIGHT:
            continue
        found = _found(onnx.numpy_helper.to_array(tensor), datasets)
        if found is None:
            continue
        entries.append({"name": tensor.name, "dataset": found[0], "axes": list(found[1])})
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        location = tensor.external_data.add()
        location.key, location.value = "location", model.weights_path.name
    if not entries:
        raise ModelError("the translated network holds none of the model's weights")
    _, *classes = (output.name for output in graph.graph.output)
    return graph.SerializeToString(), entries, "".join(classes)


def _datasets(path: Path) -> dict[str, NDArray[np.float32]]:
    import h5py

    found: dict[str, NDArray[np.float32]] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()].astype(np.float32)

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return found


def _found(
    values: NDArray[np.float32], datasets: dict[str, NDArray[np.float32]]
) -> tuple[str, tuple[int, ...]] | None:
    """Find the weight that holds `values`, its axes in whatever order."""
    for name, weight in datasets.items():
        if sorted(weight.shape) == sorted(values.shape):
            for axes in _orders(weight.shape, values.shape):
                if np.array_equal(weight.transpose(axes), values):
                    return name, axes
    return None


def _orders(shape: tuple[int, ...], wanted: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for axes in itertools.permutations(range(len(shape))):
        if tuple(shape[axis] for axis in axes) == tuple(wanted):
            yield axes
