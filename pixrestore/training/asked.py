"""What somebody asked of training, before it is compared with what there is already."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pixrestore.errors import TrainingDataError
from pixrestore.model.folder import Model, load_model
from pixrestore.options import checked
from pixrestore.plugins.kinds import TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.recipe import Recipe
from pixrestore.task import Task
from pixrestore.training.defaults import DEFAULT_TASK
from pixrestore.training.held import Held, parted, told
from pixrestore.training.places import require_place
from pixrestore.training.plan import Budget, Plan, settle_recipe, with_default_end

PathLike = str | os.PathLike[str]
SAMPLES = Path(__file__).parent.parent / "samples"


@dataclass(frozen=True)
class Asked:
    """What `train` was asked for; None and empty where nothing was said.

    Attributes
    ----------
    task, options : str or Task, Mapping
        The task, and options of it.
    data, out, valid, init : paths
        See `pixrestore.train`. `data` may be images, which are read when first asked for.
    epochs, steps, minutes, patience : numbers
        When to end.
    seed : int
    recipe : Recipe or Mapping
        Settings.
    tensorboard : bool
    command : str
        What the user typed, for the model card.
    """

    task: str | Task | None = None
    data: Any = None
    out: PathLike | None = None
    valid: PathLike | None = None
    init: PathLike | None = None
    epochs: int | None = None
    steps: int | None = None
    minutes: float | None = None
    patience: int | None = None
    seed: int | None = None
    recipe: Recipe | Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    tensorboard: bool = False
    command: str = ""

    @property
    def folders(self) -> tuple[str, ...]:
        """What a run notes of its photos: their places, or which images; empty where none."""
        paths, images = self._parted
        return (told(images),) if images else paths

    @property
    def images(self) -> tuple[Held, ...]:
        """The images in memory to train on; empty where paths were given."""
        return self._parted[1]

    @cached_property
    def _parted(self) -> tuple[tuple[str, ...], tuple[Held, ...]]:
        # Once only: many things that give images give each of them once.
        paths, images = parted(self.data)
        if self.data is not None and not (paths or images):
            raise TrainingDataError("`data` is empty")
        return paths, images

    def check_folders(self) -> None:
        """Raise a `PhotoError` where a place of photos is not there."""
        for place in (*self._parted[0], *(() if self.valid is None else (self.valid,))):
            require_place(Path(place))

    @property
    def ends(self) -> dict[str, Any]:
        """What was said of the end of the run."""
        return {name: getattr(self, name) for name in ("epochs", "steps", "minutes", "patience")}

    @property
    def task_name(self) -> str | None:
        """The task's name, where one was named."""
        return self.task.name if isinstance(self.task, Task) else self.task

    def plan(self, out: Path) -> Plan:
        """Settle a new run in the folder `out`.

        Raises
        ------
        UnknownNameError
            There is no such task, architecture, loss or model.
        UsageError
            Something makes no sense.
        """
        task = _configured(self.task or DEFAULT_TASK, self.options)
        first = None if self.init is None else load_model(self.init, type(task))
        return Plan(
            task=task,
            recipe=settle_recipe(task, self.recipe, None if first is None else _network_of(first)),
            budget=with_default_end(Budget().replaced_by(**self.ends)),
            data=self.folders or (str(SAMPLES),),
            out=out,
            valid=None if self.valid is None else str(self.valid),
            init=None if self.init is None else str(self.init),
            ancestry={} if first is None else first.lineage(),
            seed=self.seed or 0,
            tensorboard=self.tensorboard,
            command=self.command,
            images=self.images,
        )


def _configured(task: str | Task, options: Mapping[str, Any]) -> Task:
    if isinstance(task, str):
        kind = load_plugins().find(TASKS, task)
        return kind(**checked(kind, options))
    return dataclasses.replace(task, **checked(type(task), options))  # type: ignore[type-var]


def _network_of(model: Model) -> Recipe:
    """Return architecture and loss of a model to start from."""
    model.require_layers()
    return Recipe(model.architecture, model.arguments, model.loss, model.loss_options)
