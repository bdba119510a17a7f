"""The verbs for photos: `colorize`, `denoise`, `restore`, `load`."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.errors import UsageError
from pixrestore.model import default_model, load_model

if TYPE_CHECKING:
    from pixrestore.model import Model
    from pixrestore.restoring import Restorer

# Networks kept in memory, so that restoring photos one by one does not load a model each time.
_KEPT = 4


def colorize(image: Any, *, model: str | os.PathLike[str] | None = None, **options: Any) -> Any:
    """Colour a black-and-white photo.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image or ndarray
        As `restore` takes it.
    model : path or str, optional
        A model folder or the name of an installed model; the one that comes with pixrestore by
        default.
    **options
        Restoring options of the task: ``saturation``.

    Returns
    -------
    PIL.Image.Image, bytes or ndarray
        As `restore` returns it.

    Examples
    --------
    >>> colorize("old.jpg").save("new.png")  # doctest: +SKIP
    """
    return restore(image, "colorize", model, **options)


def denoise(image: Any, *, model: str | os.PathLike[str] | None = None, **options: Any) -> Any:
    """Remove noise from a photo.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image or ndarray
        As `restore` takes it.
    model : path or str, optional
        A model folder or the name of an installed model; the one that comes with pixrestore by
        default.
    **options
        Restoring options of the task: ``strength``.

    Returns
    -------
    PIL.Image.Image, bytes or ndarray
        As `restore` returns it.
    """
    return restore(image, "denoise", model, **options)


def restore(
    image: Any,
    task: str | None = None,
    model: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Any:
    """Restore a photo.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image or ndarray
        A photo of any size. An array is (H, W), (H, W, 1), (H, W, 3) or (H, W, 4): floats in
        [0, 1], or integers over their type's whole range.
    task : str, optional
        What to undo; the model's task by default.
    model : path or str, optional
        A model folder or the name of an installed model; the task's own by default.
    **options
        Options of the task that take effect when restoring.

    Returns
    -------
    PIL.Image.Image, bytes or ndarray
        A PIL image for a path and for a PIL image, bytes (a file of the same format) for bytes, an
        array of the same dtype for an array.

    Raises
    ------
    UsageError
        Neither `task` nor `model` is given, they disagree, or an option does not exist.
    UnknownNameError
        There is no such task or model.
    PhotoError
        The photo cannot be read.
    ModelError
        The model's folder is damaged.
    """
    return _loaded(find_model(task, model)).restore(image, **options)


def load(model: str | os.PathLike[str]) -> Restorer:
    """Load a model.

    Parameters
    ----------
    model : path or str
        A model folder or the name of an installed model.

    Returns
    -------
    Restorer
        ``load(model).restore(image)`` restores a photo.

    Raises
    ------
    UnknownNameError
        There is no such model.
    ModelError
        The model's folder is damaged, altered, or from a newer version.
    """
    return _loaded(load_model(model))


def find_model(task: str | None, model: str | os.PathLike[str] | None) -> Model:
    """Find the model that a task and a model's name mean together.

    Raises
    ------
    UsageError
        Both are missing, or the model is for another task.
    UnknownNameError
        There is no such task or model.
    """
    if model is None:
        if task is None:
            raise UsageError("name a task or a model")
        return default_model(task)
    found = load_model(model)
    if task is not None and task != found.task.name:
        raise UsageError(f"the model {found.name} is for {found.task.name}, not for {task}")
    return found


def _loaded(model: Model) -> Restorer:
    changed = (model.folder / "model.json").stat().st_mtime_ns
    return _restorer(model.folder.resolve(), changed)


@lru_cache(maxsize=_KEPT)
def _restorer(folder: Path, changed: int) -> Restorer:
    """Load a model once for as long as its ``model.json`` stays as it is."""
    return load_model(folder).restorer()
