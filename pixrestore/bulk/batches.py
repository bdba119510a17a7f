"""The function that any engine calls with a part of the photos."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.addresses import Address, place_of
from pixrestore.bulk.rows import Columns, Row, columns_of, failure, sha256_of
from pixrestore.engines.opening import open_restorer
from pixrestore.errors import OutputError, UsageError
from pixrestore.model.lookup import find_models
from pixrestore.restoring.destinations import LocalFolders
from pixrestore.restoring.files import restore_jobs
from pixrestore.restoring.handling import Handling
from pixrestore.restoring.planning import Job, checked_jobs, job_for
from pixrestore.restoring.sequence import in_sequence

if TYPE_CHECKING:
    from pixrestore.engines import Engine
    from pixrestore.restoring.inputs import RestoresPhotos
    from pixrestore.restoring.results import FileResult

_MADE = "made by a process that ended before it said so"

# Pipelines may call with several models in turn.
_KEPT = 4


def restore_batch(
    batch: Mapping[str, Any],
    task: str | Sequence[str] | None = None,
    model: str | Sequence[str] | None = None,
    *,
    engine: Engine = "auto",
    began: float | None = None,
    options: Mapping[str, Any] | None = None,
    **handling: Any,
) -> Columns:
    """Restore the photos of a batch to files, as engines for big data call it.

    A process loads a model once, at its first batch. A batch may be given again, as engines do
    when a worker is lost: results that exist are skipped, and appear whole or not at all.

    Parameters
    ----------
    batch : Mapping or pandas.DataFrame
        Columns ``input``, paths of photos, and ``output``, paths of their results, of one length.
        Others are left out.
    task : str or sequence of str, optional
        Task or tasks to undo, in this order; by default those of the models.
    model : str or sequence of str, optional
        Model folders, names of installed models, or ``hf://owner/name`` on the Hub; a task's own
        by default.
    engine : {"auto", "onnx", "keras"}
        Engine that runs the networks.
    began : float, optional
        When the job was begun, in seconds since 1970; now by default. Results made since then are
        not made again, even with ``overwrite``, and count as restored.
    options : Mapping, optional
        Options of the tasks that take effect when restoring, such as ``strength``.
    **handling : Any
        Such as ``overwrite`` and ``format``: the attributes of a
        `pixrestore.restoring.handling.Handling`, except ``compare`` and
        ``shard``.

    Returns
    -------
    dict of ndarray
        A row for each photo, in any order. ``input`` and ``output``: paths; ``status``: restored,
        skipped (its result existed), untouched (nothing to mend) or failed; ``message``: why, or
        remarks; ``seconds``: of the network; ``input_sha256`` and ``output_sha256``: of the files,
        empty where there is none; ``code``: exit code of a failure, else 0; ``stopping``: no other
        photo could be restored either, as where the disk is full. A photo that fails is a row, and
        no error. Pairs that are given twice are one row.

    Raises
    ------
    UsageError
        Neither `task` nor `model` is given, they disagree, an option does not exist, or a path is
        an address.
    UnknownNameError
        There is no such task or model.
    ModelError
        The model's folder is damaged.
    """
    how = handled(handling)
    restorer = opened(names_of(task), names_of(model), engine)
    part = _Part(restorer, how, time.time() if began is None else began, dict(options or {}))
    pairs = zip(batch["input"], batch["output"], strict=True)
    jobs = checked_jobs(
        [job_for(local_path(source), local_path(result)) for source, result in pairs]
    )
    return columns_of([row for some in _rounds(jobs) for row in part.rows(some)])


@lru_cache(maxsize=_KEPT)
def opened(tasks: tuple[str, ...], models: tuple[str, ...], engine: Engine) -> RestoresPhotos:
    """Return what restores photos by these tasks and models, loaded once in a process."""
    return in_sequence([open_restorer(model, engine) for model in find_models(tasks, models)])


def handled(handling: Mapping[str, Any]) -> Handling:
    """Return what is done with files; a `UsageError` for what is not for batches."""
    how = Handling(**handling)
    if how.compare:
        raise UsageError("`compare` is for photos that somebody looks at, not for batches")
    if how.shard is not None:
        raise UsageError("`shard` parts what batches part already")
    return how


def names_of(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return one name, several or none as several."""
    return (given,) if isinstance(given, str) else tuple(given or ())


def local_path(place: Any) -> Path:
    """Return the path of a file of this machine; a `UsageError` where it is in a store."""
    found = place_of(str(place))
    if isinstance(found, Address):
        raise UsageError(f"{found} is an address: in bulk, photos and results are files")
    return found


def _rounds(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Part jobs so that each photo is there once: what became of it is told by its own path."""
    left = list(jobs)
    while left:
        first = {job.source: job for job in reversed(left)}
        yield list(reversed(first.values()))
        left = [job for job in left if first[job.source] is not job]


class _Part:
    """How the jobs of a batch are done."""

    def __init__(
        self, restorer: RestoresPhotos, how: Handling, began: float, options: dict[str, Any]
    ) -> None:
        self._restorer, self._how, self._began, self._options = restorer, how, began, options

    def rows(self, jobs: Sequence[Job]) -> list[Row]:
        """Do jobs of different photos, and return what became of each."""
        found: list[FileResult] = []
        stopped: OutputError | None = None
        try:
            restore_jobs(
                jobs,
                self._restorer,
                self._how,
                report=found.append,
                options=self._options,
                began=self._began,
            )
        except OutputError as error:
            stopped = error
        results = {result.source: result for result in found}
        return [self._row(job, results.get(job.source), stopped) for job in jobs]

    def _made_meanwhile(self, job: Job) -> bool:
        """Tell whether a result was made since the job was begun."""
        made = LocalFolders().made(Path(job.result), keep_times=self._how.keep_times)
        return made is not None and made >= self._began

    def _row(self, job: Job, result: FileResult | None, stopped: OutputError | None) -> Row:
        source, target, stopping = str(job.source), str(job.result), stopped is not None
        if result is None:
            untried = stopped or OutputError(f"{source} was not tried")
            return failure(source, target, untried, stopping=True)
        if result.error is not None:
            code = getattr(result.error, "exit_code", 1)
            seen = sha256_of(Path(job.source))
            return Row(
                source, target, "failed", result.message, 0.0, seen, code=code, stopping=stopping
            )
        status, message = result.status, "; ".join(result.notes)
        if status == "skipped" and self._made_meanwhile(job):
            status, message = "restored", _MADE
        there = status != "untouched"
        return Row(
            source,
            target,
            status,
            message,
            result.seconds,
            sha256_of(Path(job.source)),
            sha256_of(Path(job.result)) if there else "",
            stopping=stopping,
        )
