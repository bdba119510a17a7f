"""The tasks that a server offers, with all that a program needs to know of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pixrestore.description import read_description
from pixrestore.errors import PixrestoreError
from pixrestore.model.installed import known_models
from pixrestore.options import Option, options_of
from pixrestore.plugins.kinds import MODELS, TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.serving.asking import ASIDE, MODEL, TASK

if TYPE_CHECKING:
    from pixrestore.serving.restorers import Restorers
    from pixrestore.task import Task

_TYPES = {float: "number", int: "integer", bool: "boolean", str: "string"}


def tasks_offered(restorers: Restorers) -> list[dict[str, Any]]:
    """Describe all tasks as JSON values.

    Each has its ``name``, ``summary``, ``scope`` and ``scale``; its ``options`` of restoring, of
    which ``schema`` is what JSON Schema calls type and range; its ``guides``; the ``models`` that
    are installed for it; and ``ready``, which is false where a photo cannot be restored for want of
    a model.
    """
    models = _models()
    return [
        {
            "name": name,
            "summary": kind.summary(),
            "scope": kind.scope,
            "scale": getattr(kind, "scale", 1),
            "options": _options(kind, _trained(name, restorers)),
            "guides": [dataclasses.asdict(guide) for guide in kind.guides],
            "models": [model for model, task in models.items() if task == name],
            "ready": _trained(name, restorers) is not None,
        }
        for name, kind in load_plugins().all(TASKS).items()
    ]


def parameters(restorers: Restorers) -> list[dict[str, Any]]:
    """Describe, as OpenAPI does, what the address of a request to restore may say."""
    offered = tasks_offered(restorers)
    ready = [task["name"] for task in offered if task["ready"]]
    said = [
        _parameter(TASK, "a task to undo; repeated, they follow one another", _several(ready)),
        _parameter(
            MODEL, "a model for one of the tasks; its own by default", _several([*_models()])
        ),
    ]
    options: dict[str, dict[str, Any]] = {}
    for task in offered:
        for option in task["options"]:
            text = f"{task['name']}: {option['help']}"
            found = options.setdefault(
                option["name"], _parameter(option["name"], "", option["schema"])
            )
            found["description"] = f"{found['description']}; {text}".removeprefix("; ")
    for option in ASIDE:
        options[option.name] = _parameter(option.name, option.help, _schema(option, {}))
    return [*said, *options.values()]


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _several(names: list[str]) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", "enum": names}}


def _models() -> dict[str, str]:
    """Return the task of each installed model, by the model's name."""
    found = {}
    for name, folder in known_models().all(MODELS).items():
        try:
            found[name] = read_description(folder).task
        except PixrestoreError:  # `pixrestore doctor` says what is wrong with it
            continue
    return found


def _trained(task: str, restorers: Restorers) -> Task | None:
    """Return a task as its model was trained; None where it has no model."""
    try:
        return restorers.models([task])[0].task
    except PixrestoreError:
        return None


def _options(kind: type[Task], trained: Task | None) -> list[dict[str, Any]]:
    values = {} if trained is None else {o.name: getattr(trained, o.name) for o in options_of(kind)}
    return [
        {"name": option.name, "help": option.help, "schema": _schema(option, values)}
        for option in options_of(kind)
        if option.restoring
    ]


def _schema(option: Option, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return type, range and default of an option as JSON Schema says them."""
    default = values.get(option.name, option.default)
    schema: dict[str, Any] = {"type": _TYPES.get(option.type, "string")}
    if option.items is not None:  # numbers in one text, as in the shell
        schema["description"] = option.type_name
        default = ",".join(map(str, default)) if isinstance(default, tuple) else default
    elif option.choices:
        schema["enum"] = list(option.choices)
    limits = {"minimum": option.min, "maximum": option.max} if option.items is None else {}
    schema |= {name: limit for name, limit in limits.items() if limit is not None}
    if default is not dataclasses.MISSING:
        schema["default"] = default
    return schema
