"""What the page offers: the installed tasks that have a model, and their options and guides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixrestore.description import read_description
from pixrestore.errors import ModelError
from pixrestore.guide import Guide
from pixrestore.model.folder import load_model
from pixrestore.model.installed import known_models
from pixrestore.options import Option, options_of
from pixrestore.plugins.kinds import MODELS, TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.serving.settings import Settings
from pixrestore.task import Task


@dataclass(frozen=True)
class Offer:
    """A task that photos can be mended by.

    Attributes
    ----------
    task : str
        Its name.
    summary : str
        What it does, in one sentence.
    models : dict of str to Path
        The folders of its models by their names; the first is used unless another is chosen. An
        empty name stands for the one that the server was told to use.
    options : tuple of Option
        What can be set when restoring.
    guides : tuple of Guide
        What can be painted.
    adds_colour : bool
        Whether its first model gives colour to gray photos.
    """

    task: str
    summary: str
    models: dict[str, Path]
    options: tuple[Option, ...]
    guides: tuple[Guide, ...]
    adds_colour: bool

    def values(self, model: str) -> list[Any]:
        """Return the values of the options that a model was made with, in their order."""
        made = read_description(self.models[model]).options
        return [
            option.check(made[option.name]) if option.name in made else option.default
            for option in self.options
        ]


@dataclass(frozen=True)
class Step:
    """One task at work: by which model, and with which options."""

    task: str
    model: str = ""
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """The model as `Restorers.of` takes it: none for the task's own."""
        return (self.model,) if self.model else ()


def offers_of(settings: Settings) -> list[Offer]:
    """List the tasks that are installed and have a model."""
    told = {model.task.name: model.folder for model in map(load_model, settings.models)}
    found = []
    for name, kind in load_plugins().all(TASKS).items():
        models = _models(name, told.get(name))
        if models:
            found.append(_offer(name, kind, models))
    return found


def guides_of(offers: Sequence[Offer]) -> dict[str, Guide]:
    """Return all guides by their names; tasks whose guides have one name share what is painted."""
    return {guide.name: guide for offer in offers for guide in offer.guides}


def _offer(name: str, kind: type[Task], models: dict[str, Path]) -> Offer:
    options = tuple(option for option in options_of(kind) if option.restoring)
    colour = read_description(next(iter(models.values()))).adds_colour
    return Offer(name, kind.summary(), models, options, kind.guides, colour)


def _models(task: str, told: Path | None) -> dict[str, Path]:
    installed = {
        name: folder for name, folder in known_models().all(MODELS).items() if _is_for(folder, task)
    }
    if told is not None:
        return {"": told, **installed}
    # The task's own, which has its name, comes first.
    return dict(sorted(installed.items(), key=lambda one: (one[0] != task, one[0])))


def _is_for(folder: Path, task: str) -> bool:
    try:
        return read_description(folder).task == task
    except ModelError:
        return False
