"""Training: from a folder of clean photos to a model folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.description import DESCRIPTION, is_model_folder
from pixrestore.engines.opening import open_restorer
from pixrestore.errors import PixrestoreError, UsageError
from pixrestore.files import PLAN, output_error
from pixrestore.model.folder import load_model
from pixrestore.training.asked import SAMPLES, Asked
from pixrestore.training.defaults import DEFAULT_TASK
from pixrestore.training.resuming import plan_to_resume

if TYPE_CHECKING:
    from pixrestore.recipe import Recipe
    from pixrestore.restoring.restorer import Restorer
    from pixrestore.task import Task
    from pixrestore.training.plan import Plan


def train(
    task: str | Task | None = None,
    data: Any = None,
    out: str | os.PathLike[str] | None = None,
    *,
    valid: str | os.PathLike[str] | None = None,
    init: str | os.PathLike[str] | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    patience: int | None = None,
    resume: bool = False,
    seed: int | None = None,
    recipe: Recipe | Mapping[str, Any] | None = None,
    tensorboard: bool = False,
    quiet: bool = False,
    **options: Any,
) -> Restorer:
    """Train a model for a task on a folder of clean photos.

    Parameters
    ----------
    task : str or Task, optional
        Name of the task, or a task with its options set; ``colorize`` by default.
    data : path, iterable of paths, or iterable of images, optional
        Folders of photos, searched recursively, tar and zip archives of them, or photos; the
        package's few sample photos by default. Or images: arrays (H, W), (H, W, 1 to 4), of which
        one array may hold all, (N, H, W, C); uint8, uint16 or float in [0, 1]; Pillow images;
        bytes; tensors; rows with one of these under ``image``; pairs of one and its label. They are
        kept in memory as 8-bit RGB, with a shorter side of at most 1024 pixels, and may take a
        quarter of the free memory. A run on images goes on with the same `data`.
    out : path, optional
        Folder of the run and its model; ``runs/TASK`` by default, numbered when taken.
    valid : path, optional
        Folder of photos to validate on; by default a tenth of `data`, chosen by content.
    init : path or str, optional
        A model whose trained weights to start from. Its architecture comes along.
    epochs, steps, minutes : number, optional
        When to end: at the first that is reached; after 20 epochs by default. Minutes are of
        training: compiling at its start does not count.
    patience : int, optional
        Stop after so many epochs without a better validation loss. 0, the default, never does.
    resume : bool
        Go on with the run in `out`, or start it where there is none yet. What is given besides must
        be as in the run. An end or patience given again replaces the run's.
    seed : int, optional
        Seed for the weights, the damage and the order of photos; 0 by default.
    recipe : Recipe or mapping, optional
        How to train. A mapping changes fields of the recipe that suits the task, such as ``batch``,
        ``rate``, ``architecture``, ``arguments``, ``loss`` and ``loss_options``. A
        `pixrestore.Recipe` is taken as it is.
    tensorboard : bool
        Write logs for TensorBoard into ``out/tensorboard``. A run that goes on may begin to.
    quiet : bool
        Show no progress.
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
        There is no such task, architecture, loss or model.
    UsageError
        Options make no sense; `out` holds a run already; the run to resume differs from what is
        asked for.
    PhotoError, TrainingDataError
        A folder is missing, has no photos, or most of them cannot be read; something in `data` is
        no image, or the images do not fit into memory.
    TrainingError
        The loss stopped being a number, or the run to resume is damaged.
    """
    asked = Asked(
        task=task,
        data=data,
        out=out,
        valid=valid,
        init=init,
        epochs=epochs,
        steps=steps,
        minutes=minutes,
        patience=patience,
        seed=seed,
        recipe=recipe or {},
        options=options,
        tensorboard=tensorboard,
    )
    return start(asked, resume=resume, quiet=quiet)


def start(asked: Asked, *, resume: bool = False, quiet: bool = False) -> Restorer:
    """Train as `train` does."""
    folder = _folder(asked)
    if not _goes_on(folder, resume):
        asked.check_folders()  # before what takes long to import
    from pixrestore.training import history
    from pixrestore.training.checkpoint import Progress, has_checkpoint
    from pixrestore.training.display import Display
    from pixrestore.training.finishing import is_finished
    from pixrestore.training.preparing import prepare
    from pixrestore.training.run import Run

    plan, made = _plan(asked, folder, resume)
    display = Display(plan.recipe.batch, quiet)
    if is_finished(plan):
        plan.save()  # its end may have moved
        display.say(f"the run in {plan.out} has ended: nothing is left to do")
        return open_restorer(load_model(plan.out, type(plan.task)))
    if plan.data == (str(SAMPLES),):
        display.say("training on the few sample photos inside pixrestore; name yours with `data`")
    try:
        begun = has_checkpoint(plan.out)
        prepared = prepare(plan, display.say, begun)
        progress = prepared.trainee.resume(plan.out) if begun else Progress()
        history.forget_after(plan.out, progress.step)
        run = Run(prepared, display, progress)
        prepared.plan.save()
    except BaseException:
        _remove_empty(made)
        raise
    try:
        model = run.train()
    except PixrestoreError:
        if not (has_checkpoint(plan.out) or is_model_folder(plan.out)):
            # Other settings are needed, which a run that goes on could not have.
            with contextlib.suppress(OSError):
                (plan.out / PLAN).unlink()
            _remove_empty(made)
        raise
    display.say(f"the model is in {plan.out}")
    return open_restorer(model)


def settled(asked: Asked, *, resume: bool = False) -> Plan:
    """Return the plan of the run that `start` would begin or go on with, and make nothing."""
    folder = _folder(asked)
    return plan_to_resume(asked, folder) if _goes_on(folder, resume) else asked.plan(folder)


def _folder(asked: Asked) -> Path:
    """Return the folder that was named, or that runs of the task have."""
    if asked.out is not None:
        return Path(asked.out)
    return Path("runs") / (asked.task_name or DEFAULT_TASK)


def _goes_on(folder: Path, resume: bool) -> bool:
    return resume and (folder / PLAN).is_file()


def _plan(asked: Asked, folder: Path, resume: bool) -> tuple[Plan, Path | None]:
    """Return the plan of the run, and its folder where that is new."""
    if _goes_on(folder, resume):
        return plan_to_resume(asked, folder), None
    if asked.out is None and not resume:
        folder = _numbered(folder)
        try:
            return asked.plan(folder), folder
        except BaseException:
            _remove_empty(folder)
            raise
    # Where it will be looked for again, whoever asks to resume.
    return asked.plan(_free(folder)), None if folder.exists() else folder


def _remove_empty(folder: Path | None) -> None:
    if folder is not None:
        with contextlib.suppress(OSError):  # it holds something, or is not there
            folder.rmdir()


def _free(folder: Path) -> Path:
    """Return a folder that was asked for, which must hold no other run or model."""
    if (folder / PLAN).exists():
        raise UsageError(
            f"{folder} holds a run already: go on with `resume`, or choose another `out`"
        )
    if is_model_folder(folder):
        raise UsageError(f"{folder} holds a model already ({DESCRIPTION}): choose another `out`")
    return folder


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
