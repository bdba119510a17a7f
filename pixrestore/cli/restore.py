"""``pixrestore colorize``, ``denoise`` and ``restore``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixrestore.cli.choosing import choose_task
from pixrestore.cli.sections import with_sections
from pixrestore.errors import UsageError

if TYPE_CHECKING:
    from pixrestore.restoring import FileResult

Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="IN", help="Photos, or folders of photos."),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        help="A file for one photo, a folder for several; beside each photo if left out.",
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="A model folder or the name of an installed model; the task's own if left out.",
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Write results again that exist already.")
]
Compare = Annotated[bool, typer.Option("--compare", help="Also write a picture of before | after.")]


def colorize_command(arguments: Sequence[str]) -> Callable[..., Any]:
    """Make the command for `arguments`."""
    return _command_of_task("colorize", "Colour black-and-white photos.", arguments)


def denoise_command(arguments: Sequence[str]) -> Callable[..., Any]:
    """Make the command for `arguments`."""
    return _command_of_task("denoise", "Remove noise from photos.", arguments)


def restore_command(arguments: Sequence[str]) -> Callable[..., Any]:
    """Make the command for `arguments`."""
    choice = choose_task(arguments, "--model", "-m")
    return with_sections(_restore, [choice.restoring()] if choice else [])


def _command_of_task(task: str, summary: str, arguments: Sequence[str]) -> Callable[..., Any]:
    def command(
        inputs: Inputs,
        out: Output = None,
        model: ModelName = None,
        overwrite: Overwrite = False,
        compare: Compare = False,
        *,
        given: Mapping[str, Mapping[str, Any]],
    ) -> int:
        return _restore_photos(task, inputs, out, model, overwrite, compare, given)

    command.__doc__ = summary
    choice = choose_task(["--task", task, *arguments], "--model", "-m") if arguments else None
    return with_sections(command, [choice.restoring()] if choice else [])


def _restore(
    inputs: Inputs,
    task: Annotated[
        str | None,
        typer.Option(
            "--task", metavar="TASK", help="What to undo; see `pixrestore tasks`. A model knows."
        ),
    ] = None,
    out: Output = None,
    model: ModelName = None,
    overwrite: Overwrite = False,
    compare: Compare = False,
    *,
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    """Restore photos, undoing the damage of any task."""
    if task is None and model is None:
        raise UsageError("say what to undo with --task, or name a --model")
    return _restore_photos(task, inputs, out, model, overwrite, compare, given)


def _restore_photos(
    task: str | None,
    inputs: Sequence[Path],
    out: Path | None,
    model: str | None,
    overwrite: bool,
    compare: bool,
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    from pixrestore.restoring import restore_files
    from pixrestore.verbs import find_model

    restorer = find_model(task, model).restorer()
    summary = restore_files(
        inputs,
        out,
        restorer,
        overwrite=overwrite,
        compare=compare,
        report=_show,
        options=given.get("task"),
    )
    if len(summary.results) > 1:
        typer.echo(summary)
    return summary.exit_code


def _show(result: FileResult) -> None:
    """Print what became of a photo, as soon as it is done."""
    if result.status == "failed":
        typer.echo(f"pixrestore: {result.message}", err=True)
        return
    counted = f"{result.position}/{result.total}  " if result.total > 1 else ""
    seconds = f"  ({result.seconds:.1f} s)" if result.status == "restored" else ""
    typer.echo(f"{counted}{result.message}{seconds}")
    if result.comparison is not None:
        from pixrestore.images import printable

        typer.echo(f"before | after: {printable(result.comparison)}")
