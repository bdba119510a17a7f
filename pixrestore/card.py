"""The model card: what a model is, how it was made, what it can do, in a README."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixrestore.model import Model


def card(model: Model) -> str:
    """Return the text of a model's ``README.md``."""
    options = ", ".join(f"{name}={value}" for name, value in model.task.options().items())
    arguments = ", ".join(f"{name}={value}" for name, value in model.arguments.items())
    lines = [
        f"# {model.name}",
        "",
        f"A [pixrestore](https://pypi.org/project/pixrestore) model. {model.task.summary()}",
        "",
        f"- task: `{model.task.name}` ({options})",
        f"- architecture: `{model.architecture}`" + (f" ({arguments})" if arguments else ""),
        f"- loss: `{model.loss.name}`",
        f"- licence: {model.licence or 'not stated'}",
        *_written(model.versions),
        "",
        f"    pixrestore restore --model {model.name} photo.jpg",
        "",
        *(["## Limits", "", model.limits, ""] if model.limits else []),
        *_section("Training", model.training),
        *_section("Figures", model.figures),
    ]
    return "\n".join(lines).rstrip() + "\n"


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
