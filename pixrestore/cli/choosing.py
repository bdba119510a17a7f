"""Which task and architecture a command line is about, found without loading anything heavy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.cli.sections import Section
from pixrestore.cli.words import value_of
from pixrestore.errors import UsageError
from pixrestore.options import options_of
from pixrestore.plugins import load_plugins
from pixrestore.recipe import Recipe

if TYPE_CHECKING:
    from pixrestore.task import Task


@dataclass(frozen=True)
class Choice:
    """A task, and the options that it was configured with where a model says so."""

    task: type[Task]
    options: Mapping[str, Any] = field(default_factory=dict)

    def restoring(self) -> Section:
        """Return the section of the options that take effect when photos are restored."""
        chosen = [option for option in options_of(self.task) if option.restoring]
        return self._section(chosen, self.options)

    def all(self, *, benchmark: bool = False) -> Section:
        """Return the section of all options; with the values of benchmarks where asked for."""
        defaults = {**self.options, **(self.task.benchmark if benchmark else {})}
        return self._section(options_of(self.task), defaults)

    def training(self) -> Section:
        """Return the section of the options that change the training pairs, then the others."""
        ordered = sorted(options_of(self.task), key=lambda option: option.restoring)
        return self._section(ordered, self.options)

    def _section(self, options: Sequence[Any], defaults: Mapping[str, Any]) -> Section:
        return Section("task", f"Options of the task {self.task.name}", options, defaults)


def choose_task(arguments: Sequence[str], *model_flags: str, default: str = "") -> Choice | None:
    """Find the task that the words on the command line mean.

    Parameters
    ----------
    arguments : sequence of str
        The command line.
    *model_flags : str
        Options that name a model, which knows its task; the first given counts.
    default : str
        The task when there is neither ``--task`` nor a model.

    Returns
    -------
    Choice or None
        None when nothing says which task.
    """
    model = next((m for flag in model_flags if (m := value_of(arguments, flag))), None)
    name = value_of(arguments, "--task")
    plugins = load_plugins()
    if model is None:
        name = name or default
        return Choice(plugins.task(name)) if name else None
    trained, options = _task_of_model(model)
    if name not in (None, trained) and "--model" in model_flags:
        raise UsageError(f"the model {model} is for {trained}, not for {name}")
    if name not in (None, trained):
        return Choice(plugins.task(str(name)))
    return Choice(plugins.task(trained), options)


def training_sections(choice: Choice, arguments: Sequence[str]) -> list[Section]:
    """Return the sections of what shapes a training run: task, settings, architecture."""
    recipe = _suggested(choice, arguments)
    settings = [o for o in options_of(Recipe) if o.name not in ("architecture", "arguments")]
    suggested = {option.name: getattr(recipe, option.name) for option in settings}
    architecture = options_of(load_plugins().architecture(recipe.architecture))
    title = f"Arguments of the architecture {recipe.architecture}"
    return [
        choice.training(),
        Section("train", "Training settings", settings, suggested),
        Section("arch", title, architecture, recipe.arguments),
    ]


def _suggested(choice: Choice, arguments: Sequence[str]) -> Recipe:
    """Return the recipe that a run starts from when the user changes nothing else."""
    from pixrestore.training.plan import settle_recipe

    arch, init = value_of(arguments, "--arch"), value_of(arguments, "--init")
    values: Mapping[str, Any] = {}
    if init is not None:
        trained = model_description(init).get("architecture", {})
        if arch in (None, trained.get("name")):
            arch, values = trained.get("name"), trained.get("arguments", {})
    return settle_recipe(choice.task(), arch, values, {})


def model_description(name: str) -> Mapping[str, Any]:
    """Read the ``model.json`` of a model folder or an installed model."""
    folder = Path(name)
    if not folder.is_dir():
        folder = load_plugins().models.get(name, folder)
    try:
        data = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        return data if isinstance(data, dict) else {}
    except (OSError, ValueError):
        return {}


def _task_of_model(name: str) -> tuple[str, Mapping[str, Any]]:
    description = model_description(name)
    try:
        return description["task"]["name"], description["task"]["options"]
    except (KeyError, TypeError):
        from pixrestore.model import load_model

        # Something is wrong with it, and loading it says what.
        task = load_model(name).task
        return task.name, task.options()
