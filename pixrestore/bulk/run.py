"""A job in bulk: plan, what the ledger says is done, batches on a cluster, ledger."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.bulk import BATCH
from pixrestore.bulk.batches import handled, local_path, names_of, opened
from pixrestore.bulk.cluster import Pair, joined, restored
from pixrestore.bulk.ledger import Ledger
from pixrestore.bulk.rows import Row, failure
from pixrestore.errors import OutputError, PixrestoreError
from pixrestore.files import printable
from pixrestore.model.lookup import find_models
from pixrestore.restoring.planning import Job, plan_jobs
from pixrestore.restoring.results import shared_code, told

if TYPE_CHECKING:
    from pixrestore.engines import Engine

# Ray is told of so many photos at a time: each takes room in its store until it is done.
_WAVE = 50_000
_RETRIES = 2


@dataclass
class BulkSummary:
    """What became of the photos of a job.

    Attributes
    ----------
    ledger : Path
        Folder in which a row tells of each.
    total : int
        Photos of this run.
    before : int
        Photos that the ledger said were done.
    counts : Counter
        Photos of this run, by status.
    codes : set of int
        Exit codes of the failures.
    unread : list of Path
        Pictures in folders that were passed over, because their kind is not read.
    """

    ledger: Path
    total: int = 0
    before: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    codes: set[int] = field(default_factory=set)
    unread: list[Path] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 when nothing failed, the failures' own code when they agree on one, else 1."""
        return shared_code(self.codes)

    def __str__(self) -> str:
        before = f", {self.before} done before" if self.before else ""
        return told(self.counts, self.unread) + before


Report = Callable[[BulkSummary, Sequence[Row]], None]


def restore_in_bulk(
    inputs: Sequence[Path | str],
    output: Path | str,
    task: str | Sequence[str] | None = None,
    model: str | Sequence[str] | None = None,
    *,
    ledger: Path | str | None = None,
    address: str | None = None,
    workers: int | None = None,
    batch: int = BATCH,
    engine: Engine = "auto",
    options: Mapping[str, Any] | None = None,
    report: Report | None = None,
    **handling: Any,
) -> BulkSummary:
    """Restore photos to files by many processes, on one machine or a Ray cluster.

    Each process loads the model once and takes batch after batch. Where it is lost, another takes
    its batch. A photo whose workers are lost each time is tried alone, and then fails. Photos do
    not pass through Ray, only their paths: all machines see the same files at the same places.

    Parameters
    ----------
    inputs : sequence of paths
        Photos and folders; folders are searched with those below them.
    output : path
        Folder for the results, in which the structure of input folders is kept.
    task, model, engine, options, **handling
        As `pixrestore.bulk.batches.restore_batch` takes them.
    ledger : path, optional
        Folder of Parquet files that say what became of each photo; ``<output>-ledger`` by default.
        Where it exists, photos that it says are done are left out.
    address : str, optional
        Address of a Ray cluster. By default that of ``RAY_ADDRESS``, else the one that runs on
        this machine, else one is started on this machine.
    workers : int, optional
        Processes, of a processor each; by default as many as the cluster has processors.
    batch : int
        Photos that a worker is given at a time.
    report : callable, optional
        Called with the summary so far and with the rows of each batch.

    Returns
    -------
    BulkSummary

    Raises
    ------
    UsageError
        The ledger is of another job, or what `restore_batch` raises.
    OutputError
        Nothing more can be written, as on a full disk.
    PixrestoreError
        The cluster cannot be joined, or no worker can begin.
    """
    how = handled(handling)
    tasks, models = names_of(task), tuple(_absolute_model(name) for name in names_of(model))
    # What is wrong with the model or the options is told before a cluster is asked for.
    restorer = opened(tasks, models, engine)
    restorer.check(options or {})
    places, target = [_absolute(path) for path in inputs], _absolute(output)
    folder = _absolute(ledger) if ledger else target.with_name(f"{target.name}-ledger")
    summary = BulkSummary(folder)
    jobs = plan_jobs(
        places, target, restorer.label, format=how.format, unread=summary.unread.append
    )
    kept = Ledger(folder, _described(tasks, models, options))
    settings = {
        **asdict(how),
        "task": tasks,
        "model": models,
        "engine": engine,
        "options": dict(options or {}),
        "began": kept.began,
    }
    run = _Run(summary, kept, settings, batch, report)
    try:
        pairs = run.still_to_do(jobs)
        if pairs:
            with joined(address) as processors:
                run.do_all(pairs, workers or processors)
    finally:
        kept.flush()
    kept.close()
    return summary


@dataclass
class _Run:
    """One call of `restore_in_bulk`."""

    summary: BulkSummary
    ledger: Ledger
    settings: Mapping[str, Any]
    batch: int
    report: Report | None

    def still_to_do(self, jobs: Sequence[Job]) -> list[Pair]:
        """Note the jobs that cannot be done, and return the others that are not done yet."""
        done = self.ledger.done()
        failed, pairs = [], []
        for job in jobs:
            error = job.error or _unspeakable(job)
            if error is not None:
                failed.append(failure(printable(job.source), printable(job.result), error))
                continue
            pair = str(job.source), str(job.result)
            if _stands(job, done.get(pair)):
                self.summary.before += 1
            else:
                pairs.append(pair)
        self.summary.total = len(failed) + len(pairs)
        self._note(failed)
        return pairs

    def do_all(self, pairs: Sequence[Pair], workers: int) -> None:
        """Restore all photos, wave after wave."""
        for start in range(0, len(pairs), _WAVE):
            wave = pairs[start : start + _WAVE]
            lost = self._do(wave, workers, self.batch)
            if len(lost) == len(wave) > 1:
                raise PixrestoreError(
                    "no worker could restore anything: is pixrestore installed on each machine?"
                )
            # Alone, none is lost for the sake of another.
            lost = self._do(lost, workers, 1)
            ended = PixrestoreError("its workers ended each time, as when memory runs out")
            self._note([failure(*pair, ended) for pair in lost])

    def _do(self, pairs: Sequence[Pair], workers: int, size: int) -> list[Pair]:
        """Restore photos, and return those of which no worker told anything."""
        left = dict.fromkeys(pairs)
        for rows in self._batches(pairs, workers, size):
            told = {(row.input, row.output): row for row in rows}
            fresh = [row for pair, row in told.items() if pair in left]
            for row in fresh:
                del left[row.input, row.output]
            self._note(fresh)
            stopping = [row for row in fresh if row.stopping and row.status == "failed"]
            if stopping:
                raise _stopped(stopping[-1], self.summary)
        return list(left)

    def _batches(self, pairs: Sequence[Pair], workers: int, size: int) -> Iterator[list[Row]]:
        if pairs:
            yield from restored(pairs, self.settings, workers=workers, size=size, retries=_RETRIES)

    def _note(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        self.ledger.add(rows)
        self.summary.counts.update(row.status for row in rows)
        self.summary.codes |= {row.code for row in rows if row.status == "failed"}
        if self.report is not None:
            self.report(self.summary, rows)


def _stopped(row: Row, summary: BulkSummary) -> PixrestoreError:
    text = f"{row.message}. Stopped: {summary}"
    if row.code == OutputError.exit_code:
        return OutputError(text, stopping=True)
    error = PixrestoreError(text)
    error.exit_code = row.code
    return error


def _stands(job: Job, status: str | None) -> bool:
    """Tell whether what the ledger says of a photo holds, so that it needs no work."""
    return status == "untouched" or (status is not None and os.path.lexists(job.result))


def _unspeakable(job: Job) -> OutputError | None:
    """Say what is wrong with a name that tables cannot hold."""
    try:
        f"{job.source}{job.result}".encode()
    except UnicodeEncodeError:
        told = printable(job.source)
        return OutputError(f"{told}: its name is no UTF-8, which Parquet needs: rename it")
    return None


def _absolute(path: Path | str) -> Path:
    """Return a path that means the same in other processes, links and all."""
    return Path(os.path.abspath(local_path(path)))  # noqa: PTH100 - `resolve` follows links


def _absolute_model(name: str) -> str:
    return str(_absolute(name)) if Path(name).is_dir() else name


def _described(
    tasks: tuple[str, ...], models: tuple[str, ...], options: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return what a job does to photos, by which its ledger is known again."""
    found = find_models(tasks, models)
    weights = [dict(model.weights or model.graph).get("sha256", "") for model in found]
    return {
        "tasks": [model.task.name for model in found],
        "models": [model.name for model in found],
        "weights": weights,
        "options": dict(options or {}),
    }
