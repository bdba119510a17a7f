"""Training: from a folder of clean photos to a model folder."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.description import DESCRIPTION
from pixrestore.engines.opening import open_restorer
from pixrestore.errors import UsageError
from pixrestore.files import PLAN, output_error
from pixrestore.model.folder import Model, load_model
from pixrestore.options import checked
from pixrestore.plugins.kinds import TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.recipe import Recipe
from pixrestore.task import Task
from pixrestore.training.defaults import DEFAULT_TASK
from pixrestore.training.plan import Budget, Plan, settle_recipe, with_default_end
from pixrestore.training.resuming import plan_to_resume

if TYPE_CHECKING:
    from pixrestore.restoring.restorer import Restorer


SAMPLES = Path(__file__).parent.parent / "samples"


def train(
    task: str | Task | None = None,
    data: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
    out: str | os.PathLike[str] | None = None,
    *,
    valid: str | os.PathLike[str] | None = None,
    arch: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    loss_options: Mapping[str, Any] | None = None,
    init: str | os.PathLike[str] | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    patience: int | None = None,
    resume: bool = False,
    seed: int | None = None,
    recipe: Mapping[str, Any] | None = None,
    tensorboard: bool = False,
    quiet: bool = False,
    command: str = "",
    **options: Any,
) -> Restorer:
    """Train a model for a task on a folder of clean photos.

    Parameters
    ----------
    task : str or Task, optional
        Name of the task, or a task with its options set; ``colorize`` by default.
    data : path or sequence of paths, optional
        Folders of photos, searched recursively; the package's few sample photos by default.
    out : path, optional
        Folder of the run and its model; ``runs/TASK`` by default, numbered when taken.
    valid : path, optional
        Folder of photos to validate on; by default a tenth of `data`, chosen by content.
    arch : str, optional
        Name of the architecture; the task's own choice by default.
    arguments : mapping, optional
        Arguments of the architecture.
    loss_options : mapping, optional
        Options of the loss, which `recipe` may name.
    init : path or str, optional
        A model whose trained weights to start from; its architecture comes along.
    epochs, steps, minutes : number, optional
        When to end: at the first that is reached; 20 epochs by default.
    patience : int, optional
        Stop after so many epochs without a better validation loss; 0, as by default, never does.
    resume : bool
        Go on with the run in `out`, with the settings that it was started with; others are
        refused. An end given again replaces the ones it had, and so does patience.
    seed : int, optional
        Of the weights, the damage, and the order of the photos; 0 by default.
    recipe : mapping, optional
        Training settings: fields of `pixrestore.recipe.Recipe` such as ``batch`` and ``rate``.
    tensorboard : bool
        Write logs for TensorBoard into ``out/tensorboard``. A run that goes on may begin to.
    quiet : bool
        Show no progress.
    command : str
        What the user typed to start the run, for the model card.
    **options
        The task's options, such as ``sigma=(0, 25)``. A `Task` with its options set always works,
        also where one of them is named like a parameter above.

    Returns
    -------
    Restorer
        With the best weights.

    Raises
    ------
    UnknownNameError
        No such task, architecture, loss or model.
    UsageError
        Options that make no sense; `out` holds a run already; the run to resume is for another
        task, or has other settings.
    PhotoError, TrainingDataError
        No such folder; no photos, or most of them unreadable.
    TrainingError
        The loss stopped being a number, or there is no run to resume.
    """
    from pixrestore.training.display import Display
    from pixrestore.training.run import Run

    ends: dict[str, Any] = {"epochs": epochs, "steps": steps, "minutes": minutes}
    ends["patience"] = patience
    if resume:
        named = {"data": data, "valid": valid, "arch": arch, "init": init, "seed": seed}
        settings = [name for name, value in named.items() if value is not None]
        settings += [*options, *(recipe or {}), *(loss_options or {}), *(arguments or {})]
        plan = plan_to_resume(task, out, settings, ends, tensorboard)
    else:
        configured = _configured(task or DEFAULT_TASK, options)
        first = None if init is None else load_model(init, type(configured))
        network = None if first is None else _network_of(first)
        plan = Plan(
            task=configured,
            recipe=settle_recipe(configured, arch, arguments, recipe or {}, loss_options, network),
            budget=with_default_end(Budget().replaced_by(**ends)),
            data=_folders(data or SAMPLES),
            out=_fresh_folder(out, configured.name),
            valid=None if valid is None else str(valid),
            init=None if init is None else str(init),
            ancestry={} if first is None else first.lineage(),
            seed=seed or 0,
            tensorboard=tensorboard,
            command=command,
        )
    display = Display(plan.recipe.batch, quiet)
    if plan.data == (str(SAMPLES),):
        display.say("training on the few sample photos inside pixrestore; name yours with --data")
    try:
        run = Run(plan, display, resume)
        run.plan.save()
    except BaseException:
        if out is None:
            with contextlib.suppress(OSError):  # it holds something
                plan.out.rmdir()
        raise
    model = run.train()
    display.say(f"the model is in {plan.out}")
    return open_restorer(model)


def _configured(task: str | Task, options: Mapping[str, Any]) -> Task:
    if isinstance(task, str):
        kind = load_plugins().find(TASKS, task)
        return kind(**checked(kind, options))
    return dataclasses.replace(task, **checked(type(task), options))  # type: ignore[type-var]


def _folders(data: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> tuple[str, ...]:
    return (os.fspath(data),) if isinstance(data, (str, os.PathLike)) else tuple(map(str, data))


def _network_of(model: Model) -> Recipe:
    """Return architecture and loss of a model to start from."""
    return Recipe(model.architecture, model.arguments, model.loss, model.loss_options)


def _fresh_folder(out: str | os.PathLike[str] | None, name: str) -> Path:
    if out is not None:
        folder = Path(out)
        if (folder / PLAN).exists() or (folder / DESCRIPTION).exists():
            raise UsageError(
                f"{folder} holds a run already: go on with --resume, or choose another --out"
            )
        return folder
    return _numbered(Path("runs") / name)


def _numbered(folder: Path) -> Path:
    """Make a folder of that name, or of the first number after it that is not taken."""
    number, free = 1, folder
    while True:
        try:
            free.mkdir(parents=True)  # now, so that no other run takes it meanwhile
            return free
        except FileExistsError:
            number += 1
            free = folder.with_name(f"{folder.name}-{number}")
        except OSError as error:
            raise output_error(free, error) from error
