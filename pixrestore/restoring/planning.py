"""Which photo's result goes where, decided before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from pixrestore.addresses import Place
from pixrestore.errors import OutputError, PhotoError, PixrestoreError, UsageError
from pixrestore.files import printable
from pixrestore.images import PHOTO_SUFFIXES, find_photos
from pixrestore.images.folders import UNREAD_SUFFIXES, told_unread
from pixrestore.images.writing import refuse_format
from pixrestore.storing import Format, format_named, format_of

READABLE = PHOTO_SUFFIXES | UNREAD_SUFFIXES.keys()
"""Endings of pictures, which no folder of results has."""

_COMPARISON = "-compare.jpg"


@dataclass(frozen=True, slots=True)
class Job:
    """One photo and the place of its result.

    Attributes
    ----------
    source : Path or Address
        The photo.
    result : Path or Address
        File for the restored photo.
    comparison : Path or Address
        File for a before | after picture, when one is wanted.
    within : PurePath, optional
        The photo's path within the folder that was given, or its name. None where `source` is
        that folder itself.
    error : PixrestoreError, optional
        Why it cannot be done, when that is known beforehand.
    """

    source: Place
    result: Place
    comparison: Place
    within: PurePath | None = None
    error: PixrestoreError | None = None


def plan_jobs(
    inputs: Sequence[Path],
    output: Path | None,
    name: str,
    *,
    compare: bool = False,
    format: str | None = None,
    unread: Callable[[Path], None] = lambda path: None,
) -> list[Job]:
    """Decide where results go.

    Without `output`, the result of ``old.jpg`` is ``old-<name>.jpg`` beside it, and those of the
    folder ``photos`` go to ``photos-<name>``. An `output` that ends like a photo is the result of
    the only photo; any other is a folder, in which the structure of input folders is kept. Kinds
    that are only read, such as GIF, become PNG. With `format`, the endings of photos of other kinds
    become that of the format.

    Parameters
    ----------
    inputs : sequence of Path
        Photos and folders of photos.
    output : Path, optional
        A folder, or the file for one photo.
    name : str
        The task's name.
    compare : bool
        Before | after pictures are wanted too.
    format : str, optional
        The format of the results, by a name of `storing.FORMATS`.
    unread : callable, optional
        Told of each picture in a folder of a kind that is not read.

    Returns
    -------
    list of Job
        Inputs that are missing, and results that would replace an input or each other, are jobs
        with an error.
    """
    wanted = None if format is None else format_named(format)
    if output is not None and format_of(output) and not output.is_dir():
        folders = [given for given in inputs if given.is_dir()]
        jobs = [only_job(inputs, folders, output, format)]
    else:
        if output is not None and output.exists() and not output.is_dir():
            raise OutputError(f"{printable(output)} is a file of a kind that cannot be written")
        if output is not None and not output.exists():
            refuse_format(output, only=READABLE)
        found = [job for given in inputs for job in _jobs_of(given, output, name, unread)]
        jobs = [in_format(job, wanted) for job in found]
    return checked_jobs(jobs, compare=compare)


def _jobs_of(
    given: Path, output: Path | None, name: str, unread: Callable[[Path], None]
) -> Iterator[Job]:
    if not given.is_dir():
        yield photo_job(given, output, name)
        return
    target = target_of(given, output, name)
    errors: list[PhotoError] = []
    others: list[Path] = []
    photos = find_photos(given, skip=target, closed=errors.append, unread=others.append)
    if not photos and not errors:
        errors.append(no_photos(given, others))
    for path in others:
        unread(path)
    for error in errors:
        yield Job(given, target, target, error=error)
    for photo in photos:
        within = photo.relative_to(given)
        yield job_for(photo, target / within, within)


def no_photos(folder: Place, unread: Sequence[Place]) -> PhotoError:
    """Return the error of a folder in which there are no photos, but perhaps other pictures."""
    told = f": {told_unread(unread)}" if unread else ""
    return PhotoError(f"there are no photos in {printable(folder)}{told}")


def target_of(folder: Path, output: Path | None, name: str) -> Path:
    """Return the folder that the results of a folder go to; see `plan_jobs`."""
    if output is not None:
        return output
    whole = folder.resolve()
    return whole.with_name(f"{whole.name or 'photos'}-{name}")


def only_job(
    inputs: Sequence[Place], folders: Collection[Place], output: Place, format: str | None
) -> Job:
    """Return the job of the only photo, whose result is the file `output`.

    Raises
    ------
    UsageError
        There are several photos, or folders, or the file's name ends like another format.
    """
    refuse_other_format(output, format)
    if len(inputs) != 1 or folders:
        raise UsageError(
            f"{printable(output)} names one file, but there are several photos: give a folder"
        )
    return job_for(inputs[0], output)


def photo_job(photo: Place, output: Place | None, name: str) -> Job:
    """Return the job of a photo that was given by its own name; see `plan_jobs`."""
    if output is not None:
        return job_for(photo, output / photo.name)
    return job_for(photo, photo.with_name(f"{photo.stem}-{name}{photo.suffix}"))


def job_for(source: Place, result: Place, within: PurePath | None = None) -> Job:
    """Return the job of a photo, whose result becomes PNG where its kind is only read."""
    if format_of(result) is None:
        result = result.with_name(result.name + ".png")
    return _to(source, result, Path(source.name) if within is None else within)


def _to(source: Place, result: Place, within: PurePath | None) -> Job:
    return Job(source, result, result.with_name(result.stem + _COMPARISON), within)


def refuse_other_format(output: Place, format: str | None) -> None:
    """Raise a `UsageError` where a file's name ends like another format than the one wanted."""
    if format is not None and format_named(format).pillows != format_of(output):
        raise UsageError(f"{printable(output)} and `format` {format} name two formats")


def in_format(job: Job, wanted: Format | None) -> Job:
    """Give the result's name the ending of the format that is wanted."""
    if wanted is None or job.error:
        return job
    name = job.result
    if name.suffix != job.source.suffix:  # what is only read has got another ending already
        name = name.with_name(name.stem)
    if name.suffix.lower() not in wanted.suffixes:
        stem = name.stem if name.suffix.lower() in PHOTO_SUFFIXES else name.name
        name = name.with_name(stem + wanted.suffixes[0])
    return _to(job.source, name, job.within)


def checked_jobs(jobs: Sequence[Job], *, compare: bool = False) -> list[Job]:
    """Mark the jobs that must not be done, and drop photos given twice."""
    sources = {identity: job.source for job in jobs if (identity := _identity(job.source))}
    claimed: dict[Place, Place] = {}
    checked = []
    for job in jobs:
        if job.error is None and job.result in claimed:
            if claimed[job.result] == job.source:
                continue
            job = collided(job, claimed[job.result])
        elif job.error is None:
            claimed[job.result] = job.source
            job = _kept_from_inputs(job, job.result, sources)
            if compare:
                job = _with_comparison(job, claimed, sources)
        checked.append(job)
    return checked


def collided(job: Job, other: Place) -> Job:
    """Return a job with the error that another photo has the same place for its result."""
    problem = f"its result would replace that of {printable(other)}: use another folder"
    return replace(job, error=OutputError(f"{printable(job.source)}: {problem}"))


def apart(job: Job) -> Job:
    """Return a job whose comparison is called after all of its result's name.

    So photos of one name and two kinds have two.
    """
    return replace(job, comparison=job.result.with_name(job.result.name + _COMPARISON))


def _with_comparison(
    job: Job, claimed: dict[Place, Place], sources: dict[tuple[int, int], Place]
) -> Job:
    """Claim the place of the before | after picture."""
    if job.comparison in claimed:
        job = apart(job)
    claimed[job.comparison] = job.source
    return _kept_from_inputs(job, job.comparison, sources)


def _kept_from_inputs(job: Job, path: Place, sources: dict[tuple[int, int], Place]) -> Job:
    """Refuse to write over any input, by whatever name, link or spelling it goes."""
    identity = _identity(path)
    if job.error is None and identity in sources:
        problem = f"would be written over the input {printable(sources[identity])}"
        return replace(job, error=OutputError(f"{printable(path)} {problem}"))
    return job


def _identity(path: Place) -> tuple[int, int] | None:
    """Return what tells a file whatever its name is; None when there is none."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
