"""Which task and architecture a command line is about, found without loading anything heavy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.cli.sections import Section
from pixrestore.cli.words import value_of, values_of
from pixrestore.errors import UsageError
from pixrestore.losses import options_of_loss
from pixrestore.options import options_of, restoring_options
from pixrestore.plugins import load_plugins
from pixrestore.recipe import Recipe

if TYPE_CHECKING:
    from pixrestore.task import Task


@dataclass(frozen=True)
class Choice:
    """A task, and the options that it was configured with where a model says so."""

    task: type[Task]
    options: Mapping[str, Any] = field(default_factory=dict)

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


def choose_tasks(arguments: Sequence[str]) -> list[Choice]:
    """Find the tasks that ``--task`` and ``--model``, given once or more, mean in sequence."""
    from pixrestore.verbs import match_models

    names = values_of(arguments, "--model", "-m")
    trained = [_task_of_model(name) for name in names]
    models = [(name, task) for name, (task, _) in zip(names, trained, strict=True)]
    pairs = match_models(values_of(arguments, "--task"), models)
    find = load_plugins().task
    return [Choice(find(task), {} if at is None else trained[at][1]) for task, at in pairs]


def restoring_sections(choices: Sequence[Choice]) -> list[Section]:
    """Return the section of the options that take effect when photos are restored."""
    if not choices:
        return []
    named = restoring_options([choice.task for choice in choices])
    options = [replace(theirs, name=name) for name, (_, theirs) in named.items()]
    defaults = {
        name: choices[place].options[theirs.name]
        for name, (place, theirs) in named.items()
        if theirs.name in choices[place].options
    }
    tasks = ", ".join(choice.task.name for choice in choices)
    noun = "task" if len(choices) == 1 else "tasks"
    return [Section("task", f"Options of the {noun} {tasks}", options, defaults)]


def training_sections(choice: Choice, arguments: Sequence[str]) -> list[Section]:
    """Return the sections of what shapes a training run: task, settings, loss, architecture."""
    recipe = _suggested(choice, arguments)
    named = {"architecture", "arguments", "loss_options"}
    settings = [option for option in options_of(Recipe) if option.name not in named]
    suggested = {option.name: getattr(recipe, option.name) for option in settings}
    arch, loss = recipe.architecture, recipe.loss
    architecture = options_of(load_plugins().architecture(arch))
    return [
        choice.training(),
        Section("train", "Training settings", settings, suggested),
        Section("loss", f"Options of the loss {loss}", options_of_loss(loss), recipe.loss_options),
        Section("arch", f"Arguments of the architecture {arch}", architecture, recipe.arguments),
    ]


def _suggested(choice: Choice, arguments: Sequence[str]) -> Recipe:
    """Return what a run starts from when the user changes nothing else.

    As `pixrestore.training.plan.settle_recipe` has it, but without asking Keras for losses.
    """
    trained = _trained_recipe(value_of(arguments, "--init"))
    arch = value_of(arguments, "--arch") or trained.get("architecture")
    recipe = choice.task.recipe
    if arch not in (None, recipe.architecture):
        function = load_plugins().architecture(str(arch))
        recipe = getattr(function, "recipe", Recipe(architecture=str(arch)))
    loss = value_of(arguments, "--loss", "--train-loss") or trained.get("loss", recipe.loss)
    if loss != recipe.loss:
        recipe = replace(recipe, loss=loss, loss_options={})
    for name, key in (("arguments", "architecture"), ("loss_options", "loss")):
        if trained.get(key) == getattr(recipe, key):
            changed: dict[str, Any] = {name: {**getattr(recipe, name), **trained[name]}}
            recipe = replace(recipe, **changed)
    return recipe


def _trained_recipe(model: str | None) -> dict[str, Any]:
    """Return the architecture and the loss of the model to start from, under `Recipe`'s names."""
    if model is None:
        return {}
    description = model_description(model)
    found: dict[str, Any] = {}
    for key, values, name in (
        ("architecture", "arguments", "arguments"),
        ("loss", "options", "loss_options"),
    ):
        described = description.get(key)
        if isinstance(described, dict) and isinstance(described.get(values), dict):
            found |= {key: described.get("name"), name: described[values]}
    return found


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
