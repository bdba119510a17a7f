"""A model on disk: a folder of ``model.json``, ``model.weights.h5`` and ``README.md``, its card.

Beside the weights may lie ``model.onnx``, the network's operations for ONNX Runtime.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.errors import (
    ModelError,
    OutputError,
    PixrestoreError,
    UnknownNameError,
    UsageError,
    nearest,
)
from pixrestore.files import DESCRIPTION, replace_file, replace_json
from pixrestore.plugins import load_plugins

if TYPE_CHECKING:
    from pixrestore.engines import Engine
    from pixrestore.losses import Loss
    from pixrestore.restoring import Geometry, Network, Restorer
    from pixrestore.task import Task

FORMAT = 1
WEIGHTS = "model.weights.h5"
GRAPH = "model.onnx"
CARD = "README.md"

# Far more than any description takes: beyond it, something else was given that name.
_LARGEST_DESCRIPTION = 16 << 20
_MOST_CHANNELS = 4096


@dataclass(frozen=True)
class Model:
    """Something trained: a task, an architecture and weights, in a folder.

    Attributes
    ----------
    folder : Path
        Where it lies.
    task : Task
        The configured task that it was trained for.
    architecture, arguments : str, Mapping
        What builds the network.
    channels : tuple of int
        Channels that the network sees and answers.
    loss : Loss
        The loss it was trained with, which knows how to read the network's output.
    geometry : Geometry
        Sizes and tiles that suit the network.
    weights : Mapping
        ``sha256`` and ``bytes`` of the weights' file.
    graph : Mapping
        ``sha256`` and ``bytes`` of the ONNX graph's file, and where its ``weights`` are found in
        the weights' file; empty when there is none.
    training : Mapping
        How it came to be: data, command, steps, minutes, seed.
    figures : Mapping
        What was measured.
    licence : str
        Terms of the weights, as the terms of the training photos allow.
    limits : str
        What it gets wrong and what it must not be used for, in Markdown, for its card.
    versions : Mapping
        Versions of pixrestore, keras and tensorflow that wrote it.
    """

    folder: Path
    task: Task
    architecture: str
    arguments: Mapping[str, Any]
    channels: tuple[int, int]
    loss: Loss
    geometry: Geometry
    weights: Mapping[str, Any] = field(default_factory=dict)
    graph: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    limits: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    @property
    def weights_path(self) -> Path:
        """Where the weights lie."""
        return self.folder / WEIGHTS

    @property
    def graph_path(self) -> Path:
        """Where the ONNX graph lies, if it has one."""
        return self.folder / GRAPH

    def lineage(self) -> dict[str, Any]:
        """Return what a model that starts from this one tells of it: its training, in short."""
        told = ("command", "steps", "minutes", "init")
        return {name: self.training[name] for name in told if self.training.get(name)}

    def restorer(self, engine: Engine = "auto") -> Restorer:
        """Check the weights against ``model.json``, load them, and return what restores photos.

        Parameters
        ----------
        engine : {"auto", "onnx", "keras"}
            What runs the network, see `pixrestore.engines.open_network`.

        Raises
        ------
        ModelError
            The weights are missing, altered, or do not fit the network.
        """
        from pixrestore.engines import open_network
        from pixrestore.restoring import Restorer

        check_weights(self)
        network = open_network(self, engine)
        return Restorer(
            self.task,
            network,
            self.geometry,
            info={"name": self.name, **describe(self)},
            encoder=self._encoder,
        )

    def _encoder(self) -> Network:
        from pixrestore.network import load_encoder

        return load_encoder(self)


def load_model(name: str | os.PathLike[str], *kinds: type[Task]) -> Model:
    """Find and describe a model by its folder or by the name of an installed one.

    Parameters
    ----------
    name : path or str
    *kinds : type
        Classes of tasks that no plugin provides (yet), of which the model's may be one.

    Raises
    ------
    ModelError
        There is a folder, but no model that this version can use in it.
    UnknownNameError
        There is neither a folder nor an installed model of that name.
    PluginError
        Two plugins claim that name.
    """
    folder = Path(name)
    if folder.is_dir():
        return _read(folder, kinds)
    plugins = load_plugins()
    if plugins.claims("models", str(name)):
        return _read(plugins.model(str(name)), kinds)
    raise UnknownNameError(
        f"no model folder and no installed model is called {str(name)!r}: "
        f"{nearest(str(name), plugins.models)}"
    )


def write_model(model: Model, save_weights: Callable[[Path], None]) -> Model:
    """Write a model into its folder; whoever kills this finds the old model or the new one.

    Parameters
    ----------
    model : Model
        `weights` and `versions` are filled in here.
    save_weights : callable
        Writes the weights' file at the path that it is given.

    Returns
    -------
    Model
        As written.
    """
    fresh = model.folder / ("new." + WEIGHTS)
    try:
        model.folder.mkdir(parents=True, exist_ok=True)
        save_weights(fresh)
        _flush(fresh)
        weights = {"file": WEIGHTS, "sha256": _sha256(fresh), "bytes": fresh.stat().st_size}
        model = dataclasses.replace(model, weights=weights, graph={}, versions=_versions())
        # From here on `_finish_move` completes what a kill interrupts: model.json names the
        # checksum of the new weights, which wait beside the old ones.
        replace_json(model.folder / DESCRIPTION, describe(model))
        os.replace(fresh, model.weights_path)
        _write_card(model)
    except OSError as error:
        raise OutputError(f"cannot write the model to {model.folder}: {error.strerror}") from error
    return model


def rewrite_description(model: Model) -> None:
    """Write ``model.json`` and the card again, the weights as they are."""
    replace_json(model.folder / DESCRIPTION, describe(model))
    _write_card(model)


def _write_card(model: Model) -> None:
    from pixrestore.card import card

    # Names of folders need not be text.
    replace_file(model.folder / CARD, card(model).encode("utf-8", "replace"))


def describe(model: Model) -> dict[str, Any]:
    """Return what ``model.json`` holds."""
    from pixrestore.losses import describe_loss

    return {
        "format": FORMAT,
        "task": {"name": model.task.name, "options": model.task.options()},
        "architecture": {"name": model.architecture, "arguments": dict(model.arguments)},
        "channels": list(model.channels),
        "loss": describe_loss(model.loss),
        "geometry": dataclasses.asdict(model.geometry),
        "weights": dict(model.weights),
        "graph": dict(model.graph),
        "versions": dict(model.versions),
        "training": dict(model.training),
        "figures": dict(model.figures),
        "licence": model.licence,
        "limits": model.limits,
    }


def check_weights(model: Model) -> None:
    """Raise a `ModelError` unless weights and graph are those ``model.json`` was written with."""
    _finish_move(model)
    if not model.weights_path.is_file():
        raise ModelError(f"{model.folder} has no {WEIGHTS}")
    _check_file(model.weights_path, model.weights)
    if model.graph and model.graph_path.is_file():
        _check_file(model.graph_path, model.graph)


def _check_file(path: Path, noted: Mapping[str, Any]) -> None:
    if _sha256(path) != noted.get("sha256"):
        raise ModelError(f"{path} was altered or damaged: its sha256 is not that in {DESCRIPTION}")


def _finish_move(model: Model) -> None:
    fresh = model.folder / ("new." + WEIGHTS)
    if fresh.is_file() and _sha256(fresh) == model.weights.get("sha256"):
        os.replace(fresh, model.weights_path)


def _read(folder: Path, kinds: Sequence[type[Task]]) -> Model:
    path = folder / DESCRIPTION
    if not path.is_file():
        raise ModelError(f"{folder} is no model folder: it has no {DESCRIPTION}")
    try:
        if path.stat().st_size > _LARGEST_DESCRIPTION:
            raise ModelError(f"{path} is too large for the description of a model")
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] > FORMAT:
            raise ModelError(
                f"{folder} was written by a newer pixrestore "
                f"({data.get('versions', {}).get('pixrestore', 'unknown')}): update pixrestore"
            )
        return _parsed(folder, data, kinds)
    except UsageError as error:  # nobody typed these options
        raise ModelError(f"{path} cannot be used: {error}") from error
    except PixrestoreError:
        raise
    except KeyError as error:
        raise ModelError(f"{path} cannot be read: it lacks {error}") from error
    except (ValueError, TypeError, AttributeError, OSError, OverflowError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read: {type(error).__name__} {error}") from error


def _parsed(folder: Path, data: Mapping[str, Any], kinds: Sequence[type[Task]]) -> Model:
    from pixrestore.losses import find_loss
    from pixrestore.options import checked
    from pixrestore.restoring import Geometry

    name = _text(data["task"]["name"])
    task = {kind.name: kind for kind in kinds}.get(name) or load_plugins().task(name)
    return Model(
        folder=folder,
        task=task(**checked(task, data["task"]["options"])),
        architecture=_text(data["architecture"]["name"]),
        arguments=_mapping(data["architecture"]["arguments"]),
        channels=_channels(*data["channels"]),
        loss=find_loss(_text(data["loss"]["name"]), _mapping(data["loss"]["options"])),
        geometry=Geometry(**data["geometry"]),
        weights=_mapping(data["weights"]),
        graph=_mapping(data.get("graph", {})),
        training=_mapping(data["training"]),
        figures=_mapping(data["figures"]),
        licence=_text(data["licence"]),
        limits=_text(data.get("limits", "")),
        versions=_mapping(data["versions"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} should be text")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} should be names with values")
    return value


def _channels(seen: int, answered: int) -> tuple[int, int]:
    for count in (seen, answered):
        if type(count) is not int or not 1 <= count <= _MOST_CHANNELS:
            raise ValueError(f"{count!r} is no number of channels")
    return seen, answered


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("pixrestore", "keras", "tensorflow")}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Make sure that the bytes are on the disk before a name points at them."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
