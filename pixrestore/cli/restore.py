"""``pixrestore colorize``, ``denoise`` and ``restore``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixrestore.cli.asking import KEY as ASKED
from pixrestore.cli.asking import answer_questions
from pixrestore.cli.messages import tell_terms
from pixrestore.cli.option_groups import Section
from pixrestore.cli.photo_options import (
    EngineName,
    InputsOrStream,
    ModelName,
    Output,
    Telling,
    Watch,
    takes_handling,
)
from pixrestore.cli.streams import STREAM, restore_stream, streams
from pixrestore.cli.task_options import choose_tasks, restoring_sections
from pixrestore.engines import Engine
from pixrestore.errors import UsageError
from pixrestore.files import printable
from pixrestore.restoring.handling import Handling

if TYPE_CHECKING:
    from pixrestore.restoring.inputs import RestoresPhotos

_PLAINLY = Telling()


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
        watch: Watch = False,
        telling: Telling,
        given: Mapping[str, Mapping[str, Any]],
    ) -> int:
        models = [] if model is None else [model]
        job = Job(inputs, out, engine, handling, telling, watch)
        return _restore_photos([task], models, job, given)

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
    watch: Watch = False,
    telling: Telling,
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    """Restore photos, undoing the damage of any task."""
    job = Job(inputs, out, engine, handling, telling, watch)
    return _restore_photos(task or [], model or [], job, given)


@dataclass(frozen=True)
class Job:
    """What a command that restores photos was asked for, beside how."""

    inputs: Sequence[Path]
    out: Path | None
    engine: Engine
    handling: Handling
    telling: Telling
    watch: bool


def _restore_photos(
    tasks: Sequence[str],
    models: Sequence[str],
    job: Job,
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    from pixrestore.engines.opening import open_restorer
    from pixrestore.model.lookup import find_models
    from pixrestore.restoring.sequence import in_sequence

    options = given.get("task", {})
    streamed = False
    if ASKED in given:
        _refuse_for_questions(job)
    elif streamed := streams(job.inputs, job.out):
        _refuse_for_streams(job)
    found = find_models(tasks, models)
    restorers = [open_restorer(model, job.engine) for model in found]
    for model in found:
        tell_terms(model)
    if ASKED in given:  # only where there is one task
        return answer_questions(given[ASKED], job.inputs, job.out, restorers[0], options)
    restorer = in_sequence(restorers)
    if streamed:
        return restore_stream(job.inputs[0], job.out, restorer, job.handling, options, job.telling)
    return report_files(
        job.inputs, job.out, restorer, job.handling, options, job.telling, job.watch
    )


def _refuse_for_questions(job: Job) -> None:
    if job.watch or job.telling.json:
        raise UsageError("`suggest` and `doubts` print lines about one photo, and no JSON")


def _refuse_for_streams(job: Job) -> None:
    if job.handling.compare:
        raise UsageError("`compare` needs a photo's name to put the picture beside it")
    if job.handling.shard is not None:
        raise UsageError("`shard` is for folders, and - is one photo")
    if job.watch:
        raise UsageError("`watch` is for folders, and - is one photo")
    if job.telling.json and job.out in (None, STREAM):
        raise UsageError("`json` and a photo cannot both go to standard output: name `out`")


def report_files(
    inputs: Sequence[Path],
    out: Path | None,
    restorer: RestoresPhotos,
    handling: Handling,
    options: Mapping[str, Any] | None = None,
    telling: Telling = _PLAINLY,
    watch: bool = False,
) -> int:
    """Restore files, tell what becomes of each, and return the exit code."""
    from pixrestore.cli.telling import Teller

    how: dict[str, Any] = {"options": options, **vars(handling)}
    with Teller(telling) as teller:
        how.update(report=teller.report, planned=teller.planned)
        if watch:
            from pixrestore.restoring.watching import watch_folders

            teller.line(f"watching {' '.join(map(printable, inputs))} (Ctrl-C ends it)")
            summary = watch_folders(inputs, out, restorer, **how)
        else:
            from pixrestore.restoring.files import restore_files

            summary = restore_files(inputs, out, restorer, **how)
        teller.conclude(summary, always=watch)
    return summary.exit_code
