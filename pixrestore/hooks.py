"""The hooks that plugins implement. pluggy passes an implementation only the arguments it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import typer

    from pixrestore.loss import Loss
    from pixrestore.task import Task

PROJECT = "pixrestore"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def pixrestore_tasks() -> list[type[Task]]:  # type: ignore[empty-body]
    """Return the tasks this plugin adds: subclasses of `pixrestore.Task`."""


@hookspec
def pixrestore_architectures() -> list[Callable[..., Any]]:  # type: ignore[empty-body]
    """Return the architectures this plugin adds: functions that build a `keras.Model`."""


@hookspec
def pixrestore_losses() -> list[type[Loss]]:  # type: ignore[empty-body]
    """Return the losses this plugin adds: subclasses of `pixrestore.loss.Loss`."""


@hookspec
def pixrestore_models() -> list[Path]:  # type: ignore[empty-body]
    """Return the folders of the trained models this plugin ships."""


@hookspec
def pixrestore_callbacks(  # type: ignore[empty-body]
    out: Path, settings: Mapping[str, Any], step: int
) -> list[Any]:
    """Return Keras callbacks that follow a training run, which starts or goes on.

    `out` is its folder, `settings` what its ``run.json`` says, and `step` how many steps it has
    taken, 0 for a new one.
    """


@hookspec
def pixrestore_commands(app: typer.Typer) -> None:
    """Add commands to the command line's `app`."""
