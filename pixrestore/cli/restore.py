"""``pixrestore colorize``, ``denoise`` and ``restore``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixrestore.cli.option_groups import with_sections
from pixrestore.cli.task_options import choose_tasks, restoring_sections
from pixrestore.engines import Engine

if TYPE_CHECKING:
    from pixrestore.restoring.files import FileResult

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
        help="A file for one photo, a folder for several; if left out, beside a photo, and in "
        "FOLDER-TASK beside a folder.",
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
EngineName = Annotated[
    Engine,
    typer.Option(
        "--engine",
        help="What runs the network: ONNX Runtime, which starts fast, or Keras, which uses a GPU.",
    ),
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
    return with_sections(_restore, restoring_sections(choose_tasks(arguments)))


def _command_of_task(task: str, summary: str, arguments: Sequence[str]) -> Callable[..., Any]:
    def command(
        inputs: Inputs,
        out: Output = None,
        model: ModelName = None,
        overwrite: Overwrite = False,
        compare: Compare = False,
        engine: EngineName = "auto",
        *,
        given: Mapping[str, Mapping[str, Any]],
    ) -> int:
        models = [] if model is None else [model]
        return _restore_photos([task], models, inputs, out, overwrite, compare, engine, given)

    command.__doc__ = summary
    choices = choose_tasks(["--task", task, *arguments]) if arguments else []
    return with_sections(command, restoring_sections(choices))


def _restore(
    inputs: Inputs,
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            metavar="TASK",
            help="What to undo; see `pixrestore tasks`. A model knows. Given again, the next task "
            "restores what this one has restored.",
        ),
    ] = None,
    out: Output = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="A model folder or the name of an installed model; a task's own if left out. "
            "Given again, another model for another task.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    compare: Compare = False,
    engine: EngineName = "auto",
    *,
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    """Restore photos, undoing the damage of any task."""
    return _restore_photos(task or [], model or [], inputs, out, overwrite, compare, engine, given)


def _restore_photos(
    tasks: Sequence[str],
    models: Sequence[str],
    inputs: Sequence[Path],
    out: Path | None,
    overwrite: bool,
    compare: bool,
    engine: Engine,
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    from pixrestore.engines.opening import open_restorer
    from pixrestore.model.lookup import find_models
    from pixrestore.restoring.files import restore_files
    from pixrestore.restoring.sequence import in_sequence

    restorer = in_sequence([open_restorer(model, engine) for model in find_models(tasks, models)])
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
        from pixrestore.files import printable

        typer.echo(f"before | after: {printable(result.comparison)}")
