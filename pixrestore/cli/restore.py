"""``pixrestore colorize``, ``denoise`` and ``restore``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixrestore.cli.messages import say
from pixrestore.cli.option_groups import Section
from pixrestore.cli.streams import restore_stream, streams
from pixrestore.cli.task_options import choose_tasks, restoring_sections
from pixrestore.engines import Engine
from pixrestore.errors import UsageError

if TYPE_CHECKING:
    from pixrestore.restoring.inputs import RestoresPhotos
    from pixrestore.restoring.results import FileResult

Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="IN", help="Photos, or folders of photos."),
]
InputsOrStream = Annotated[
    list[Path],
    typer.Argument(
        metavar="IN",
        help="Photos, or folders of photos; - is a photo from standard input.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        help="File for one photo, or folder for several. By default results go beside a photo, or "
        "into FOLDER-TASK beside a folder. - is standard output.",
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="Model folder, or name of an installed model; by default the task's own.",
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")]
EngineName = Annotated[
    Engine,
    typer.Option(
        "--engine",
        help="Engine that runs the network: ONNX Runtime starts fast, Keras uses a GPU.",
    ),
]
Compare = Annotated[bool, typer.Option("--compare", help="Also write a picture of before | after.")]
Damaged = Annotated[
    bool,
    typer.Option(
        "--damaged",
        help="Restore what is there of files that lack some of their pixels.",
    ),
]

NoMark = Annotated[
    bool,
    typer.Option(
        "--no-mark",
        help="Do not say in the results' EXIF and XMP that a trained model has changed the photo.",
    ),
]


def sections(words: Mapping[str, Any]) -> list[Section]:
    """Return the options of the tasks that take effect when photos are restored."""
    return restoring_sections(choose_tasks(words.get("task") or [], words.get("model") or []))


def colorize(
    inputs: InputsOrStream,
    out: Output = None,
    model: ModelName = None,
    overwrite: Overwrite = False,
    compare: Compare = False,
    no_mark: NoMark = False,
    damaged: Damaged = False,
    engine: EngineName = "auto",
    *,
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    """Colour black-and-white photos."""
    models = [] if model is None else [model]
    return _restore_photos(
        ["colorize"],
        models,
        inputs,
        out,
        engine,
        given,
        overwrite=overwrite,
        compare=compare,
        mark=not no_mark,
        damaged=damaged,
    )


def denoise(
    inputs: InputsOrStream,
    out: Output = None,
    model: ModelName = None,
    overwrite: Overwrite = False,
    compare: Compare = False,
    no_mark: NoMark = False,
    damaged: Damaged = False,
    engine: EngineName = "auto",
    *,
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    """Remove noise from photos."""
    models = [] if model is None else [model]
    return _restore_photos(
        ["denoise"],
        models,
        inputs,
        out,
        engine,
        given,
        overwrite=overwrite,
        compare=compare,
        mark=not no_mark,
        damaged=damaged,
    )


def sections_for(task: str) -> Callable[[Mapping[str, Any]], list[Section]]:
    """Return what finds the options of `colorize` or `denoise`."""

    def sections(words: Mapping[str, Any]) -> list[Section]:
        model = words.get("model")
        return restoring_sections(choose_tasks([task], [model] if model else []))

    return sections


def restore(
    inputs: InputsOrStream,
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            metavar="TASK",
            help="Task to undo; see `pixrestore tasks`. Not needed with --model. Repeat it to undo "
            "several in turn.",
        ),
    ] = None,
    out: Output = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="Model folder, or name of an installed model; by default the task's own. Repeat "
            "it to name a model for each task.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    compare: Compare = False,
    no_mark: NoMark = False,
    damaged: Damaged = False,
    engine: EngineName = "auto",
    *,
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    """Restore photos, undoing the damage of any task."""
    return _restore_photos(
        task or [],
        model or [],
        inputs,
        out,
        engine,
        given,
        overwrite=overwrite,
        compare=compare,
        mark=not no_mark,
        damaged=damaged,
    )


def _restore_photos(
    tasks: Sequence[str],
    models: Sequence[str],
    inputs: Sequence[Path],
    out: Path | None,
    engine: Engine,
    given: Mapping[str, Mapping[str, Any]],
    *,
    overwrite: bool,
    compare: bool,
    mark: bool,
    damaged: bool,
) -> int:
    from pixrestore.engines.opening import open_restorer
    from pixrestore.model.lookup import find_models
    from pixrestore.restoring.sequence import in_sequence

    streamed = streams(inputs, out)
    if streamed and compare:
        raise UsageError("`compare` needs a photo's name to put the picture beside it")
    restorer = in_sequence([open_restorer(model, engine) for model in find_models(tasks, models)])
    if streamed:
        return restore_stream(
            inputs[0],
            out,
            restorer,
            given.get("task", {}),
            overwrite=overwrite,
            mark=mark,
            damaged=damaged,
        )
    return report_files(
        inputs,
        out,
        restorer,
        overwrite=overwrite,
        compare=compare,
        mark=mark,
        damaged=damaged,
        options=given.get("task"),
    )


def report_files(
    inputs: Sequence[Path],
    out: Path | None,
    restorer: RestoresPhotos,
    *,
    overwrite: bool,
    compare: bool,
    mark: bool,
    damaged: bool,
    options: Mapping[str, Any] | None = None,
) -> int:
    """Restore files, print what becomes of each, and return the exit code."""
    from pixrestore.restoring.files import restore_files

    summary = restore_files(
        inputs,
        out,
        restorer,
        overwrite=overwrite,
        compare=compare,
        mark=mark,
        damaged=damaged,
        report=_show,
        options=options,
    )
    if len(summary.results) > 1 or summary.unread:
        typer.echo(summary)
    return summary.exit_code


def _show(result: FileResult) -> None:
    """Print what became of a photo, as soon as it is done."""
    if result.status == "failed":
        say(result.message)
        return
    counted = f"{result.position}/{result.total}  " if result.total > 1 else ""
    seconds = f"  ({result.seconds:.1f} s)" if result.status == "restored" else ""
    typer.echo(f"{counted}{result.message}{seconds}")
    if result.comparison is not None:
        from pixrestore.files import printable

        typer.echo(f"before | after: {printable(result.comparison)}")
