"""A model on disk: a folder of ``model.json``, ``model.weights.h5`` and ``README.md``, its card.

Beside the weights may lie ``model.onnx``, the network's operations for ONNX Runtime.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.addresses import Address, place_of
from pixrestore.description import (
    CARD,
    DESCRIPTION,
    FORMAT,
    GRAPH,
    WEIGHTS,
    Description,
    read_description,
)
from pixrestore.errors import ModelError, OutputError, UnknownNameError, UsageError, nearest
from pixrestore.files import printable, replace_file, replace_json, replacing
from pixrestore.geometry import Geometry
from pixrestore.model.card import card
from pixrestore.model.fetching import fetched_model
from pixrestore.model.hub import cached_model, is_hub_name
from pixrestore.model.installed import known_models
from pixrestore.model.weights import check_plain
from pixrestore.options import checked
from pixrestore.plugins.kinds import MODELS, TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.plugins.losses import find_loss

if TYPE_CHECKING:
    from pixrestore.task import Task


@dataclass(frozen=True)
class Model:
    """Something trained: a task, an architecture and weights, in a folder.

    Attributes
    ----------
    folder : Path
        Folder that holds the model.
    task : Task
        The configured task that it was trained for.
    architecture, arguments : str, Mapping
        Name of the architecture, and its arguments.
    channels : tuple of int
        Channels that the network sees and answers.
    loss, loss_options : str, Mapping
        The loss it was trained with, which knows how to read the network's output.
    geometry : Geometry
        Sizes and tiles that suit the network.
    adds_colour : bool
        Whether the task gives colour to gray photos, which then do not stay gray.
    weights : Mapping
        ``sha256`` and ``bytes`` of the weights' file.
    graph : Mapping
        ``sha256`` and ``bytes`` of the ONNX graph's file, and where its ``weights`` are found in
        the weights' file; empty when there is none. A graph from elsewhere has a ``signature``:
        what it takes and answers. It holds its weights itself, and there is no weights' file.
    training : Mapping
        Record of its training: data, command, steps, minutes, seed.
    figures : Mapping
        Figures that were measured.
    licence : str
        Terms of the weights, as the terms of the training photos allow.
    limits : str
        Its mistakes and the uses to avoid, in Markdown, for its card.
    versions : Mapping
        Versions of pixrestore, keras and tensorflow that wrote it.
    """

    folder: Path
    task: Task
    architecture: str
    arguments: Mapping[str, Any]
    channels: tuple[int, int]
    loss: str
    loss_options: Mapping[str, Any]
    geometry: Geometry
    adds_colour: bool
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

    @property
    def wrapped(self) -> bool:
        """Whether the network is a graph from elsewhere, with no layers that Keras knows."""
        return is_wrapped(self.graph)

    def require_layers(self) -> None:
        """Raise a `ModelError` where only ONNX Runtime can run the network."""
        if self.wrapped:
            raise ModelError(
                f"{self.name} is a graph from elsewhere: it restores photos with ONNX Runtime, "
                "and can do no more"
            )

    def lineage(self) -> dict[str, Any]:
        """Return what a model that starts from this one tells of it: its training, in short."""
        told = ("command", "steps", "minutes", "init")
        return {name: self.training[name] for name in told if self.training.get(name)}


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
    return _loaded(model_folder(name), kinds)


def model_folder(name: str | os.PathLike[str]) -> Path:
    """Return the folder of a model: `name` itself, or that of an installed model of this name.

    One of the Hub, such as ``hf://owner/name``, or behind another address is downloaded when it is
    first asked for.

    Raises
    ------
    UnknownNameError, PluginError, ModelError
        As `load_model` does.
    """
    if is_hub_name(name):
        return cached_model(str(name))
    place = place_of(name)
    if isinstance(place, Address):
        return fetched_model(place)
    folder = place
    try:
        if folder.is_dir():
            return folder
    except PermissionError as error:
        raise ModelError(f"{printable(folder)} cannot be read: {error.strerror}") from error
    plugins = known_models()
    if plugins.claims(MODELS, str(name)):
        return plugins.find(MODELS, str(name))
    raise UnknownNameError(
        f"no model folder and no installed model is called {str(name)!r}: "
        f"{nearest(str(name), plugins.all(MODELS))}"
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
    waiting = _waiting(model)
    try:
        model.folder.mkdir(parents=True, exist_ok=True)
        with replacing(waiting) as fresh:
            save_weights(fresh)
        weights = {"file": WEIGHTS, "sha256": _sha256(waiting), "bytes": waiting.stat().st_size}
        model = dataclasses.replace(model, weights=weights, graph={}, versions=_versions())
        # From here on `_finish_move` completes what a kill interrupts: model.json names the
        # checksum of the new weights, which wait beside the old ones.
        replace_json(model.folder / DESCRIPTION, describe(model))
        os.replace(waiting, model.weights_path)
    except OSError as error:
        raise OutputError(f"cannot write the model to {model.folder}: {error.strerror}") from error
    _write_card(model)
    return model


def write_wrapped(model: Model, name: str) -> None:
    """Write ``model.json`` and the card beside a graph from elsewhere.

    Parameters
    ----------
    model : Model
        Its folder, which may have another name for now, holds the graph.
    name : str
        Name that it will have.
    """
    from pixrestore import __version__

    described = describe(dataclasses.replace(model, versions={"pixrestore": __version__}))
    replace_json(model.folder / DESCRIPTION, described)
    text = card(name, model.task.summary(), described)
    replace_file(model.folder / CARD, text.encode("utf-8", "replace"))


def rewrite_description(model: Model) -> None:
    """Write ``model.json`` and the card again, the weights as they are."""
    replace_json(model.folder / DESCRIPTION, describe(model))
    _write_card(model)


def _write_card(model: Model) -> None:
    text = card(model.name, model.task.summary(), describe(model))
    # Names of folders need not be text.
    replace_file(model.folder / CARD, text.encode("utf-8", "replace"))


def describe(model: Model) -> dict[str, Any]:
    """Return what ``model.json`` holds."""
    return {
        "format": FORMAT,
        "task": {"name": model.task.name, "options": model.task.options()},
        "architecture": {"name": model.architecture, "arguments": dict(model.arguments)},
        "channels": list(model.channels),
        "loss": {"name": model.loss, "options": dict(model.loss_options)},
        "geometry": dataclasses.asdict(model.geometry),
        "adds_colour": model.adds_colour,
        "weights": dict(model.weights),
        "graph": dict(model.graph),
        "versions": dict(model.versions),
        "training": dict(model.training),
        "figures": dict(model.figures),
        "licence": model.licence,
        "limits": model.limits,
    }


def check_weights(model: Model) -> None:
    """Raise a `ModelError` unless weights and graph may be loaded.

    They must lie in the folder, be those ``model.json`` was written with, and hold nothing but
    numbers of their own.
    """
    _finish_move(model)
    check_files(model)


def check_files(said: Model | Description) -> None:
    """Do what `check_weights` does, also for a model whose task no plugin provides."""
    weights, graph = said.folder / WEIGHTS, said.folder / GRAPH
    try:
        _check_links(said.folder)
        if is_wrapped(said.graph):
            _check_there(graph)
        else:
            _check_there(weights)
            _check_file(weights, said.weights)
            check_plain(weights)
        if said.graph and graph.is_file():
            _check_file(graph, said.graph)
    except OSError as error:
        place = printable(error.filename or said.folder)
        raise ModelError(f"{place} cannot be read: {error.strerror}") from error


def is_wrapped(graph: Mapping[str, Any]) -> bool:
    """Tell by what ``model.json`` says of a graph whether it is all there is of the network."""
    return "signature" in graph


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise ModelError(f"{path.parent} has no {path.name}")


def _check_links(folder: Path) -> None:
    """Refuse links that lead out of a model's folder, by which a graph could read other files."""
    home = folder.resolve()
    for path in folder.iterdir():
        if path.is_symlink() and not path.resolve().is_relative_to(home):
            raise ModelError(f"{path} is a link out of the model's folder")


def _check_file(path: Path, noted: Mapping[str, Any]) -> None:
    if _sha256(path) != noted.get("sha256"):
        raise ModelError(f"{path} was altered or damaged: its sha256 is not that in {DESCRIPTION}")


def _waiting(model: Model) -> Path:
    """Return where new weights wait until ``model.json`` names them."""
    return model.folder / ("new." + WEIGHTS)


def _finish_move(model: Model) -> None:
    waiting = _waiting(model)
    if waiting.is_file() and _sha256(waiting) == model.weights.get("sha256"):
        os.replace(waiting, model.weights_path)


def _loaded(folder: Path, kinds: Sequence[type[Task]]) -> Model:
    said = read_description(folder)
    plugins = load_plugins()
    task = {kind.name: kind for kind in kinds}.get(said.task) or plugins.find(TASKS, said.task)
    try:
        if not is_wrapped(said.graph):  # which no loss of ours has trained
            find_loss(said.loss, said.loss_options)  # finds what is wrong with it
        return Model(
            folder=folder,
            task=task(**checked(task, said.options)),
            architecture=said.architecture,
            arguments=said.arguments,
            channels=said.channels,
            loss=said.loss,
            loss_options=said.loss_options,
            geometry=said.geometry,
            adds_colour=said.adds_colour,
            weights=said.weights,
            graph=said.graph,
            training=said.training,
            figures=said.figures,
            licence=said.licence,
            limits=said.limits,
            versions=said.versions,
        )
    except UsageError as error:  # nobody typed these options
        raise ModelError(f"{folder / DESCRIPTION} cannot be used: {error}") from error
    except (ValueError, TypeError, OverflowError) as error:
        raise ModelError(
            f"{folder / DESCRIPTION} cannot be read: {type(error).__name__} {error}"
        ) from error


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("pixrestore", "keras", "tensorflow"):
        with contextlib.suppress(PackageNotFoundError):  # a copy is written without the last two
            found[name] = version(name)
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
