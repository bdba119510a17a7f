"""The verbs for photos: `colorize`, `denoise`, `restore`, `load`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.errors import UsageError
from pixrestore.model import default_model, load_model

if TYPE_CHECKING:
    from pixrestore.engines import Engine
    from pixrestore.model import Model
    from pixrestore.restoring import Restorer

ModelName = str | os.PathLike[str]

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
    task: str | Sequence[str] | None = None,
    model: ModelName | Sequence[ModelName] | None = None,
    *,
    engine: Engine = "auto",
    **options: Any,
) -> Any:
    """Restore a photo, undoing one kind of damage or several in sequence.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image or ndarray
        A photo of any size. An array is (H, W), (H, W, 1), (H, W, 3) or (H, W, 4): floats in
        [0, 1], or integers over their type's whole range.
    task : str or sequence of str, optional
        What to undo, in this order; the models' tasks by default.
    model : path, str or sequence of them, optional
        Model folders or names of installed models, each for one of the tasks; a task's own by
        default.
    engine : {"auto", "onnx", "keras"}
        What runs the networks, see `pixrestore.engines.open_network`.
    **options
        Options of the tasks that take effect when restoring. Where two tasks have one of the same
        name, that of the second has its task's name before it: ``denoise_strength``.

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
    from pixrestore.restoring import in_sequence

    restorers = [_loaded(each, engine) for each in find_models(task, model)]
    return in_sequence(restorers).restore(image, **options)


def load(model: str | os.PathLike[str], *, engine: Engine = "auto") -> Restorer:
    """Load a model.

    Parameters
    ----------
    model : path or str
        A model folder or the name of an installed model.
    engine : {"auto", "onnx", "keras"}
        What runs the network, see `pixrestore.engines.open_network`.

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
    return _loaded(load_model(model), engine)


def find_models(
    task: str | Sequence[str] | None, model: ModelName | Sequence[ModelName] | None
) -> list[Model]:
    """Find the models that tasks and names of models mean together, in the order of the tasks.

    Raises
    ------
    UsageError
        Both are missing, or a model is for another task.
    UnknownNameError
        There is no such task or model.
    """
    tasks = [task] if isinstance(task, str) else list(task or ())
    names = [model] if isinstance(model, (str, os.PathLike)) else list(model or ())
    if not tasks and not names:
        raise UsageError("name a task or a model")
    models = [load_model(name) for name in names]
    pairs = match_models(tasks, [(found.name, found.task.name) for found in models])
    return [default_model(name) if place is None else models[place] for name, place in pairs]


def match_models(
    tasks: Sequence[str], models: Sequence[tuple[str, str]]
) -> list[tuple[str, int | None]]:
    """Give every task the first model that is for it and not another's yet.

    Parameters
    ----------
    tasks : sequence of str
        Names of tasks; those of the models when there are none.
    models : sequence of tuple
        What each model is called, and the name of its task.

    Returns
    -------
    list of tuple
        Each task and the place of its model in `models`, None where the task's own is meant.

    Raises
    ------
    UsageError
        A model is for none of the tasks.
    """
    if not tasks:
        return [(trained, place) for place, (_, trained) in enumerate(models)]
    left = list(range(len(models)))
    pairs: list[tuple[str, int | None]] = []
    for task in tasks:
        place = next((place for place in left if models[place][1] == task), None)
        if place is not None:
            left.remove(place)
        pairs.append((task, place))
    for place in left:
        name, trained = models[place]
        raise UsageError(f"the model {name} is for {trained}, not for {' or '.join(tasks)}")
    return pairs


def _loaded(model: Model, engine: Engine) -> Restorer:
    changed = (model.folder / "model.json").stat().st_mtime_ns
    return _restorer(model.folder.resolve(), changed, engine)


@lru_cache(maxsize=_KEPT)
def _restorer(folder: Path, changed: int, engine: Engine) -> Restorer:
    """Load a model once for as long as its ``model.json`` stays as it is."""
    return load_model(folder).restorer(engine)
