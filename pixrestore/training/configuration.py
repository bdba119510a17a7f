"""Settings of a run in a file: read from TOML or from a run's ``run.json``, written as TOML.

Both have the same names, those of `Plan.describe`. Nothing heavy is imported: ``--help`` reads
such a file too.
"""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pixrestore.errors import UsageError, nearest
from pixrestore.files import printable
from pixrestore.options import options_of
from pixrestore.recipe import Recipe
from pixrestore.training.asked import Asked
from pixrestore.training.plan import checked_changes

_LARGEST = 4 << 20
_ENDS = ("epochs", "steps", "minutes")
_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "task": ((dict,), "a table"),
    "recipe": ((dict,), "a table"),
    "budget": ((dict,), "a table"),
    "data": ((list,), "a list of texts"),
    "valid": ((str,), "a text"),
    "init": ((str,), "a text"),
    "out": ((str,), "a text"),
    "seed": ((int,), "a whole number"),
    "tensorboard": ((bool,), "true or false"),
    "task.name": ((str,), "a text"),
    "task.options": ((dict,), "a table"),
    "recipe.arguments": ((dict,), "a table"),
    "recipe.loss_options": ((dict,), "a table"),
    "recipe.architecture": ((str,), "a text"),
    "recipe.loss": ((str,), "a text"),
    "budget.epochs": ((int,), "a whole number"),
    "budget.steps": ((int,), "a whole number"),
    "budget.minutes": ((int, float), "a number"),
    "budget.patience": ((int,), "a whole number"),
}
# What a run notes besides, which starts nothing.
NOTES = frozenset({"ancestry", "command"})
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Configuration:
    """What a file says of a run; None and empty where it says nothing.

    Attributes
    ----------
    path : Path
        The file.
    task, options : str, Mapping
        Name of the task, and options of it.
    recipe : Mapping
        Changes of the recipe that suits the task.
    budget : Mapping
        When to end: ``epochs``, ``steps``, ``minutes``, ``patience``.
    places : Mapping
        ``data``, ``valid``, ``init``, ``out``, ``seed`` and ``tensorboard``, where they are given.
    """

    path: Path
    task: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    budget: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Any] = field(default_factory=dict)

    def filling(self, asked: Asked) -> Asked:
        """Return what was asked for, with what the file says wherever nothing was said.

        One end that was asked for replaces all ends of the file. Arguments of another architecture
        and options of another loss than those asked for are left out.

        Raises
        ------
        UsageError
            Another task than the file's was asked for.
        """
        if asked.task_name and self.task and asked.task_name != self.task:
            raise UsageError(
                f"{printable(self.path)} is for {self.task}, not for {asked.task_name}: "
                "leave out `task`"
            )
        ends = {name for name in _ENDS if getattr(asked, name) is not None}
        budget = {n: v for n, v in self.budget.items() if not (ends and n in _ENDS)}
        said = {**self.places, **budget, "task": self.task}
        unsaid = {n for n in said if getattr(asked, n) is None or getattr(asked, n) is False}
        return dataclasses.replace(
            asked,
            **{name: said[name] for name in unsaid},
            recipe=self._recipe(asked),
            options={**self.options, **asked.options},
        )

    def _recipe(self, asked: Asked) -> Recipe | Mapping[str, Any]:
        assert isinstance(asked.recipe, Mapping)  # as the command line gives it
        given, own = asked.recipe, dict(self.recipe)
        for name, options in (("architecture", "arguments"), ("loss", "loss_options")):
            if given.get(name, own.get(name)) != own.get(name):
                own.pop(options, None)
            if options in own or options in given:
                own[options] = {**own.get(options, {}), **given.get(options, {})}
        own |= {name: value for name, value in given.items() if not isinstance(value, Mapping)}
        # One that is told whole is as told, also where the task would suggest arguments.
        whole = {each.name for each in dataclasses.fields(Recipe)} <= own.keys()
        return Recipe(**checked_changes(own)) if whole else own


def read_configuration(path: Path) -> Configuration:
    """Read a file of settings: TOML, or JSON as ``run.json`` is.

    Raises
    ------
    UsageError
        There is no such file, it cannot be read, or it has a name that no run has.
    """
    data = _checked(path, _parsed(path))
    task, budget = data.get("task", {}), data.get("budget", {})
    tables = ("task", "recipe", "budget")
    return Configuration(
        path=path,
        task=task.get("name"),
        options=task.get("options", {}),
        recipe=data.get("recipe", {}),
        budget=budget,
        places={name: value for name, value in data.items() if name not in tables},
    )


def as_toml(values: Mapping[str, Any]) -> str:
    """Return settings as TOML, which `read_configuration` reads; None is left out.

    Parameters
    ----------
    values : Mapping
        Texts, numbers, truths, lists of them, and mappings.
    """
    return "\n".join(_lines(values, ())).strip() + "\n"


def _parsed(path: Path) -> dict[str, Any]:
    where = printable(path)
    if not path.is_file():
        raise UsageError(f"there is no file {where} to take settings from")
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise UsageError(f"{where} is too large for settings")
        text = content.decode()
        # No TOML begins so.
        data = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"cannot read {where}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        cause = " ".join(str(error).split())[:200]
        raise UsageError(f"{where} is neither TOML nor JSON: {cause}") from error
    return data


def _checked(path: Path, data: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """Return settings without notes and nothings; a `UsageError` names what is no setting."""
    known = {name.removeprefix(within) for name in _KINDS if name.startswith(within)}
    known = {name for name in known if "." not in name}
    found = {}
    for name, value in data.items():
        if value is None or (not within and name in NOTES):
            continue
        full = within + name
        if name not in known:
            if within == "recipe.":  # the recipe itself knows its fields
                found[name] = value
                continue
            raise UsageError(
                f"{printable(path)} has {full!r}, which no run has: {_near(name, known)}"
            )
        if full == "task" and isinstance(value, str):
            value = {"name": value}
        if full == "data" and isinstance(value, str):
            value = [value]
        found[name] = _of_kind(path, full, value)
        if full in ("task", "recipe", "budget"):
            found[name] = _checked(path, value, f"{full}.")
    return found


def _near(name: str, known: Iterable[str]) -> str:
    """Say what was meant by a name, also where it belongs to another table."""
    homes = {full.rpartition(".")[2]: full for full in _KINDS}
    homes |= {option.name: f"recipe.{option.name}" for option in options_of(Recipe)}
    close = get_close_matches(name, homes, n=1)
    return f"did you mean {homes[close[0]]}?" if close else nearest(name, known)


def _of_kind(path: Path, name: str, value: Any) -> Any:
    kinds, told = _KINDS[name]
    wrong = not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)
    if wrong or (name == "data" and not all(isinstance(each, str) for each in value)):
        raise UsageError(f"{printable(path)}: {name} must be {told}, not {value!r}")
    return value


def _lines(values: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[str]:
    tables = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    for name, value in values.items():
        if name not in tables and value is not None:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in tables.items():
        path = (*above, _key(name))
        yield f"\n[{'.'.join(path)}]"
        yield from _lines(value, path)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, str):
        # As in JSON, but for the one control character that JSON takes as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items())
        return f"{{{inner}}}"
    return f"[{', '.join(_value(each) for each in value)}]"
