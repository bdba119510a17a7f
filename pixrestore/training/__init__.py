"""Training: from a folder of clean photos to a model folder."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pixrestore.errors import UsageError
from pixrestore.losses import describe_loss
from pixrestore.model import Model, load_model
from pixrestore.options import checked
from pixrestore.plugins import load_plugins
from pixrestore.task import Task
from pixrestore.training.plan import (
    PLAN,
    Budget,
    Plan,
    load_plan,
    settle_recipe,
    with_default_end,
)

if TYPE_CHECKING:
    from pixrestore.restoring import Restorer

__all__ = ["Budget", "Plan", "train"]

SAMPLES = Path(__file__).parent.parent / "samples"


def train(
    task: str | Task = "colorize",
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
    patience: int = 0,
    resume: bool = False,
    seed: int = 0,
    recipe: Mapping[str, Any] | None = None,
    tensorboard: bool = False,
    quiet: bool = False,
    command: str = "",
    **options: Any,
) -> Restorer:
    """Train a model for a task on a folder of clean photos.

    Parameters
    ----------
    task : str or Task
        Name of the task, or a task with its options set.
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
    patience : int
        Stop after so many epochs without a better validation loss; 0 never does.
    resume : bool
        Go on with the run in `out`, with the settings that it was started with. An end given again
        replaces the ones it had, and so does patience.
    seed : int
        Of the weights, the damage, and the order of the photos.
    recipe : mapping, optional
        Training settings: fields of `pixrestore.recipe.Recipe` such as ``batch`` and ``rate``.
    tensorboard : bool
        Write logs for TensorBoard into ``out/tensorboard``.
    quiet : bool
        Show no progress.
    command : str
        What the user typed, for the model card.
    **options
        The task's options, such as ``sigma=(0, 25)``.

    Returns
    -------
    Restorer
        With the best weights.

    Raises
    ------
    UnknownNameError
        No such task, architecture, loss or model.
    UsageError
        Options that make no sense, or `out` holds a run already.
    PhotoError, TrainingDataError
        No such folder; no photos, or most of them unreadable.
    TrainingError
        The loss stopped being a number, or there is no run to resume.
    """
    from pixrestore.training.display import Display
    from pixrestore.training.run import Run

    budget = Budget(epochs, steps, minutes, patience)
    if resume:
        plan = _resumed(out, task, budget)
    else:
        configured = _configured(task, options)
        chosen = _Choice(arch, arguments or {}, recipe or {}, loss_options or {})
        first = None if init is None else load_model(init, type(configured))
        if first is not None:
            chosen = chosen.following(first)
        plan = Plan(
            task=configured,
            recipe=settle_recipe(configured, *chosen),
            budget=with_default_end(budget),
            data=_folders(data or SAMPLES),
            out=_fresh_folder(out, configured.name),
            valid=None if valid is None else str(valid),
            init=None if init is None else str(init),
            ancestry={} if first is None else first.lineage(),
            seed=seed,
            tensorboard=tensorboard,
            command=command,
        )
    display = Display(plan.recipe.batch, quiet)
    if plan.data == (str(SAMPLES),):
        display.say("training on the few sample photos inside pixrestore; name yours with --data")
    run = Run(plan, display, resume)
    plan.save()
    model = run.train()
    display.say(f"the model is in {plan.out}")
    return model.restorer()


def _configured(task: str | Task, options: Mapping[str, Any]) -> Task:
    if isinstance(task, str):
        kind = load_plugins().task(task)
        return kind(**checked(kind, options))
    return dataclasses.replace(task, **checked(type(task), options))  # type: ignore[type-var]


def _folders(data: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> tuple[str, ...]:
    return (os.fspath(data),) if isinstance(data, (str, os.PathLike)) else tuple(map(str, data))


def _resumed(out: str | os.PathLike[str] | None, task: str | Task, budget: Budget) -> Plan:
    if out is None:
        name = task if isinstance(task, str) else task.name
        out = Path("runs") / name
    plan = load_plan(Path(out), None if isinstance(task, str) else type(task))
    return dataclasses.replace(plan, budget=plan.budget.replaced_by(budget))


class _Choice(NamedTuple):
    """What the user chose of the network and its training."""

    arch: str | None
    arguments: Mapping[str, Any]
    recipe: Mapping[str, Any]
    loss_options: Mapping[str, Any]

    def following(self, model: Model) -> _Choice:
        """Take over architecture and loss of the model to start from, where none was chosen."""
        arguments, loss_options = self.arguments, self.loss_options
        if self.arch in (None, model.architecture):
            arguments = {**model.arguments, **arguments}
        loss = describe_loss(model.loss)
        if self.recipe.get("loss", loss["name"]) == loss["name"]:
            loss_options = {**loss["options"], **loss_options}
        recipe = {"loss": loss["name"], **self.recipe}
        return _Choice(self.arch or model.architecture, arguments, recipe, loss_options)


def _fresh_folder(out: str | os.PathLike[str] | None, name: str) -> Path:
    if out is not None:
        folder = Path(out)
        if (folder / PLAN).exists() or (folder / "model.json").exists():
            raise UsageError(
                f"{folder} holds a run already: go on with --resume, or choose another --out"
            )
        return folder
    folder, number = Path("runs") / name, 1
    while folder.exists():
        number += 1
        folder = Path("runs") / f"{name}-{number}"
    return folder
