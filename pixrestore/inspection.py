"""A doctor for photos: what a photo is, what damage the tasks see in it, and how to mend it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from pixrestore.engines.opening import open_restorer
from pixrestore.errors import UsageError
from pixrestore.finding import STAGES, Finding
from pixrestore.images import Photo, to_float
from pixrestore.images.parts import middle
from pixrestore.images.tint import tint
from pixrestore.model.lookup import default_model, has_model
from pixrestore.plugins.kinds import TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.restoring.inputs import RestoresPhotos, photo_of
from pixrestore.restoring.sequence import in_sequence
from pixrestore.task import Task

if TYPE_CHECKING:
    import PIL.Image
    from numpy.typing import NDArray

    from pixrestore.engines import Engine
    from pixrestore.model.folder import Model
    from pixrestore.restoring.inputs import Content, ImageOrFile
    from pixrestore.restoring.restorer import Restorer

# Height and width of what is looked at, the middle of larger photos: enough to see damage by.
_LARGEST = 2000


@dataclass(frozen=True)
class Inspection:
    """What a photo is, and what seems wrong with it.

    Attributes
    ----------
    kind : {"gray", "sepia", "colour"}
        Whether it has colours, none, or those of a toned print.
    width, height : int
        Its size in pixels.
    format : str
        Format of its file, such as ``"JPEG"``; empty for an array.
    depth : int
        Bits of each channel.
    findings : Mapping of str to Finding
        What each task that looked has found, by the task's name, in the order of mending; also
        where it is too little to be mended.
    tasks : tuple of str
        The tasks that would mend the photo, in the order in which they should work.
    notes : tuple of str
        Remarks for the user, such as on a task that could not look.
    """

    kind: Literal["gray", "sepia", "colour"]
    width: int
    height: int
    format: str
    depth: int
    findings: Mapping[str, Finding]
    tasks: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def command(self, photo: str = "PHOTO") -> str:
        """Return what mends the photo from the shell; empty when nothing need be mended."""
        if not self.tasks:
            return ""
        words = ["pixrestore", "restore", *(f"--task={task}" for task in self.tasks), photo]
        if self.tasks in (("colorize",), ("denoise",)):
            words = ["pixrestore", self.tasks[0], photo]
        return shlex.join(words)

    def as_data(self, photo: str = "PHOTO") -> dict[str, Any]:
        """Return what was found as JSON values."""
        return {
            "photo": photo,
            "kind": self.kind,
            "width": self.width,
            "height": self.height,
            "format": self.format,
            "depth": self.depth,
            "findings": [
                {
                    "task": name,
                    "measure": finding.measure,
                    "value": finding.value,
                    "unit": finding.unit,
                    "strength": finding.strength,
                    "seen": finding.seen,
                }
                for name, finding in self.findings.items()
            ],
            "tasks": list(self.tasks),
            "command": self.command(photo),
            "notes": list(self.notes),
        }


def inspect_photo(image: Any) -> Inspection:
    """Say what a photo is, what seems wrong with it, and which tasks would mend it.

    Every installed task is asked that knows how its damage looks; see `Task.detect`. No network
    is loaded.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image or ndarray
        As `restore` takes it.

    Returns
    -------
    Inspection

    Raises
    ------
    PhotoError
        The photo cannot be read.

    Examples
    --------
    >>> inspect_photo("old.jpg").tasks  # doctest: +SKIP
    ('denoise', 'colorize')
    """
    photo = photo_of(image)
    return inspected(photo, format="" if isinstance(image, np.ndarray) else photo.format)


def inspected(photo: Photo, format: str = "") -> Inspection:
    """Do what `inspect_photo` does, to a photo that has been read."""
    pixels = np.clip(to_float(np.ascontiguousarray(middle(photo.pixels, _LARGEST))), 0, 1)
    pixels.flags.writeable = False  # one task must not spoil what the next one sees
    findings: dict[str, Finding] = {}
    notes = list(photo.notes)
    for name, kind in load_plugins().all(TASKS).items():
        try:
            finding = _asked(kind, pixels)
        except Exception as error:  # one plugin's task never spoils the others
            notes.append(f"the task {name} could not look: {type(error).__name__}: {error}")
        else:
            if finding is not None:
                findings[name] = finding
    in_order = sorted(findings.items(), key=lambda found: STAGES.index(found[1].stage))
    height, width = photo.pixels.shape[:2]
    return Inspection(
        kind=tint(pixels).kind,
        width=width,
        height=height,
        format=format,
        depth=8 * photo.pixels.dtype.itemsize,
        findings=dict(in_order),
        tasks=_suggested(in_order),
        notes=tuple(notes),
    )


def _asked(kind: type[Task], pixels: NDArray[np.float32]) -> Finding | None:
    # To make a task takes options that it may want; one that does not look is not worth that.
    return None if kind.detect is Task.detect else kind().detect(pixels)


def _suggested(findings: Sequence[tuple[str, Finding]]) -> tuple[str, ...]:
    """Return the tasks that see damage and have a model, but for those that others cover."""
    seen = {name: finding for name, finding in findings if finding.seen and has_model(name)}
    covered = {name for finding in seen.values() for name in finding.covers}
    return tuple(name for name in seen if name not in covered)


class Fixer(RestoresPhotos):
    """Restores each photo by the tasks that `inspect_photo` suggests for it.

    Parameters
    ----------
    engine : {"auto", "onnx", "keras"}
        Engine that runs the networks.
    told : callable, optional
        Told of each model when it is first used.
    """

    label = "fixed"
    scale = 1  # at least: what each photo needs is known when it is seen

    def __init__(
        self, engine: Engine = "auto", told: Callable[[Model], None] = lambda model: None
    ) -> None:
        def opened(task: str) -> Restorer:
            model = default_model(task)
            restorer = open_restorer(model, engine)
            told(model)
            return restorer

        self._opened: Callable[[str], Restorer] = lru_cache(opened)

    def restore_photo(self, photo: Photo, **options: Any) -> Photo:
        """Restore a photo by the tasks that suit it; return `photo` itself if none does."""
        self.check(options)
        found = inspected(photo)
        if not found.tasks:
            return photo
        restored = in_sequence([self._opened(task) for task in found.tasks]).restore_photo(photo)
        return replace(restored, notes=(*restored.notes, f"mended by {', '.join(found.tasks)}"))

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise a `UsageError` if there are any options: each photo may get other tasks."""
        for name in options:
            raise UsageError(f"fix has no option {name!r}: it chooses the tasks itself")


@overload
def fix(
    image: ImageOrFile, *, engine: Engine = ..., mark: bool = ..., damaged: bool = ...
) -> PIL.Image.Image: ...
@overload
def fix(
    image: Content, *, engine: Engine = ..., mark: bool = ..., damaged: bool = ...
) -> bytes: ...
@overload
def fix(
    image: NDArray[Any], *, engine: Engine = ..., mark: bool = ..., damaged: bool = ...
) -> NDArray[Any]: ...
def fix(image: Any, *, engine: Engine = "auto", mark: bool = True, damaged: bool = False) -> Any:
    """Restore a photo by the tasks that `inspect_photo` suggests for it, one after the other.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image or ndarray
        As `restore` takes it.
    engine : {"auto", "onnx", "keras"}
        Engine that runs the networks; see `pixrestore.engines.opening.open_network`.
    mark, damaged : bool
        As `restore` takes them. A photo with which nothing seems wrong is not marked.

    Returns
    -------
    PIL.Image.Image, bytes or ndarray
        As `restore` returns it; the photo as it was where nothing seems wrong with it.

    Raises
    ------
    PhotoError
        The photo cannot be read.
    ModelError
        A model's folder is damaged.
    OutOfMemoryError
        There is not enough memory, even for small tiles.
    """
    return Fixer(engine).restore(image, mark=mark, damaged=damaged)
