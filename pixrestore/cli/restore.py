"""``pixrestore colorize``, ``denoise`` and ``restore``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixrestore.cli.asking import KEY as ASKED
from pixrestore.cli.asking import answer_questions
from pixrestore.cli.messages import say, tell_terms
from pixrestore.cli.movement import Movement
from pixrestore.cli.option_groups import Section
from pixrestore.cli.photo_options import (
    EngineName,
    InputsOrStream,
    ModelName,
    Output,
    takes_handling,
)
from pixrestore.cli.streams import restore_stream, streams
from pixrestore.cli.task_options import choose_tasks, restoring_sections
from pixrestore.engines import Engine
from pixrestore.errors import UsageError
from pixrestore.restoring.handling import Handling

if TYPE_CHECKING:
    from pixrestore.restoring.inputs import RestoresPhotos
    from pixrestore.restoring.results import FileResult


TaskNames = Annotated[
    list[str] | None,
    typer.Option(
        "--task",
        metavar="TASK",
        help="Task to undo; see `pixrestore tasks`. Not needed with --model. Repeat it to undo "
        "several in turn.",
    ),
]
ModelNames = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="Model folder, name of an installed model, or hf://owner/name on the Hub; by "
        "default the task's own. Repeat it to name a model for each task.",
    ),
]


def sections(words: Mapping[str, Any]) -> list[Section]:
    """Return the options of the tasks that take effect when photos are restored."""
    return restoring_sections(choose_tasks(words.get("task") or [], words.get("model") or []))


def command_for(task: str, summary: str) -> Callable[..., int]:
    """Return the command that undoes one task."""

    def command(
        inputs: InputsOrStream,
        out: Output = None,
        model: ModelName = None,
        *,
        handling: Handling,
        engine: EngineName = "auto",
        given: Mapping[str, Mapping[str, Any]],
    ) -> int:
        models = [] if model is None else [model]
        return _restore_photos([task], models, inputs, out, engine, handling, given)

    command.__name__, command.__doc__ = task, summary
    return takes_handling(command)


colorize = command_for("colorize", "Colour black-and-white photos.")
denoise = command_for("denoise", "Remove noise from photos.")


def sections_for(task: str) -> Callable[[Mapping[str, Any]], list[Section]]:
    """Return what finds the options of `colorize` or `denoise`."""

    def sections(words: Mapping[str, Any]) -> list[Section]:
        model = words.get("model")
        return restoring_sections(choose_tasks([task], [model] if model else []))

    return sections


@takes_handling
def restore(
    inputs: InputsOrStream,
    task: TaskNames = None,
    out: Output = None,
    model: ModelNames = None,
    *,
    handling: Handling,
    engine: EngineName = "auto",
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    """Restore photos, undoing the damage of any task."""
    return _restore_photos(task or [], model or [], inputs, out, engine, handling, given)


def _restore_photos(
    tasks: Sequence[str],
    models: Sequence[str],
    inputs: Sequence[Path],
    out: Path | None,
    engine: Engine,
    handling: Handling,
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    from pixrestore.engines.opening import open_restorer
    from pixrestore.model.lookup import find_models
    from pixrestore.restoring.sequence import in_sequence

    options = given.get("task", {})
    if ASKED in given:
        (model,) = find_models(tasks, models)
        return answer_questions(given[ASKED], inputs, out, open_restorer(model, engine), options)
    streamed = streams(inputs, out)
    if streamed and handling.compare:
        raise UsageError("`compare` needs a photo's name to put the picture beside it")
    found = find_models(tasks, models)
    restorer = in_sequence([open_restorer(model, engine) for model in found])
    for model in found:
        tell_terms(model)
    if streamed:
        return restore_stream(inputs[0], out, restorer, handling, options)
    return report_files(inputs, out, restorer, handling, options)


def report_files(
    inputs: Sequence[Path],
    out: Path | None,
    restorer: RestoresPhotos,
    handling: Handling,
    options: Mapping[str, Any] | None = None,
) -> int:
    """Restore files, print what becomes of each, and return the exit code."""
    from pixrestore.restoring.files import restore_files

    with Movement() as movement:

        def report(result: FileResult) -> None:
            movement.clear()
            _show(result)

        summary = restore_files(
            inputs, out, restorer, report=report, options=options, **vars(handling)
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
    if not result.total:  # behind addresses, photos are still being found
        counted = f"{result.position}  "
    seconds = f"  ({result.seconds:.1f} s)" if result.status == "restored" else ""
    typer.echo(f"{counted}{result.message}{seconds}")
    if result.comparison is not None:
        from pixrestore.files import printable

        typer.echo(f"before | after: {printable(result.comparison)}")
