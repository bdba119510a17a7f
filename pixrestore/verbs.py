"""The verbs for photos: `colorize`, `denoise`, `restore`, `load`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from pixrestore.description import DESCRIPTION
from pixrestore.engines.opening import open_restorer
from pixrestore.model.folder import load_model
from pixrestore.model.lookup import ModelName, find_model, find_models

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image
    from numpy.typing import NDArray

    from pixrestore.engines import Engine
    from pixrestore.model.folder import Model
    from pixrestore.restoring.inputs import Content, ImageOrFile
    from pixrestore.restoring.restorer import Restorer
    from pixrestore.task import Task

_Scalar = TypeVar("_Scalar", bound="np.generic")

# Networks kept in memory, so that restoring photos one by one does not load a model each time.
_KEPT = 4


@overload
def colorize(
    image: ImageOrFile,
    *,
    model: ModelName | None = ...,
    engine: Engine = ...,
    mark: bool = ...,
    damaged: bool = ...,
    **options: Any,
) -> PIL.Image.Image: ...
@overload
def colorize(
    image: Content,
    *,
    model: ModelName | None = ...,
    engine: Engine = ...,
    mark: bool = ...,
    damaged: bool = ...,
    **options: Any,
) -> bytes: ...
@overload
def colorize(
    image: NDArray[_Scalar],
    *,
    model: ModelName | None = ...,
    engine: Engine = ...,
    mark: bool = ...,
    damaged: bool = ...,
    **options: Any,
) -> NDArray[_Scalar]: ...
def colorize(
    image: Any,
    *,
    model: ModelName | None = None,
    engine: Engine = "auto",
    mark: bool = True,
    damaged: bool = False,
    **options: Any,
) -> Any:
    """Colour a black-and-white photo.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image or ndarray
        As `restore` takes it.
    model : path or str, optional
        A model folder, the name of an installed model, or ``hf://owner/name`` on the Hub; the one
        that comes with pixrestore by default.
    engine : {"auto", "onnx", "keras"}
        Engine that runs the network; see `pixrestore.engines.opening.open_network`.
    mark, damaged : bool
        As `restore` takes them.
    **options
        Restoring options of the task: ``saturation``; and its guide ``hints``: colours that are
        painted on a transparent image of the photo's size, or a list of ``(x, y, colour)``.

    Returns
    -------
    PIL.Image.Image, bytes or ndarray
        As `restore` returns it.

    Examples
    --------
    >>> colorize("old.jpg").save("new.png")  # doctest: +SKIP
    >>> red_coat = colorize("old.jpg", hints=[(120, 340, "#c03020")])  # doctest: +SKIP
    """
    return restore(image, "colorize", model, engine=engine, mark=mark, damaged=damaged, **options)


@overload
def denoise(
    image: ImageOrFile,
    *,
    model: ModelName | None = ...,
    engine: Engine = ...,
    mark: bool = ...,
    damaged: bool = ...,
    **options: Any,
) -> PIL.Image.Image: ...
@overload
def denoise(
    image: Content,
    *,
    model: ModelName | None = ...,
    engine: Engine = ...,
    mark: bool = ...,
    damaged: bool = ...,
    **options: Any,
) -> bytes: ...
@overload
def denoise(
    image: NDArray[_Scalar],
    *,
    model: ModelName | None = ...,
    engine: Engine = ...,
    mark: bool = ...,
    damaged: bool = ...,
    **options: Any,
) -> NDArray[_Scalar]: ...
def denoise(
    image: Any,
    *,
    model: ModelName | None = None,
    engine: Engine = "auto",
    mark: bool = True,
    damaged: bool = False,
    **options: Any,
) -> Any:
    """Remove noise from a photo.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image or ndarray
        As `restore` takes it.
    model : path or str, optional
        A model folder, the name of an installed model, or ``hf://owner/name`` on the Hub; the one
        that comes with pixrestore by default.
    engine : {"auto", "onnx", "keras"}
        Engine that runs the network; see `pixrestore.engines.opening.open_network`.
    mark, damaged : bool
        As `restore` takes them.
    **options
        Restoring options of the task: ``strength``.

    Returns
    -------
    PIL.Image.Image, bytes or ndarray
        As `restore` returns it.
    """
    return restore(image, "denoise", model, engine=engine, mark=mark, damaged=damaged, **options)


@overload
def restore(
    image: ImageOrFile,
    task: str | Task | Sequence[str | Task] | None = ...,
    model: ModelName | Sequence[ModelName] | None = ...,
    *,
    engine: Engine = ...,
    mark: bool = ...,
    damaged: bool = ...,
    **options: Any,
) -> PIL.Image.Image: ...
@overload
def restore(
    image: Content,
    task: str | Task | Sequence[str | Task] | None = ...,
    model: ModelName | Sequence[ModelName] | None = ...,
    *,
    engine: Engine = ...,
    mark: bool = ...,
    damaged: bool = ...,
    **options: Any,
) -> bytes: ...
@overload
def restore(
    image: NDArray[_Scalar],
    task: str | Task | Sequence[str | Task] | None = ...,
    model: ModelName | Sequence[ModelName] | None = ...,
    *,
    engine: Engine = ...,
    mark: bool = ...,
    damaged: bool = ...,
    **options: Any,
) -> NDArray[_Scalar]: ...
def restore(
    image: Any,
    task: str | Task | Sequence[str | Task] | None = None,
    model: ModelName | Sequence[ModelName] | None = None,
    *,
    engine: Engine = "auto",
    mark: bool = True,
    damaged: bool = False,
    **options: Any,
) -> Any:
    """Restore a photo, undoing one kind of damage or several in sequence.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image or ndarray
        A photo of any size. An array is (H, W) or (H, W, 1) gray, (H, W, 2) gray with alpha,
        (H, W, 3) RGB or (H, W, 4) with alpha: floats in [0, 1], or uint8 or uint16 over their whole
        range.
    task : str, Task or sequence of them, optional
        Task or tasks to undo, in this order; by default those of the models. A task that no plugin
        provides is given as a `Task`; its options are those that the model was trained with.
    model : path, str or sequence of them, optional
        Model folders, names of installed models, or ``hf://owner/name`` on the Hub, each for one of
        the tasks; a task's own by default.
    engine : {"auto", "onnx", "keras"}
        Engine that runs the networks; see `pixrestore.engines.opening.open_network`.
    mark : bool
        Say in the result's EXIF and XMP that a trained model has changed the photo.
    damaged : bool
        Restore what is there of a file that lacks some of its pixels, which are black or gray then;
        by default it is refused.
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
        The photo cannot be read, or lacks pixels.
    ModelError
        The model's folder is damaged.
    OutOfMemoryError
        There is not enough memory, even for small tiles.
    """
    restorers = [_loaded(each, engine) for each in find_models(task, model)]
    if len(restorers) == 1:
        return restorers[0].restore(image, mark=mark, damaged=damaged, **options)

    from pixrestore.restoring.sequence import RestorerSequence

    return RestorerSequence(restorers).restore(image, mark=mark, damaged=damaged, **options)


def load(
    model: str | os.PathLike[str], *, task: str | Task | None = None, engine: Engine = "auto"
) -> Restorer:
    """Load a model.

    Parameters
    ----------
    model : path or str
        A model folder, the name of an installed model, or ``hf://owner/name[@revision]`` on the
        Hub, which is downloaded when it is first asked for.
    task : str or Task, optional
        Task that the model must be for; by default the one that it knows. A task that no plugin
        provides is given as a `Task`; its options are those that the model was trained with.
    engine : {"auto", "onnx", "keras"}
        Engine that runs the network; see `pixrestore.engines.opening.open_network`.

    Returns
    -------
    Restorer
        ``load(model).restore(image)`` restores a photo.

    Raises
    ------
    UnknownNameError
        There is no such model, or no plugin provides its task.
    UsageError
        The model is for another task or scale.
    ModelError
        The model's folder is damaged, altered, or from a newer version.
    """
    return _loaded(find_model(task, model), engine)


def _loaded(model: Model, engine: Engine) -> Restorer:
    changed = (model.folder / DESCRIPTION).stat().st_mtime_ns
    return _restorer(model.folder.resolve(), changed, type(model.task), engine)


@lru_cache(maxsize=_KEPT)
def _restorer(folder: Path, changed: int, kind: type[Task], engine: Engine) -> Restorer:
    """Load a model once for as long as its ``model.json`` stays as it is."""
    return open_restorer(load_model(folder, kind), engine)
