"""The kinds of things that plugins add. Another kind is another entry here, and its hook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Generic, TypeVar

from pixrestore.loss import Loss
from pixrestore.plugins.checks import named_architecture, named_loss, named_model, named_task
from pixrestore.task import Task

_T = TypeVar("_T")

Architecture = Callable[..., Any]


@dataclass(frozen=True)
class Kind(Generic[_T]):
    """A kind of thing that plugins add.

    Attributes
    ----------
    noun, plural : str
        What one of them, and what several are called.
    hook : str
        The hook that plugins implement.
    check : callable
        From what a hook returned to its name and itself; raises where it is no such thing.
    name_of : callable
        From a thing that passes the check to its name.
    spelled : bool
        Things of this kind can be spelled in JSON, as a folder can and a class cannot.
    """

    noun: str
    plural: str
    hook: str
    check: Callable[[Any], tuple[str, _T]]
    name_of: Callable[[Any], str] = attrgetter("name")
    spelled: bool = False


TASKS: Kind[type[Task]] = Kind("task", "tasks", "pixrestore_tasks", named_task)
ARCHITECTURES: Kind[Architecture] = Kind(
    "architecture",
    "architectures",
    "pixrestore_architectures",
    named_architecture,
    name_of=attrgetter("__name__"),
)
LOSSES: Kind[type[Loss]] = Kind("loss", "losses", "pixrestore_losses", named_loss)
MODELS: Kind[Path] = Kind("model", "models", "pixrestore_models", named_model, spelled=True)

KINDS: tuple[Kind[Any], ...] = (TASKS, ARCHITECTURES, LOSSES, MODELS)
