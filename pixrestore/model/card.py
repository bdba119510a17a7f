"""The model card: what a model is, how it was made, what it can do, in a README."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def card(name: str, summary: str, description: Mapping[str, Any]) -> str:
    """Return the text of a model's ``README.md``.

    Parameters
    ----------
    name : str
        Name of the model.
    summary : str
        What its task does, in one sentence.
    description : Mapping
        Contents of its ``model.json``.
    """
    task, network = description["task"], description["architecture"]
    arguments = _listed(network["arguments"])
    lines = [
        f"# {name}",
        "",
        f"A [pixrestore](https://pypi.org/project/pixrestore) model. {summary}",
        "",
        f"- task: `{task['name']}` ({_listed(task['options'])})",
        f"- architecture: `{network['name']}`" + (f" ({arguments})" if arguments else ""),
        f"- loss: `{description['loss']['name']}`",
        f"- licence: {description['licence'] or 'not stated'}",
        *_written(description["versions"]),
        "",
        f"    pixrestore restore --model {name} photo.jpg",
        "",
        *(["## Limits", "", description["limits"], ""] if description["limits"] else []),
        *_section("Training", description["training"]),
        *_section("Figures", description["figures"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _written(versions: Mapping[str, str]) -> list[str]:
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return [f"- written with: {named}"] if named else []


def _section(title: str, values: Mapping[str, Any]) -> list[str]:
    if not values:
        return []
    rows = [f"| {name} | {_text(value)} |" for name, value in values.items()]
    return [f"## {title}", "", "| what | value |", "|---|---|", *rows, ""]


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(item)}" for name, item in value.items())
    return str(value).replace("|", "\\|")
