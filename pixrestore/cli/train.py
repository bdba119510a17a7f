"""``pixrestore train``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixrestore.cli.option_groups import Section
from pixrestore.cli.streams import refuse_stream
from pixrestore.cli.task_options import choose_task, training_sections
from pixrestore.description import read_description
from pixrestore.model.folder import model_folder
from pixrestore.training.defaults import DEFAULT_TASK
from pixrestore.training.plan import task_of_run

if TYPE_CHECKING:
    pass

_RUN = "The run"


def sections(words: Mapping[str, Any]) -> list[Section]:
    """Return the options of the task, the settings, and those of loss and architecture.

    The task is that of ``--task``, of the run to resume, of ``--init``, or the default.
    """
    resumed = task_of_run(words["out"]) if words.get("resume") and words.get("out") else ""
    choice = choose_task(words.get("task") or resumed, words.get("init"), DEFAULT_TASK)
    return training_sections(choice.task, words) if choice else []


def train(
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="TASK",
            help="Task to undo; see `pixrestore tasks`.  [default: colorize]",
            rich_help_panel=_RUN,
        ),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Folder of clean photos, searched recursively. Repeat it for more folders. By "
            "default the few sample photos that come with pixrestore.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    valid: Annotated[
        Path | None,
        typer.Option(
            "--valid",
            metavar="DIR",
            help="Folder of photos to validate on; by default a share of --data.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder for the model.  [default: runs/TASK]",
            rich_help_panel=_RUN,
        ),
    ] = None,
    arch: Annotated[
        str | None,
        typer.Option(
            "--arch",
            metavar="NAME",
            help="Architecture of the network; see `pixrestore architectures`.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            metavar="MODEL",
            help="Model whose weights to start from.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the run in --out, or start it if there is none.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    epochs: Annotated[
        int | None,
        typer.Option(
            "--epochs", metavar="N", min=1, help="Stop after N epochs.", rich_help_panel=_RUN
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps", metavar="N", min=1, help="Stop after N steps.", rich_help_panel=_RUN
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes",
            metavar="N",
            min=0,
            help="Stop after N minutes.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            "--patience",
            metavar="N",
            min=0,
            help="Stop after N epochs without a better model; 0 never stops.  [default: 0]",
            rich_help_panel=_RUN,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            metavar="N",
            help="Seed for all randomness.  [default: 0]",
            rich_help_panel=_RUN,
        ),
    ] = None,
    tensorboard: Annotated[
        bool,
        typer.Option(
            "--tensorboard", help="Write logs for TensorBoard into --out.", rich_help_panel=_RUN
        ),
    ] = False,
    *,
    given: Mapping[str, Mapping[str, Any]],
) -> None:
    """Train a model for a task on a folder of photos.

    The options below the run's depend on --task and --arch: add these to see others.
    """
    from pixrestore.training.asked import Asked
    from pixrestore.training.start import start

    refuse_stream(out, "a model")
    named = {"architecture": arch, "arguments": given["arch"], "loss_options": given["loss"]}
    recipe = {**{name: value for name, value in named.items() if value}, **given["train"]}
    asked = Asked(
        task=task or (None if resume else _task_of(init) or DEFAULT_TASK),
        data=data or None,
        out=out,
        valid=valid,
        init=init,
        epochs=epochs,
        steps=steps,
        minutes=minutes,
        patience=patience,
        seed=seed,
        recipe=recipe,
        options=given["task"],
        tensorboard=tensorboard,
        command=shlex.join(["pixrestore", *sys.argv[1:]]),
    )
    start(asked, resume=resume)


def _task_of(model: str | None) -> str:
    return "" if model is None else read_description(model_folder(model)).task
