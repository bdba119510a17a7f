"""``model.json``, which says what a model is: everybody reads it here.

Nothing heavy is imported: lists and ``--help`` read it too.
"""

from __future__ import annotations

import json
import os
import stat
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixrestore.errors import ModelError
from pixrestore.files import printable
from pixrestore.geometry import Geometry

DESCRIPTION = "model.json"
WEIGHTS = "model.weights.h5"
GRAPH = "model.onnx"
CARD = "README.md"
RECORD = "installed.json"
"""Where an installed model came from."""
FORMAT = 1

PARTS = (DESCRIPTION, WEIGHTS, GRAPH, CARD)
"""What a model is, and what of it is shared."""

MOST_BYTES = 2 << 30
"""What a model may take on its way here: the most that an ONNX graph can take."""

# Beside them may lie terms, what says where it came from, and the hidden files of other programs.
_WELCOME = {*PARTS, RECORD, "LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE"}

# Far more than any description takes: beyond it, something else was given that name.
_LARGEST = 16 << 20
_MOST_CHANNELS = 4096
_LONGEST_CAUSE = 200
_STRAYS_NAMED = 4
# Least and most of each size of a geometry.
_SIZES = {
    "multiple": (1, 4096),
    "margin": (0, 65536),
    "side": (1, 65536),
    "working_size": (0, 65536),
}


@dataclass(frozen=True)
class Description:
    """What ``model.json`` says, each part of the kind that it should be.

    Whether the task exists, whether the options are its own and whether the weights are there is
    for `pixrestore.model.folder.load_model` to find out.

    Attributes
    ----------
    folder : Path
        The model's folder.
    task, options : str, Mapping
        Name of the task and values of its options.
    architecture, arguments : str, Mapping
        Name of the architecture, and its arguments.
    channels : tuple of int
        Channels that the network sees and answers.
    loss, loss_options : str, Mapping
        Name of the loss that it was trained with, and its options.
    geometry : Geometry
        The sizes that suit the network.
    weights, graph, training, figures, versions : Mapping
        See `pixrestore.model.folder.Model`.
    adds_colour : bool
        Whether the task gives colour to gray photos.
    licence, limits : str
        Terms of the weights; what the model gets wrong.
    """

    folder: Path
    task: str
    options: Mapping[str, Any]
    architecture: str
    arguments: Mapping[str, Any]
    channels: tuple[int, int]
    loss: str
    loss_options: Mapping[str, Any]
    geometry: Geometry
    adds_colour: bool
    weights: Mapping[str, Any]
    graph: Mapping[str, Any]
    training: Mapping[str, Any]
    figures: Mapping[str, Any]
    versions: Mapping[str, Any]
    licence: str
    limits: str


def is_model_folder(folder: Path) -> bool:
    """Tell whether a folder holds a model, sound or not."""
    return (folder / DESCRIPTION).is_file()


def models_in(folder: Path) -> list[Path]:
    """List the model folders in a folder, for `pixrestore_models` to return.

    A warning names what else a model's folder holds: that of a training run has pictures of
    validation photos, which would be published with a plugin.

    Parameters
    ----------
    folder : Path
        Folder that holds a folder for each model, such as ``models`` beside the plugin's code. It
        may be empty or missing.

    Returns
    -------
    list of Path
    """
    found = model_folders(folder)
    for model in found:
        warning = told_strays(model)
        if warning:
            warnings.warn(warning, stacklevel=2)
    return found


def model_folders(folder: Path) -> list[Path]:
    """List the model folders in a folder, which may be missing; hidden ones are being written."""
    found = (path.parent for path in folder.glob(f"*/{DESCRIPTION}"))
    return sorted(path for path in found if not path.name.startswith("."))


def strays(folder: Path) -> list[str]:
    """Name what lies in a model's folder and is no part of a model, such as pictures."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name + "/" * entry.is_dir() for entry in entries]
    except OSError:  # what reads the model says so
        return []
    return sorted(name for name in names if name not in _WELCOME and not name.startswith("."))


def told_strays(folder: Path) -> str:
    """Warn of the `strays` in a model's folder; empty where there are none."""
    found = strays(folder)
    if not found:
        return ""
    named = ", ".join(map(printable, found[:_STRAYS_NAMED]))
    more = f" and {len(found) - _STRAYS_NAMED} more" if len(found) > _STRAYS_NAMED else ""
    return (
        f"the model folder {printable(folder)} also holds {named}{more}: "
        "`pixrestore pack` copies only what a model is"
    )


def read_description(folder: Path) -> Description:
    """Read the ``model.json`` in a folder.

    Raises
    ------
    ModelError
        There is none, it cannot be read, or a newer version of pixrestore wrote it.
    """
    path = folder / DESCRIPTION
    try:
        mode = path.stat().st_mode
        # Nothing that could block or never end, such as a pipe or a device.
        if not stat.S_ISREG(mode):
            raise ModelError(f"{printable(path)} is not a file")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ModelError(f"{printable(path)} is too large for the description of a model")
        data = json.loads(content.decode())
        if data["format"] > FORMAT:
            written = data.get("versions", {}).get("pixrestore", "unknown")
            raise ModelError(
                f"{printable(folder)} was written by a newer pixrestore ({written}): "
                "update pixrestore"
            )
        return _parsed(folder, data)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(
            f"{printable(folder)} is no model folder: it has no {DESCRIPTION}"
        ) from error
    except KeyError as error:
        raise ModelError(f"{printable(path)} cannot be read: it lacks {error}") from error
    except (ValueError, TypeError, AttributeError, OSError, RecursionError) as error:
        cause = f"{type(error).__name__} {error}"[:_LONGEST_CAUSE]
        raise ModelError(f"{printable(path)} cannot be read: {cause}") from error


def _parsed(folder: Path, data: Mapping[str, Any]) -> Description:
    return Description(
        folder=folder,
        task=_text(data["task"]["name"]),
        options=_mapping(data["task"]["options"]),
        architecture=_text(data["architecture"]["name"]),
        arguments=_mapping(data["architecture"]["arguments"]),
        channels=_channels(*data["channels"]),
        loss=_text(data["loss"]["name"]),
        loss_options=_mapping(data["loss"]["options"]),
        geometry=_geometry(data["geometry"]),
        adds_colour=_truth(data["adds_colour"]),
        weights=_mapping(data["weights"]),
        graph=_mapping(data["graph"]),
        training=_mapping(data["training"]),
        figures=_mapping(data["figures"]),
        versions=_mapping(data["versions"]),
        licence=_text(data["licence"]),
        limits=_text(data["limits"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} should be text")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} should be names with values")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} should be true or false")
    return value


def _channels(seen: int, answered: int) -> tuple[int, int]:
    for count in (seen, answered):
        if type(count) is not int or not 1 <= count <= _MOST_CHANNELS:
            raise ValueError(f"{count!r} is no number of channels")
    return seen, answered


def _geometry(values: Any) -> Geometry:
    for name, value in _mapping(values).items():
        least, most = _SIZES[name]
        if name == "side" and value is None:
            continue
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"{name} is {value!r}, not a whole number {least} to {most}")
    return Geometry(**values)
