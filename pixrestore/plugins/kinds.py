"""The kinds of things that plugins add. Another kind is another entry here, and its hook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    noun : str
        What one of them is called: ``"task"``. What is built in lies in the package
        ``pixrestore.tasks``, and plugins implement the hook ``pixrestore_tasks``.
    check : callable
        From what a hook returned to its name and itself; raises where it is no such thing.
    spelled : bool
        Things of this kind can be spelled in JSON, as a folder can and a class cannot.
    """

    noun: str
    check: Callable[[Any], tuple[str, _T]]
    spelled: bool = False

    @property
    def plural(self) -> str:
        """What several of them are called."""
        return f"{self.noun}s" if not self.noun.endswith("s") else f"{self.noun}es"

    @property
    def hook(self) -> str:
        """The hook that plugins implement."""
        return f"pixrestore_{self.plural}"


TASKS: Kind[type[Task]] = Kind("task", named_task)
ARCHITECTURES: Kind[Architecture] = Kind("architecture", named_architecture)
LOSSES: Kind[type[Loss]] = Kind("loss", named_loss)
MODELS: Kind[Path] = Kind("model", named_model, spelled=True)

KINDS: tuple[Kind[Any], ...] = (TASKS, ARCHITECTURES, LOSSES, MODELS)
