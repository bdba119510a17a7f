"""Which task and architecture a command line is about, found without loading anything heavy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pixrestore.cli.asking import questions_of
from pixrestore.cli.option_groups import Section, place_of
from pixrestore.description import read_description
from pixrestore.errors import PixrestoreError
from pixrestore.model.folder import model_folder
from pixrestore.model.lookup import default_folder, match_models
from pixrestore.options import options_of, restoring_options
from pixrestore.plugins.kinds import ARCHITECTURES, TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.plugins.losses import options_of_loss
from pixrestore.recipe import Recipe
from pixrestore.training.defaults import suggested_recipe

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


def choose_task(
    name: str | None, model: str | None, default: str = "", *, trained: bool = False
) -> Choice | None:
    """Find the task that a command is about.

    Parameters
    ----------
    name : str, optional
        The task's.
    model : str, optional
        A model, which knows its task. Whether it suits `name` is left to what loads it.
    default : str
        The task when there is neither.
    trained : bool
        Without a model, the one that is installed for the task gives the values.

    Returns
    -------
    Choice or None
        None when nothing says which task.
    """
    plugins = load_plugins()
    if model:
        said = read_description(model_folder(model))
        if not name or name == said.task:
            return Choice(plugins.find(TASKS, said.task), said.options)
    name = name or default
    if not name:
        return None
    return Choice(plugins.find(TASKS, name), _default_options(name) if trained else {})


def choose_tasks(names: Sequence[str], models: Sequence[str]) -> list[Choice]:
    """Find the tasks that a command is about in sequence, by their names and their models."""
    trained = [read_description(model_folder(name)) for name in models]
    known = [(name, said.task) for name, said in zip(models, trained, strict=True)]
    pairs = match_models(names, known)
    plugins = load_plugins()
    return [
        Choice(
            plugins.find(TASKS, task), _default_options(task) if at is None else trained[at].options
        )
        for task, at in pairs
    ]


def _default_options(task: str) -> Mapping[str, Any]:
    """Return the values of the model that a task has by default; none where it has none."""
    try:
        return read_description(default_folder(task)).options
    except PixrestoreError:  # what loads it says why
        return {}


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
    guides = {guide.name: guide for choice in choices for guide in choice.task.guides}
    title = f"Options of the {noun} {tasks}"
    questions = questions_of(choices[0].task) if len(choices) == 1 else []
    return [Section("task", title, options, defaults, list(guides.values()), questions)]


def training_sections(kind: type[Task], words: Mapping[str, Any]) -> list[Section]:
    """Return the sections of what shapes a training run: task, settings, loss, architecture.

    Parameters
    ----------
    kind : type
        The class of the task. Its values in a model to start from do not count.
    words : Mapping[str, Any]
        What was typed, by parameter.
    """
    named = {"architecture", "arguments", "loss_options"}
    settings = [option for option in options_of(Recipe) if option.name not in named]
    about_task = Choice(kind).training()
    recipe = suggested_recipe(
        _task_with(kind, words),
        words.get("arch"),
        words.get(place_of("train", "loss")),
        _trained_recipe(words.get("init")),
    )
    suggested = {option.name: getattr(recipe, option.name) for option in settings}
    arch, loss = recipe.architecture, recipe.loss
    architecture = options_of(load_plugins().find(ARCHITECTURES, arch))
    return [
        about_task,
        Section("train", "Training settings", settings, suggested),
        Section("loss", f"Options of the loss {loss}", options_of_loss(loss), recipe.loss_options),
        Section("arch", f"Arguments of the architecture {arch}", architecture, recipe.arguments),
    ]


def _task_with(kind: type[Task], words: Mapping[str, Any]) -> Task:
    """Return the task with the options that were typed."""
    typed = {option: words.get(place_of("task", option.name)) for option in options_of(kind)}
    try:
        return kind(**{o.name: o.parse(text) for o, text in typed.items() if text is not None})
    except Exception:  # a stranger's task may raise anything
        # The command says what is wrong with a value, where this only asks what else to offer.
        return kind()


def _trained_recipe(model: str | None) -> Recipe | None:
    """Return architecture and loss of the model to start from; None where it has none."""
    if model is None:
        return None
    said = read_description(model_folder(model))
    return Recipe(said.architecture, said.arguments, said.loss, said.loss_options)
