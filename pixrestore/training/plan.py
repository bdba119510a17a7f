"""What a training run is to do, settled before it starts and kept in ``run.json``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pixrestore.errors import TrainingError, UsageError, nearest
from pixrestore.files import PLAN, remove_leftovers, replace_json
from pixrestore.options import checked, options_of
from pixrestore.plugins.kinds import ARCHITECTURES, TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.plugins.losses import describe_loss, find_loss
from pixrestore.recipe import Recipe
from pixrestore.task import Task
from pixrestore.training.defaults import suggested_recipe
from pixrestore.training.held import Held

_DEFAULT_EPOCHS = 20
# An epoch over a handful of photos would be over before a progress bar could show it.
_SHORTEST_EPOCH = 50
# Keras seeds no further.
_LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Budget:
    """When a run ends: at the first of these that is reached; None is no limit.

    Attributes
    ----------
    epochs : int, optional
        Passes over the training photos, each giving `Recipe.crops` patches.
    steps : int, optional
        Optimiser steps.
    minutes : float, optional
        Minutes of training, validation included, summed over a run and its resumptions. What is
        compiled for the first step and the first validation does not count.
    patience : int
        Epochs without a better validation loss after which to stop; 0 never stops early.
    """

    epochs: int | None = None
    steps: int | None = None
    minutes: float | None = None
    patience: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "steps", "minutes"):
            value = getattr(self, name)
            if value is not None and not value > 0:  # true of NaN as well
                raise UsageError(f"`{name}` must be more than 0, not {value}")
        if self.patience < 0:
            raise UsageError(f"`patience` must be 0 or more, not {self.patience}")

    def replaced_by(
        self,
        epochs: int | None = None,
        steps: int | None = None,
        minutes: float | None = None,
        patience: int | None = None,
    ) -> Budget:
        """Return the budget of a run that goes on: new ends replace all old ones, patience its own.

        What is left out stays, so that more patience alone does not make a run endless.
        """
        ends = (epochs, steps, minutes)
        if ends == (None, None, None):
            ends = (self.epochs, self.steps, self.minutes)
        return Budget(*ends, self.patience if patience is None else patience)

    def last_step(self, steps_per_epoch: int) -> int | None:
        """Return the step at which the run ends; None where only the clock ends it."""
        by_epochs = None if self.epochs is None else self.epochs * steps_per_epoch
        limits = [limit for limit in (self.steps, by_epochs) if limit is not None]
        return min(limits) if limits else None

    def done(self, step: int, last_step: int | None, seconds: float) -> float:
        """Return how much of the budget is used up, 0 to 1."""
        by_steps = step / last_step if last_step else 0.0
        by_clock = seconds / (60 * self.minutes) if self.minutes else 0.0
        return min(1.0, max(by_steps, by_clock))

    def is_over(self, done: float, step: int, stale: int) -> bool:
        """Tell whether a run ends here. A budget of a moment still gets a step."""
        return step > 0 and (done >= 1 or 0 < self.patience <= stale)


@dataclass(frozen=True)
class Plan:
    """A run's settings: the task, the recipe, the budget, where photos and results are.

    `init` is the folder or name of the model to start from, and `ancestry` how that was trained.
    `images` are those in memory, which are not kept: `data` then says only which they were.
    """

    task: Task
    recipe: Recipe
    budget: Budget
    data: tuple[str, ...]
    out: Path
    valid: str | None = None
    init: str | None = None
    ancestry: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    tensorboard: bool = False
    command: str = field(default="", compare=False)
    images: tuple[Held, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= _LARGEST_SEED:
            raise UsageError(f"`seed` must be 0 to {_LARGEST_SEED}, not {self.seed}")
        if self.tensorboard and find_spec("tensorboard") is None:
            raise UsageError(
                "`tensorboard` needs TensorBoard: pip install 'pixrestore[tensorboard]'"
            )

    def steps_per_epoch(self, photos: int) -> int:
        """Return the optimiser steps of one epoch over that many photos, or a chunk of them."""
        recipe = self.recipe
        shortest = _SHORTEST_EPOCH if recipe.chunks == 1 else 1
        return max(shortest, -(-photos * recipe.crops // (recipe.batch * recipe.chunks)))

    def describe(self) -> dict[str, Any]:
        """Return the plan as plain JSON values."""
        return {
            "task": {"name": self.task.name, "options": self.task.options()},
            "recipe": dataclasses.asdict(self.recipe),
            "budget": dataclasses.asdict(self.budget),
            "data": list(self.data),
            "valid": self.valid,
            "init": self.init,
            "ancestry": dict(self.ancestry),
            "seed": self.seed,
            "tensorboard": self.tensorboard,
            "command": self.command,
        }

    def save(self) -> None:
        """Write ``run.json`` into the run's folder; `OutputError` where that cannot be."""
        replace_json(self.out / PLAN, self.describe())
        remove_leftovers(self.out)


def load_plan(out: Path, kind: type[Task] | None = None) -> Plan:
    """Read the plan of a run that was started earlier; `TrainingError` when there is none.

    `kind` is the class of its task, for one that no plugin provides.
    """
    path = out / PLAN
    if not path.is_file():
        raise TrainingError(f"there is no run to resume in {out}: it has no {PLAN}")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        name = data["task"]["name"]
        task = kind if kind and kind.name == name else load_plugins().find(TASKS, name)
        return Plan(
            task=task(**checked(task, data["task"]["options"])),
            recipe=_parsed_recipe(data["recipe"]),
            budget=Budget(**data["budget"]),
            data=tuple(data["data"]),
            out=out,
            valid=data["valid"],
            init=data["init"],
            ancestry=dict(data["ancestry"]),
            seed=data["seed"],
            tensorboard=data["tensorboard"],
            command=data["command"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingError(f"{path} cannot be read: {error!r}") from error


def task_of_run(out: str | Path) -> str:
    """Return the name of the task of the run in a folder; empty where there is none to be read."""
    try:
        name = json.loads((Path(out) / PLAN).read_text(encoding="utf-8"))["task"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return str(name)


def settle_recipe(
    task: Task, given: Recipe | Mapping[str, Any], first: Recipe | None = None
) -> Recipe:
    """Settle the recipe of a run.

    Parameters
    ----------
    task : Task
        Suggests a recipe.
    given : Recipe or mapping
        A recipe to take as it is, or changes of what is suggested. The arguments and the loss
        options in a mapping are changed one by one.
    first : Recipe, optional
        Architecture and loss of the model to start from.

    Raises
    ------
    UsageError, UnknownNameError
        A name or a value does not exist.
    """
    if isinstance(given, Recipe):
        changes, recipe = {}, given
    else:
        changes = checked_changes(given)
        recipe = suggested_recipe(task, changes.get("architecture"), changes.get("loss"), first)
    function = load_plugins().find(ARCHITECTURES, recipe.architecture)
    plain = {name: value for name, value in changes.items() if name not in NAMED}
    arguments = {**recipe.arguments, **changes.get("arguments", {})}
    loss_options = {**recipe.loss_options, **changes.get("loss_options", {})}
    return dataclasses.replace(
        recipe,
        arguments=checked(function, arguments),
        loss_options=_checked_loss(recipe.loss, loss_options),
        **plain,
    )


def checked_changes(given: Mapping[str, Any]) -> dict[str, Any]:
    """Check changes of a recipe's own fields; those in `NAMED` stay as they are."""
    known = {option.name: option for option in options_of(Recipe)}
    for name in given:
        if name not in known:
            raise UsageError(f"training has no setting {name!r}: {nearest(name, known)}")
    return {n: v if n in NAMED else known[n].check(v) for n, v in given.items()}


# Fields of a recipe that hold the options of what it names.
NAMED = ("arguments", "loss_options")


def _checked_loss(loss: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Check that there is such a loss, and return its options as their types."""
    described = describe_loss(find_loss(loss, options))
    return {name: described["options"][name] for name in options}


def _parsed_recipe(data: Mapping[str, Any]) -> Recipe:
    plain = {name: value for name, value in data.items() if name not in NAMED}
    return Recipe(**checked(Recipe, plain), **{name: data[name] for name in NAMED})


def with_default_end(budget: Budget) -> Budget:
    """Give a budget without any end a moderate number of epochs."""
    if budget.epochs is budget.steps is budget.minutes is None:
        return dataclasses.replace(budget, epochs=_DEFAULT_EPOCHS)
    return budget
