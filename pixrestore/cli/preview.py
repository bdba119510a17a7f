"""``pixrestore preview``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixrestore.cli.option_groups import Section
from pixrestore.cli.task_options import choose_task
from pixrestore.errors import OutputError
from pixrestore.plugins.kinds import TASKS
from pixrestore.plugins.loading import load_plugins

if TYPE_CHECKING:
    from pixrestore.task import Task


def sections(words: Mapping[str, Any]) -> list[Section]:
    """Return the options of the task."""
    choice = choose_task(words.get("task"), words.get("model"))
    return [choice.training()] if choice else []


def preview(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="A clean photo.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="File for the picture.")],
    task: Annotated[
        str | None,
        typer.Option(
            "--task", metavar="TASK", help="Task whose damage to draw. Not needed with --model."
        ),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", metavar="N", min=1, help="Number of times to damage it.")
    ] = 3,
    side: Annotated[
        int, typer.Option("--side", metavar="N", min=8, help="Side of each picture, in pixels.")
    ] = 256,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed for the damage.")] = 0,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="Model whose restored photos to draw, in place of input and target.",
        ),
    ] = None,
    *,
    given: Mapping[str, Mapping[str, Any]],
) -> None:
    """Draw clean | degraded | input | target, to see a task's damage before training.

    With a model: clean | degraded | restored. Of a task with guides, what it paints itself stands
    before the input.
    """
    from pixrestore.images import Photo, write_photo
    from pixrestore.preview import preview as draw

    if out.exists() and photo.exists() and out.samefile(photo):
        raise OutputError(f"{out} would be written over the input")
    configured = _configured(task, model, given.get("task", {}))
    sheet = draw(configured, photo, count=count, side=side, seed=seed, model=model)

    import numpy as np

    write_photo(Photo(np.asarray(sheet)), out)
    drawn = "input | target" if model is None else "restored"
    typer.echo(f"clean | degraded | {drawn}: {out}")


def _configured(task: str | None, model: str | None, options: Mapping[str, Any]) -> Task:
    """Return the task by its name, or as the model has it, with the options that were given."""
    if task is not None and model is None:
        return load_plugins().find(TASKS, task)(**options)
    from pixrestore.model.lookup import find_model

    return replace(find_model(task, model).task, **options)  # type: ignore[type-var]
