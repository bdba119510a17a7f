"""Going on with a run: its settings stay, its end may move."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pixrestore.errors import UsageError, nearest
from pixrestore.options import Option, checked, options_of
from pixrestore.plugins.kinds import ARCHITECTURES
from pixrestore.plugins.loading import load_plugins
from pixrestore.plugins.losses import options_of_loss
from pixrestore.recipe import Recipe
from pixrestore.task import Task
from pixrestore.training.asked import Asked
from pixrestore.training.held import is_told
from pixrestore.training.plan import NAMED, Plan, checked_changes, load_plan

# What was asked for, and what the run has.
Difference = tuple[str, Any, Any]


def plan_to_resume(asked: Asked, folder: Path) -> Plan:
    """Read the plan of the run in `folder`, with the ends and logs that were asked for.

    Raises
    ------
    TrainingError
        The plan is damaged.
    UsageError
        The run is for another task, or something that was asked for differs from it.
    """
    plan = load_plan(folder, type(asked.task) if isinstance(asked.task, Task) else None)
    if asked.task_name not in (None, plan.task.name):
        raise UsageError(
            f"the run in {folder} is for {plan.task.name}, not for {asked.task_name}: "
            "leave out `task`, or choose another `out`"
        )
    differing = [
        f"`{name}` {_shown(theirs)}, not {_shown(ours)}"
        for name, ours, theirs in _compared(asked, plan)
        if ours != theirs
    ]
    if differing:
        raise UsageError(
            f"the run in {folder} has {', '.join(differing)}: leave that out, "
            "or choose another `out`"
        )
    return dataclasses.replace(
        plan,
        images=asked.images,
        budget=plan.budget.replaced_by(**asked.ends),
        tensorboard=plan.tensorboard or asked.tensorboard,
    )


def _compared(asked: Asked, plan: Plan) -> Iterator[Difference]:
    """Yield each thing that was asked for, and what the run has."""
    if asked.folders:
        in_memory = asked.images or any(map(is_told, plan.data))
        places = tuple if in_memory else _places
        yield "data", places(asked.folders), places(plan.data)
    for name in ("valid", "init"):
        given, theirs = getattr(asked, name), getattr(plan, name)
        if given is not None:
            yield name, _places([given]), _places([theirs] if theirs else [])
    if asked.seed is not None:
        yield "seed", asked.seed, plan.seed
    own = plan.task.options()
    given = asked.task.options() if isinstance(asked.task, Task) else {}
    for name, value in {**given, **checked(type(plan.task), asked.options)}.items():
        yield name, value, own[name]
    yield from _compared_recipes(asked.recipe, plan.recipe)


def _compared_recipes(given: Recipe | Mapping[str, Any], own: Recipe) -> Iterator[Difference]:
    if isinstance(given, Recipe):
        changes = _whole(given)
    else:
        changes = checked_changes(given)
    if changes.get("precision") == "auto":  # the run has what this was on its machine
        del changes["precision"]
    for name, value in changes.items():
        if name not in NAMED:
            yield name, value, getattr(own, name)
    # The options of another architecture or loss say nothing beside these.
    if changes.get("architecture", own.architecture) == own.architecture:
        known = options_of(load_plugins().find(ARCHITECTURES, own.architecture))
        yield from _compared_options(changes.get("arguments"), own.arguments, known)
    if changes.get("loss", own.loss) == own.loss:
        known = options_of_loss(own.loss)
        yield from _compared_options(changes.get("loss_options"), own.loss_options, known)


def _compared_options(
    given: Mapping[str, Any] | None, own: Mapping[str, Any], known: Sequence[Option]
) -> Iterator[Difference]:
    options = {option.name: option for option in known}
    for name, value in (given or {}).items():
        if name not in options:
            raise UsageError(f"the run has no option {name!r}: {nearest(name, options)}")
        default = options[name].default
        ours, theirs = (
            one if one == default else options[name].check(one)
            for one in (value, own.get(name, default))
        )
        yield name, ours, theirs


def _whole(recipe: Recipe) -> dict[str, Any]:
    """Return all fields of a recipe, with the defaults of what it leaves out."""
    function = load_plugins().find(ARCHITECTURES, recipe.architecture)
    arguments = {option.name: option.default for option in options_of(function)}
    options = {option.name: option.default for option in options_of_loss(recipe.loss)}
    return {
        **{f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe)},
        "arguments": {**arguments, **recipe.arguments},
        "loss_options": {**options, **recipe.loss_options},
    }


def _places(paths: Any) -> tuple[str, ...]:
    """Return absolute paths, as which a folder is the same from wherever it is named."""
    return tuple(os.path.abspath(path) for path in paths)  # noqa: PTH100 - links stay links


def _shown(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ",".join(_shown(item) for item in value) or "none"
    return str(value)
