"""Which trained models are meant by tasks and names of models."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pixrestore.description import read_description
from pixrestore.errors import ModelError, UnknownNameError, UsageError
from pixrestore.model.folder import Model, load_model
from pixrestore.model.installed import known_models
from pixrestore.plugins.kinds import MODELS, TASKS
from pixrestore.task import Task

ModelName = str | os.PathLike[str]


def find_model(task: str | Task | None, model: ModelName | None = None) -> Model:
    """Find the one model that a task and the name of a model mean together; see `find_models`."""
    return find_models(task, model)[0]


def find_models(
    task: str | Task | Sequence[str | Task] | None, model: ModelName | Sequence[ModelName] | None
) -> list[Model]:
    """Find the models that tasks and names of models mean together, in the order of the tasks.

    Parameters
    ----------
    task : str, Task or sequence of them, optional
        Names of tasks, or tasks themselves, which no plugin need provide; the models' own by
        default.
    model : path, str or sequence of them, optional
        Model folders or names of installed models; a task's own by default.

    Raises
    ------
    UsageError
        Both are missing, or a model is for another task or enlarges otherwise.
    UnknownNameError
        There is no such task or model.
    """
    tasks = [task] if isinstance(task, (str, Task)) else list(task or ())
    names = [model] if isinstance(model, (str, os.PathLike)) else list(model or ())
    if not tasks and not names:
        raise UsageError("name a `task` or a `model`")
    kinds = [type(each) for each in tasks if isinstance(each, Task)]
    models = [load_model(name, *kinds) for name in names]
    named = [each.name if isinstance(each, Task) else each for each in tasks]
    pairs = match_models(named, [(found.name, found.task.name) for found in models])
    found = [default_model(name) if place is None else models[place] for name, place in pairs]
    # Without tasks there is nothing to compare with.
    for wanted, trained in zip(tasks, found, strict=False):
        if isinstance(wanted, Task) and wanted.scale != trained.task.scale:
            raise UsageError(
                f"the model {trained.name} enlarges {trained.task.scale} times, not {wanted.scale}"
            )
    return found


def match_models(
    tasks: Sequence[str], models: Sequence[tuple[str, str]]
) -> list[tuple[str, int | None]]:
    """Give every task the first model that is for it and not another's yet.

    Parameters
    ----------
    tasks : sequence of str
        Names of tasks; those of the models when there are none.
    models : sequence of tuple
        Name of each model, and name of its task.

    Returns
    -------
    list of tuple
        Each task and the place of its model in `models`, None where the task's own is meant.

    Raises
    ------
    UsageError
        A model is for none of the tasks.
    """
    if not tasks:
        return [(trained, place) for place, (_, trained) in enumerate(models)]
    left = list(range(len(models)))
    pairs: list[tuple[str, int | None]] = []
    for task in tasks:
        place = next((place for place in left if models[place][1] == task), None)
        if place is not None:
            left.remove(place)
        pairs.append((task, place))
    for place in left:
        name, trained = models[place]
        raise UsageError(f"the model {name} is for {trained}, not for {' or '.join(tasks)}")
    return pairs


def default_model(task: str) -> Model:
    """Return the model that is installed for a task; see `default_folder`."""
    return load_model(default_folder(task))


def default_folder(task: str) -> Path:
    """Return the folder of a task's installed model: the one called like it, else the only one.

    Raises
    ------
    UnknownNameError
        No installed model is for that task, or several are and none has its name.
    PluginError
        Two plugins claim the task, or a model of its name.
    """
    plugins = known_models()
    plugins.find(TASKS, task)
    if plugins.claims(MODELS, task) and _is_for(namesake := plugins.find(MODELS, task), task):
        return namesake
    fitting = {name: path for name, path in plugins.all(MODELS).items() if _is_for(path, task)}
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    if fitting:
        raise UnknownNameError(
            f"several models are for {task}: set `model` to {' or '.join(sorted(fitting))}"
        )
    raise UnknownNameError(
        f"no model for {task} is installed: train one with `pixrestore train` and give its folder "
        "as `model`"
    )


def has_model(task: str) -> bool:
    """Tell whether any installed model is for a task, from what the models say alone."""
    return any(_is_for(path, task) for path in known_models().all(MODELS).values())


def _is_for(folder: Path, task: str) -> bool:
    """Look for the task's name without needing its plugin to work."""
    try:
        return read_description(folder).task == task
    except ModelError:
        return False
