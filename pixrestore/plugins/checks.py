"""Whether what a hook returned is what the hook promises, and what it is called."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pixrestore.description import DESCRIPTION, is_model_folder
from pixrestore.errors import PixrestoreError
from pixrestore.loss import Loss
from pixrestore.options import options_of
from pixrestore.recipe import Recipe
from pixrestore.task import Task

_T = TypeVar("_T")
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def named_task(thing: Any) -> tuple[str, type[Task]]:
    """Check a task and return it with its name.

    Raises
    ------
    TypeError, ValueError
        With what is wrong, for the plugin's author.
    """
    if not (isinstance(thing, type) and issubclass(thing, Task)):
        raise TypeError(f"must return subclasses of pixrestore.Task, not {thing!r}")
    title = thing.__name__
    _check_class(thing, title)
    name = _checked_name(getattr(thing, "name", None), f"{title}.name")
    if thing.scope not in ("local", "scene"):
        raise ValueError(f"{title}.scope must be 'local' or 'scene', not {thing.scope!r}")
    _check_recipe(thing.recipe, title)
    scale = _made(thing, title).scale
    if not isinstance(scale, int) or isinstance(scale, bool) or scale < 1:
        raise ValueError(f"{title}.scale must be a whole number from 1, not {scale!r}")
    return name, thing


def named_architecture(thing: Any) -> tuple[str, Callable[..., Any]]:
    """Check an architecture and return it with its name; raises as `named_task` does."""
    if not callable(thing) or isinstance(thing, type):
        raise TypeError(f"must return functions that build a keras.Model, not {thing!r}")
    name = _checked_name(getattr(thing, "__name__", None), "the function's name")
    try:
        options_of(thing)
    except Exception as error:
        raise TypeError(f"{name}'s keyword-only arguments cannot be read: {error}") from error
    _check_recipe(getattr(thing, "recipe", Recipe()), name)
    return name, thing


def named_loss(thing: Any) -> tuple[str, type[Loss]]:
    """Check a loss and return it with its name; raises as `named_task` does."""
    if not (isinstance(thing, type) and issubclass(thing, Loss)):
        raise TypeError(f"must return subclasses of pixrestore.loss.Loss, not {thing!r}")
    title = thing.__name__
    _check_class(thing, title)
    name = _checked_name(getattr(thing, "name", None), f"{title}.name")
    _made(thing, title)
    return name, thing


def named_model(thing: Any) -> tuple[str, Path]:
    """Check a model's folder and return it with its name, which is the folder's."""
    if not isinstance(thing, (str, Path)):
        raise TypeError(f"must return folders of models, not {thing!r}")
    folder = Path(thing)
    if not is_model_folder(folder):
        raise ValueError(f"{folder} is not a model: it has no {DESCRIPTION}")
    return folder.name, folder


def _check_class(kind: type[Task | Loss], title: str) -> None:
    if inspect.isabstract(kind):
        missing = ", ".join(sorted(kind.__abstractmethods__))
        raise TypeError(f"{title} lacks the method {missing}")
    undecorated = [name for name, v in vars(kind).items() if isinstance(v, dataclasses.Field)]
    settings = getattr(kind, "__dataclass_params__", None)
    if undecorated or settings is None or not settings.frozen:
        raise TypeError(f"{title} needs @dataclass(frozen=True) above it")
    options = {option.name for option in options_of(kind)}
    for reserved in sorted(options & {"name", "scope", "recipe"}):
        raise TypeError(f"{title}.{reserved} is not an option: write it without an annotation")


def _check_recipe(recipe: Any, title: str) -> None:
    if not isinstance(recipe, Recipe):
        raise TypeError(f"{title}.recipe must be a pixrestore.recipe.Recipe, not {recipe!r}")


def _made(kind: type[_T], title: str) -> _T:
    try:
        return kind()
    except PixrestoreError as error:
        raise ValueError(f"{title}'s default values: {error}") from error
    except Exception as error:
        raise TypeError(f"{title} cannot be made with its default values: {error}") from error


def _checked_name(name: Any, what: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{what} must be lower-case words joined by '-' or '_', not {name!r}")
    return name
