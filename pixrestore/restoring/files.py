"""Folders of photos: decoding, the network and writing at the same time, one failure at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from pixrestore.addresses import Address, Place, place_of
from pixrestore.errors import OutputError, PixrestoreError, UsageError
from pixrestore.files import printable
from pixrestore.images import Photo, read_photo, write_photo
from pixrestore.images.provenance import marked
from pixrestore.restoring.claims import Claims
from pixrestore.restoring.comparing import comparison
from pixrestore.restoring.destinations import Destinations
from pixrestore.restoring.handling import Handling
from pixrestore.restoring.inputs import RestoresPhotos
from pixrestore.restoring.planning import Job, plan_jobs
from pixrestore.restoring.remote_planning import plan_remote_jobs
from pixrestore.restoring.results import FileResult, Summary
from pixrestore.storing import format_of, settled_quality

_log = logging.getLogger("pixrestore")

# How often to look for what others work on, and when to say that they take long.
_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 10.0


def restore_files(
    inputs: Sequence[Path | Address | str],
    output: Path | Address | str | None,
    restorer: RestoresPhotos,
    *,
    report: Callable[[FileResult], None] | None = None,
    planned: Callable[[int], None] | None = None,
    only: Callable[[Place], bool] | None = None,
    options: Mapping[str, Any] | None = None,
    **handling: Any,
) -> Summary:
    """Restore photos and folders of photos to files.

    The next photo is decoded and the last one written while the network works. A photo that cannot
    be restored is reported and does not stop the others. Inputs are never written over, and
    results appear whole or not at all. Several processes that do the same job at the same time
    share the photos; where the system has no locks, as on Windows and behind addresses, each
    does all.

    Parameters
    ----------
    inputs : sequence of paths
        Photos and folders; folders are searched with those below them. Any may be an address,
        such as ``s3://bucket/in``: its photos are read into memory one by one.
    output : path, optional
        A folder, or the file for one photo, on this machine or behind an address; by default beside
        the inputs, see `plan_jobs`.
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
    summary = Summary()
    jobs = _planned(inputs, output, restorer.label, how, summary)
    wanted: Iterable[Job] = (job for job in jobs if _wanted(job, how, only))
    total = 0
    if isinstance(jobs, list):
        wanted = list(wanted)
        total = len(wanted)
        if planned is not None:
            planned(total)
    run = _Run(restorer, dict(options or {}), how, report, total, summary)
    todo = run.still_to_do(wanted)
    try:
        # Of photos that are still being found, each is done when it is known.
        run.do_all(list(todo) if total else todo)
    except OutputError as error:
        raise OutputError(f"{error}. Stopped: {summary}") from error
    return summary


def _planned(
    inputs: Sequence[Path | Address | str],
    output: Path | Address | str | None,
    label: str,
    how: Handling,
    summary: Summary,
) -> Iterable[Job]:
    """Return the jobs: a list, or where addresses are among the places, jobs one after another."""
    places = [place_of(given) for given in inputs]
    target = None if output is None else place_of(output)
    remote = any(isinstance(place, Address) for place in (*places, target))
    unread = summary.unread.append
    settings: dict[str, Any] = {"compare": how.compare, "format": how.format, "unread": unread}
    if remote and how.keep_times:
        raise UsageError("`keep_times` is for files of this machine")
    if remote:
        return plan_remote_jobs(places, target, label, **settings)
    paths = [Path(place) for place in places]
    out = None if target is None else Path(target)
    return plan_jobs(paths, out, label, **settings)


def _wanted(job: Job, how: Handling, only: Callable[[Place], bool] | None) -> bool:
    if only is not None and not only(job.source):
        return False
    # What is wrong with a folder concerns all of its parts.
    return job.within is None or how.wants(job.within)


def restore_jobs(
    jobs: Sequence[Job],
    restorer: RestoresPhotos,
    how: Handling,
    *,
    report: Callable[[FileResult], None],
    options: Mapping[str, Any],
    began: float,
) -> None:
    """Do some of the jobs of a plan, as `restore_files` does all of one.

    Parameters
    ----------
    jobs : sequence of Job
        Those of `plan_jobs` or `checked_jobs`.
    restorer, report, options
        As `restore_files` takes them.
    how : Handling
        What is done with the files.
    began : float
        When the plan was begun, in seconds since 1970. Results made since then are not made again,
        even where results that exist are replaced.

    Raises
    ------
    OutputError
        Nothing more can be written. Of jobs that were not reported nothing was made.
    """
    restorer.check(options)
    run = _Run(restorer, dict(options), how, report, len(jobs), began=began)
    run.do_all(run.still_to_do(list(jobs)))


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
    destinations: Destinations = field(default_factory=Destinations)
    claims: Claims = field(default_factory=Claims)
    elsewhere: list[Job] = field(default_factory=list)
    began: float = field(default_factory=time.time)

    def still_to_do(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Report the jobs that need no work, and yield the others."""
        for job in jobs:
            error = job.error
            there = self.destinations.of(job.result)
            exists = error is None and there.exists(job.result)
            if exists and there.is_folder(job.result):
                error = OutputError(f"cannot write {printable(job.result)}: it is a folder")
            if error is not None:
                self._done(job, "failed", error=error)
            elif exists and not self.how.overwrite and not self._lacks_comparison(job):
                there.tidy(job.result.parent)  # where nothing is left to write, too
                self._done(job, "skipped", result=job.result)
            else:
                yield job

    def do_all(self, jobs: Iterable[Job]) -> None:
        """Restore photos, and at last look for what became of those that others worked on."""
        idle = 0.0
        try:
            self.do(jobs)
            while jobs := self.elsewhere:
                before, self.elsewhere = len(self.summary.results), []
                self.do(jobs)
                if self.elsewhere and len(self.summary.results) == before:
                    time.sleep(_LOOK_SECONDS)
                    idle += _LOOK_SECONDS
                    if idle - _LOOK_SECONDS < _PATIENCE_SECONDS <= idle:
                        _log.warning(
                            "another process works on %s", printable(self.elsewhere[0].source)
                        )
        finally:
            self.claims.release_all()

    def do(self, jobs: Iterable[Job]) -> None:
        """Restore photo after photo, reading ahead by one and writing behind by one."""
        with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
            writing: tuple[Job, Any, float, Future[tuple[str, ...]]] | None = None
            reading: tuple[Job, Future[tuple[Photo, Photo | None]]] | None = None
            try:
                for following in chain(jobs, [None]):
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
            except (KeyboardInterrupt, OutputError):
                # It will be there, so it is told.
                if writing is not None and not self._told(writing[0]):
                    self._written(*writing)
                raise

    def _told(self, job: Job) -> bool:
        return any(result.source == job.source for result in self.summary.results)

    def _lacks_comparison(self, job: Job) -> bool:
        return self.how.compare and not self._exists(job.comparison)

    def _exists(self, place: Place) -> bool:
        return self.destinations.of(place).exists(place)

    def _made(self, job: Job) -> bool:
        """Tell whether there is a result to keep, such as one that another process made by now."""
        there = self.destinations.of(job.result)
        made = there.made(job.result, keep_times=self.how.keep_times)
        if made is None:
            return False
        return not self.how.overwrite or self.began <= made <= time.time()

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
        self.destinations.of(job.result).prepare(job.result.parent)
        return photo, read_photo(job.result) if made else None

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
        if not self.how.overwrite and self._exists(job.comparison):
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
            raise error

    def _done(self, job: Job, status: Any, **found: Any) -> None:
        self.claims.release(job.source)
        position = len(self.summary.results) + 1
        result = FileResult(job.source, status, position=position, total=self.total, **found)
        self.summary.results.append(result)
        if self.report is not None:
            self.report(result)


def _times(path: Place) -> tuple[int, int]:
    found = Path(path).stat()
    return found.st_atime_ns, found.st_mtime_ns
