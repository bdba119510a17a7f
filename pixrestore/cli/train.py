"""``pixrestore train``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pixrestore.cli.option_groups import Section, place_of
from pixrestore.cli.streams import refuse_elsewhere
from pixrestore.cli.task_options import choose_task, training_sections
from pixrestore.description import read_description
from pixrestore.model.folder import model_folder
from pixrestore.training.asked import SAMPLES, Asked
from pixrestore.training.configuration import NOTES, as_toml, read_configuration
from pixrestore.training.defaults import DEFAULT_TASK
from pixrestore.training.plan import Plan, task_of_run

_RUN = "The run"


def sections(words: Mapping[str, Any]) -> list[Section]:
    """Return the options of the task, the settings, and those of loss and architecture.

    The task is that of ``--task``, of ``--config``, of the run to resume, of ``--init``, or the
    default.
    """
    words = _with_file(words)
    resumed = task_of_run(words["out"]) if words.get("resume") and words.get("out") else ""
    choice = choose_task(words.get("task") or resumed, words.get("init"), DEFAULT_TASK)
    return training_sections(choice.task, words) if choice else []


def _with_file(words: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add to what was typed what the file of settings says on which options there are."""
    if not words.get("config"):
        return words
    found = read_configuration(Path(words["config"]))
    said = {
        "task": found.task,
        "arch": found.recipe.get("architecture"),
        place_of("train", "loss"): found.recipe.get("loss"),
        "init": found.places.get("init"),
        "out": found.places.get("out"),
    }
    return {**words, **{name: value for name, value in said.items() if not words.get(name)}}


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
            help="Folder of clean photos, searched recursively, or a .tar or .zip of them. Repeat "
            "it for more. By default the few sample photos that come with pixrestore.",
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
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Take settings from a TOML file, or from the run.json of another run. What is "
            "typed besides counts more.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    print_config: Annotated[
        bool,
        typer.Option(
            "--print-config",
            help="Print all settings as TOML, and train nothing.",
            rich_help_panel=_RUN,
        ),
    ] = False,
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
            help="Stop after N minutes of training; compiling at its start does not count.",
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
    from pixrestore.training.start import settled, start

    refuse_elsewhere(out, "a model")
    named = {"architecture": arch, "arguments": given["arch"], "loss_options": given["loss"]}
    recipe = {**{name: value for name, value in named.items() if value}, **given["train"]}
    asked = Asked(
        task=task,
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
    if config:
        asked = read_configuration(config).filling(asked)
    if not (asked.task or resume):
        asked = replace(asked, task=_task_of(asked.init) or DEFAULT_TASK)
    if print_config:
        typer.echo(_printed(settled(asked, resume=resume), asked), nl=False)
    else:
        start(asked, resume=resume)


def _printed(plan: Plan, asked: Asked) -> str:
    """Return a plan as the file of settings that starts it."""
    told = {**plan.describe(), "out": None if asked.out is None else str(asked.out)}
    if not asked.folders and plan.data == (str(SAMPLES),):
        del told["data"]
    return as_toml({name: value for name, value in told.items() if name not in NOTES})


def _task_of(model: Any) -> str:
    return "" if model is None else read_description(model_folder(model)).task
