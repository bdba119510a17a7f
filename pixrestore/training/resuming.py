"""Going on with a run: its settings stay, its end may move."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pixrestore.errors import UsageError
from pixrestore.task import Task
from pixrestore.training.defaults import DEFAULT_TASK
from pixrestore.training.plan import Plan, load_plan


def plan_to_resume(
    task: str | Task | None,
    out: str | os.PathLike[str] | None,
    settings: Iterable[str],
    ends: Mapping[str, Any],
    tensorboard: bool,
) -> Plan:
    """Read the plan of the run to go on with.

    Parameters
    ----------
    task : str, Task or None
        None is whatever the run is for. Of a `Task`, the options must be the run's as well.
    out : path, optional
        Folder of the run; that of the first run for the task by default.
    settings : iterable of str
        Names of settings that were given besides, to be refused.
    ends : mapping
        What of the budget was given again; None where it was not.
    tensorboard : bool
        Write logs from here on, even if the run did not.

    Raises
    ------
    TrainingError
        There is no such run.
    UsageError
        The run is for another task, or has other settings.
    """
    kind = None if task is None or isinstance(task, str) else type(task)
    name = task if task is None or isinstance(task, str) else task.name
    folder = Path("runs") / (name or DEFAULT_TASK) if out is None else Path(out)
    plan = load_plan(folder, kind)
    if name not in (None, plan.task.name):
        raise UsageError(
            f"the run in {folder} is for {plan.task.name}, not for {name}: leave out --task"
        )
    changed = [*settings, *_other_options(plan.task, task)]
    if changed:
        flags = ", ".join(f"--{setting.replace('_', '-')}" for setting in changed)
        raise UsageError(f"--resume goes on with the settings of the run: leave out {flags}")
    return dataclasses.replace(
        plan,
        budget=plan.budget.replaced_by(**ends),
        tensorboard=plan.tensorboard or tensorboard,
    )


def _other_options(trained: Task, given: str | Task | None) -> list[str]:
    """Name the options of a task that are not as in the run."""
    if given is None or isinstance(given, str):
        return []
    own = trained.options()
    return [option for option, value in given.options().items() if own.get(option) != value]
