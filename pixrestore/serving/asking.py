"""What a request asks for: tasks, models, options and guides, read as the shell reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pixrestore.errors import UsageError, nearest
from pixrestore.guide import Guide, place_of
from pixrestore.options import Option, restoring_options

if TYPE_CHECKING:
    from pixrestore.model.folder import Model
    from pixrestore.serving.restorers import Restorers
    from pixrestore.task import Task

TASK, MODEL = "task", "model"
# More photos' worth of work than that is no request for one photo.
_MOST_TASKS = 8

ASIDE = (
    Option("mark", bool, True, "say in EXIF and XMP that a trained model has changed the photo"),
    Option("damaged", bool, False, "restore what is there of a file that lacks some of its pixels"),
)
"""What may be said besides the tasks' own options."""


@dataclass(frozen=True)
class Asked:
    """What a request asks for.

    Attributes
    ----------
    models : sequence of Model
        The models that restore the photo, one after the other.
    options : dict
        Values of the tasks' options, and places of their guides, by name.
    mark, damaged : bool
        As `restore` takes them.
    """

    models: Sequence[Model]
    options: dict[str, Any] = field(default_factory=dict)
    mark: bool = True
    damaged: bool = False


def asked_of(said: Iterable[tuple[str, str]], restorers: Restorers) -> Asked:
    """Read what a request says.

    Parameters
    ----------
    said : iterable of (str, str)
        Names and texts, from the address and from the fields of a form.
    restorers : Restorers
        What knows the models.

    Raises
    ------
    UsageError
        An option does not exist or has no such value, or there is no task.
    UnknownNameError
        There is no such task or model.
    """
    names: dict[str, list[str]] = {TASK: [], MODEL: []}
    rest: list[tuple[str, str]] = []
    for name, text in said:
        if name in names:
            names[name].append(text)
        else:
            rest.append((name, text))
    if max(map(len, names.values())) > _MOST_TASKS:
        raise UsageError(f"at most {_MOST_TASKS} tasks at a time")
    models = restorers.models(names[TASK], names[MODEL])
    aside = {option.name: option.default for option in ASIDE}
    options: dict[str, Any] = {}
    known = _Known([type(model.task) for model in models])
    for name, text in rest:
        if name in aside:
            aside[name] = known.aside[name].parse(text)
        elif name in known.guides:
            guide = known.guides[name]
            options.setdefault(guide.name, []).append(place_of(text, f"`{name}`"))
        else:
            options[name] = known.option(name).parse(text)
    return Asked(models, options, **aside)


class _Known:
    """What the tasks of a request take."""

    def __init__(self, kinds: Sequence[type[Task]]) -> None:
        self.aside = {option.name: option for option in ASIDE}
        self._tasks = "-".join(kind.name for kind in kinds)
        self._options = {name: theirs for name, (_, theirs) in restoring_options(kinds).items()}
        self.guides: dict[str, Guide] = {}
        for guide in (guide for kind in kinds for guide in kind.guides):
            self.guides[guide.name] = guide
            if guide.kind == "colours":  # as in the shell, one of them reads better so
                self.guides.setdefault(guide.name.removesuffix("s"), guide)

    def option(self, name: str) -> Option:
        if name not in self._options:
            near = nearest(name, [*self._options, *self.guides, *self.aside])
            raise UsageError(f"{self._tasks} has no option {name!r} for restoring: {near}")
        return self._options[name]
