"""The models that a name can mean: those of plugins, and those that the user has installed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixrestore.description import RECORD, model_folders
from pixrestore.files import replace_json
from pixrestore.places import models_folder
from pixrestore.plugins.kinds import MODELS
from pixrestore.plugins.loading import load_plugins
from pixrestore.plugins.registry import Plugin, Plugins

OWN = "your models"
_LARGEST = 1 << 16


def known_models() -> Plugins:
    """Return all plugins, and beside them what stands for the user's own models.

    The folder is looked at each time: a model can be installed while a program runs.
    """
    return Plugins((*load_plugins().plugins, own_models()))


def own_models() -> Plugin:
    """Return the models in the user's folder as if a plugin provided them."""
    found = {path.name: path for path in model_folders(models_folder())}
    return Plugin("", OWN, "", provided={MODELS: found})


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Note in a model's folder where it came from."""
    replace_json(folder / RECORD, record)


def read_record(folder: Path) -> dict[str, Any]:
    """Return what `write_record` noted; nothing where nothing was, or it cannot be read."""
    try:
        with (folder / RECORD).open("rb") as file:
            found = json.loads(file.read(_LARGEST).decode())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
