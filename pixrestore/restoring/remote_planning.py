"""Which photo's result goes where, when photos or results are behind addresses: photo by photo.

There may be millions of them. So nothing is counted or compared beforehand: the folders of results
are kept apart from those of photos instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pixrestore.addresses import Address, Place, files_below
from pixrestore.errors import OutputError, PhotoError, UsageError
from pixrestore.files import printable
from pixrestore.images import PHOTO_SUFFIXES, find_photos
from pixrestore.images.folders import UNREAD_SUFFIXES
from pixrestore.images.writing import refuse_format
from pixrestore.restoring.planning import (
    READABLE,
    Job,
    apart,
    collided,
    in_format,
    job_for,
    no_photos,
    only_job,
    photo_job,
)
from pixrestore.storing import format_named, format_of


def plan_remote_jobs(
    inputs: Sequence[Place],
    output: Place | None,
    name: str,
    *,
    compare: bool = False,
    format: str | None = None,
    unread: Callable[[Place], None] = lambda place: None,
) -> Iterator[Job]:
    """Decide where results go, as `plan_jobs` does, while photos are being found.

    Parameters
    ----------
    inputs : sequence of Path or Address
        Photos and folders of photos: all on this machine, or all behind addresses.
    output : Path or Address, optional
        A folder, or the file for one photo.
    name : str
        The task's name.
    compare : bool
        Before | after pictures are wanted too.
    format : str, optional
        The format of the results.
    unread : callable, optional
        Told of each picture in a folder of a kind that is not read.

    Yields
    ------
    Job
        What cannot be done is a job with an error.

    Raises
    ------
    UsageError
        At once: inputs are of both kinds, results would lie among the photos, or `output` is one
        photo and there are several.
    """
    if len({isinstance(place, Address) for place in inputs}) > 1:
        raise UsageError("photos of this machine and photos behind addresses take two commands")
    folders = [place for place in inputs if place.is_dir()]
    if output is not None and format_of(output) and not output.is_dir():
        return iter([_kept_from(only_job(inputs, folders, output, format), set(inputs))])
    if output is not None:
        refuse_format(output, only=READABLE)
    targets = {folder: output or _beside(folder, name) for folder in folders}
    for folder in folders:
        for target in targets.values():
            if target == folder or _is_below(folder, target):
                raise UsageError(
                    f"results in {printable(target)} would lie among the photos: set `out` to "
                    "another folder"
                )
        for photo in inputs if output is None else []:
            if _is_below(photo, folder):
                raise UsageError(
                    f"{printable(photo)} lies in {printable(folder)}: give one of them"
                )
    return _Plan(inputs, output, name, targets, compare, format, unread).jobs()


def _beside(folder: Place, name: str) -> Place:
    if not isinstance(folder, Address) or not folder.name:
        raise UsageError(f"{printable(folder)} has no folder beside it: set `out`")
    return folder.with_name(f"{folder.name}-{name}")


def _is_below(place: Place, folder: Place) -> bool:
    both = isinstance(place, Address) and isinstance(folder, Address)
    return both and place.is_below(folder)  # type: ignore[union-attr, arg-type]


def _kept_from(job: Job, photos: set[Place]) -> Job:
    """Refuse to write over a photo."""
    if job.result not in photos:
        return job
    problem = "would be written over the input of that name"
    return replace(job, error=OutputError(f"{printable(job.result)} {problem}"))


class _Plan:
    """One call of `plan_remote_jobs`."""

    def __init__(
        self,
        inputs: Sequence[Place],
        output: Place | None,
        name: str,
        targets: dict[Place, Place],
        compare: bool,
        format: str | None,
        unread: Callable[[Place], None],
    ) -> None:
        self._inputs, self._output, self._name = inputs, output, name
        self._targets, self._unread = targets, unread
        self._compare = compare
        self._format = None if format is None else format_named(format)
        self._compared: set[Place] = set()
        self._photos = {place for place in inputs if place not in targets}
        self._claimed: dict[Place, Place] = {}

    def jobs(self) -> Iterator[Job]:
        """Yield the jobs, each place of a result once."""
        for found in self._found():
            job = in_format(found, self._format)
            if job.error is None and self._may_collide(job):
                other = self._claimed.setdefault(job.result, job.source)
                if other is not job.source:
                    if other == job.source:
                        continue
                    job = collided(job, other)
            if job.error is None and self._compare:
                job = self._compared_apart(job)
            yield job if job.error else _kept_from(job, self._photos)

    def _compared_apart(self, job: Job) -> Job:
        """Give photos of one name and two kinds two before | after pictures."""
        if job.comparison in self._compared:
            job = apart(job)
        self._compared.add(job.comparison)
        return job

    def _may_collide(self, job: Job) -> bool:
        """Say whether another photo's result could be the same: never for most of one folder."""
        # ``a.gif`` becomes ``a.gif.png``, as which another photo may be there.
        natural = Path(job.result.stem)
        endings_change = self._format is not None
        return (
            endings_change
            or len(self._inputs) > 1
            or (bool(natural.suffix) and format_of(natural) is None)
        )

    def _found(self) -> Iterator[Job]:
        for given in self._inputs:
            if given in self._targets:
                yield from self._in_folder(given, self._targets[given])
            else:
                yield photo_job(given, self._output, self._name)

    def _in_folder(self, folder: Place, target: Place) -> Iterator[Job]:
        """Yield the jobs of a folder; where it cannot be listed further, one with the error."""
        count, others = 0, []
        try:
            for photo, below in self._photos_in(folder):
                if photo.suffix.lower() in PHOTO_SUFFIXES:
                    count += 1
                    yield job_for(photo, target / below, PurePosixPath(below))
                elif photo.suffix.lower() in UNREAD_SUFFIXES:
                    others.append(Path(photo.name))
                    self._unread(photo)
        except PhotoError as error:
            yield Job(folder, target, target, error=error)
            return
        if not count:
            yield Job(folder, target, target, error=no_photos(folder, others))

    def _photos_in(self, folder: Place) -> Iterator[tuple[Place, str]]:
        """Yield photos and pictures of other kinds, and their places below the folder."""
        if isinstance(folder, Address):
            for found in files_below(folder, skip=self._targets.values()):  # type: ignore[arg-type]
                yield found, found.url.removeprefix(f"{folder.url}/")
            return
        unread: list[Path] = []
        closed: list[PhotoError] = []
        photos = find_photos(folder, unread=unread.append, closed=closed.append)
        for path in [*photos, *unread]:
            yield path, path.relative_to(folder).as_posix()
        if closed:
            raise closed[0]
