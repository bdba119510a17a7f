"""Folders of photos: decoding, the network and writing at the same time, one failure at a time."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pixrestore.errors import OutputError, PixrestoreError
from pixrestore.files import output_error, printable, remove_leftovers
from pixrestore.images import Photo, read_photo, write_photo
from pixrestore.images.provenance import marked
from pixrestore.restoring.claims import Claims
from pixrestore.restoring.comparing import comparison
from pixrestore.restoring.handling import Handling
from pixrestore.restoring.inputs import RestoresPhotos
from pixrestore.restoring.planning import Job, plan_jobs
from pixrestore.restoring.results import FileResult, Summary
from pixrestore.storing import format_of, settled_quality

_log = logging.getLogger("pixrestore")

# How often to look for what others work on, and when to say that they take long.
_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 10.0


def restore_files(
    inputs: Sequence[Path | str],
    output: Path | str | None,
    restorer: RestoresPhotos,
    *,
    report: Callable[[FileResult], None] | None = None,
    planned: Callable[[int], None] | None = None,
    only: Callable[[Path], bool] | None = None,
    options: Mapping[str, Any] | None = None,
    **handling: Any,
) -> Summary:
    """Restore photos and folders of photos to files.

    The next photo is decoded and the last one written while the network works. A photo that cannot
    be restored is reported and does not stop the others. Inputs are never written over, and
    results appear whole or not at all. Several processes that do the same job at the same time
    share the photos; where the system has no locks, as on Windows, each does all.

    Parameters
    ----------
    inputs : sequence of paths
        Photos and folders; folders are searched with those below them.
    output : path, optional
        A folder, or the file for one photo; by default beside the inputs, see `plan_jobs`.
    restorer : Restorer or RestorerSequence
        Restorer that restores them.
    report : callable, optional
        Called with each `FileResult` as it is done.
    planned : callable, optional
        Called with the number of photos, before the first of them.
    only : callable, optional
        Tells of a photo in the inputs whether it is to be restored; by default all are.
    options : Mapping, optional
        Options of the task for restoring.
    **handling : Any
        Such as ``overwrite`` and ``format``: the attributes of a `Handling`.

    Returns
    -------
    Summary

    Raises
    ------
    OutputError
        Nothing more can be written, as on a full disk. What was written before stays.
    UsageError
        `output` is one photo and the inputs are several, or the task has no such option.
    """
    how = Handling(**handling)
    restorer.check(options or {})
    places = [Path(path) for path in inputs]
    target = None if output is None else Path(output)
    summary = Summary()
    jobs = plan_jobs(
        places,
        target,
        restorer.label,
        compare=how.compare,
        format=how.format,
        unread=summary.unread.append,
    )
    jobs = [job for job in jobs if _wanted(job, how, only)]
    if planned is not None:
        planned(len(jobs))
    run = _Run(restorer, dict(options or {}), how, report, len(jobs), summary)
    run.do_all(run.still_to_do(jobs))
    return run.summary


def _wanted(job: Job, how: Handling, only: Callable[[Path], bool] | None) -> bool:
    if only is not None and not only(job.source):
        return False
    # What is wrong with a folder concerns all of its parts.
    return job.within is None or how.wants(job.within)


@dataclass(frozen=True)
class _Restored:
    """A photo that waits to be written; `before` is there only where it is compared with.

    The status is "skipped" where `after` was written before and only the comparison is missing.
    """

    before: Photo | None
    after: Photo
    status: Literal["restored", "skipped"]
    seconds: float


class _ElsewhereError(Exception):
    """Another process works on the photo."""


class _DoneError(Exception):
    """Another process has made the result meanwhile."""


@dataclass
class _Run:
    """One call of `restore_files`."""

    restorer: RestoresPhotos
    options: dict[str, Any]
    how: Handling
    report: Callable[[FileResult], None] | None
    total: int
    summary: Summary = field(default_factory=Summary)
    prepared: dict[Path, OutputError | None] = field(default_factory=dict)
    claims: Claims = field(default_factory=Claims)
    elsewhere: list[Job] = field(default_factory=list)
    began: float = field(default_factory=time.time)

    def still_to_do(self, jobs: list[Job]) -> list[Job]:
        """Report the jobs that need no work, and return the others."""
        todo = []
        for job in jobs:
            error = job.error
            exists = error is None and os.path.lexists(job.result)
            if exists and job.result.is_dir():
                error = OutputError(f"cannot write {printable(job.result)}: it is a folder")
            if error is not None:
                self._done(job, "failed", error=error)
            elif exists and not self.how.overwrite and not self._lacks_comparison(job):
                self._done(job, "skipped", result=job.result)
            else:
                todo.append(job)
        return todo

    def do_all(self, jobs: list[Job]) -> None:
        """Restore photos, and at last look for what became of those that others worked on."""
        idle = 0.0
        try:
            while jobs:
                before, self.elsewhere = len(self.summary.results), []
                self.do(jobs)
                jobs = self.elsewhere
                if jobs and len(self.summary.results) == before:
                    time.sleep(_LOOK_SECONDS)
                    idle += _LOOK_SECONDS
                    if idle - _LOOK_SECONDS < _PATIENCE_SECONDS <= idle:
                        _log.warning("another process works on %s", printable(jobs[0].source))
        finally:
            self.claims.release_all()

    def do(self, jobs: list[Job]) -> None:
        """Restore photo after photo, reading ahead by one and writing behind by one."""
        with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
            writing: tuple[Job, Any, float, Future[tuple[str, ...]]] | None = None
            reading: tuple[Job, Future[tuple[Photo, Photo | None]]] | None = None
            try:
                for following in [*jobs, None]:
                    current = reading
                    reading = None
                    if following is not None:
                        reading = following, reader.submit(self._read, following)
                    if current is None:
                        continue
                    job, restored = current[0], self._restored(*current)
                    if writing is not None:
                        self._written(*writing)
                    writing = None
                    if restored is not None:
                        future = writer.submit(self._write, job, restored)
                        writing = job, restored.status, restored.seconds, future
                    del current, restored
                if writing is not None:
                    self._written(*writing)
            except KeyboardInterrupt:
                # It will be there, so it is told.
                if writing is not None and not self._told(writing[0]):
                    self._written(*writing)
                raise

    def _told(self, job: Job) -> bool:
        return any(result.source == job.source for result in self.summary.results)

    def _lacks_comparison(self, job: Job) -> bool:
        return self.how.compare and not os.path.lexists(job.comparison)

    def _made(self, job: Job) -> bool:
        """Tell whether there is a result to keep, such as one that another process made by now."""
        try:
            found = job.result.lstat()
        except OSError:
            return False
        # A result that has its photo's times tells when it was made by when they were set.
        changed = found.st_ctime if self.how.keep_times else found.st_mtime
        return not self.how.overwrite or self.began <= changed <= time.time()

    def _read(self, job: Job) -> tuple[Photo, Photo | None]:
        """Return a photo, and its result where that is there and only to be compared with."""
        if not self.claims.take(job.source):
            raise _ElsewhereError
        made = self._made(job)
        if made and not self._lacks_comparison(job):
            raise _DoneError
        # Nothing is made for a photo that is not there.
        photo = read_photo(job.source, damaged=self.how.damaged, all_pages=self.how.all_pages)
        format = format_of(job.result) or ""
        try:
            self.restorer.refuse_unfit(photo, format)
            settled_quality(format, self.how.quality, lossless=photo.lossless)
        except OutputError as error:
            raise OutputError(f"cannot write {printable(job.result)}: {error}") from None
        self._prepare(job.result.parent)
        return photo, read_photo(job.result) if made else None

    def _prepare(self, folder: Path) -> None:
        """Make a folder for results and see that it can be written, once, before the work."""
        if folder not in self.prepared:
            self.prepared[folder] = None
            try:
                folder.mkdir(parents=True, exist_ok=True)
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise PermissionError(13, "no permission to write there")
                remove_leftovers(folder)
            except OSError as error:
                self.prepared[folder] = output_error(folder, error)
        if failure := self.prepared[folder]:
            raise failure

    def _restored(self, job: Job, reading: Future[tuple[Photo, Photo | None]]) -> _Restored | None:
        try:
            before, made = reading.result()
            if made is not None:
                return _Restored(before, made, "skipped", 0.0)
            start = time.perf_counter()
            after = self.restorer.restore_marked(before, mark=self.how.mark, **self.options)
            seconds = time.perf_counter() - start
            if after is before:
                self._done(job, "untouched")
                return None
            return _Restored(before if self.how.compare else None, after, "restored", seconds)
        except _ElsewhereError:
            self.elsewhere.append(job)
            return None
        except _DoneError:
            self._done(job, "skipped", result=job.result)
            return None
        except Exception as error:  # one photo, or one plugin's task, never stops the rest
            self._failed(job, error)
            return None

    def _write(self, job: Job, restored: _Restored) -> tuple[str, ...]:
        notes = restored.after.notes
        if restored.status == "restored":
            times = _times(job.source) if self.how.keep_times else None
            notes += write_photo(restored.after, job.result, self.how.quality, times=times)
        if restored.before is None:
            return notes
        if not self.how.overwrite and os.path.lexists(job.comparison):
            return (*notes, f"{printable(job.comparison)} exists and was kept")
        pair = comparison(restored.before, restored.after)
        write_photo(marked(pair) if self.how.mark else pair, job.comparison)
        return notes

    def _written(
        self, job: Job, status: Any, seconds: float, writing: Future[tuple[str, ...]]
    ) -> None:
        try:
            notes = writing.result()
        except Exception as error:
            self._failed(job, error)
            return
        made = job.comparison if self.how.compare else None
        found = {"result": job.result, "comparison": made, "notes": notes, "seconds": seconds}
        self._done(job, status, **found)

    def _failed(self, job: Job, error: Exception) -> None:
        if not isinstance(error, PixrestoreError):
            _log.debug("%s", printable(job.source), exc_info=error)
            failure = f"{type(error).__name__}: {error}"
            error = PixrestoreError(f"{printable(job.source)}: {failure}")
        self._done(job, "failed", error=error)
        if isinstance(error, OutputError) and error.stopping:
            raise OutputError(f"{error}. Stopped: {self.summary}") from error

    def _done(self, job: Job, status: Any, **found: Any) -> None:
        self.claims.release(job.source)
        position = len(self.summary.results) + 1
        result = FileResult(job.source, status, position=position, total=self.total, **found)
        self.summary.results.append(result)
        if self.report is not None:
            self.report(result)


def _times(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_atime_ns, found.st_mtime_ns
