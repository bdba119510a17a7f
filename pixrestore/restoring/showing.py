"""A restorer as notebooks show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pixrestore.pages.document import html_table

if TYPE_CHECKING:
    from pixrestore.task import Task


def as_table(task: Task, info: Mapping[str, Any]) -> str:
    """Return what a model is and reached as an HTML table; `info` is as `Restorer` has it."""
    named = [("task", repr(task)), ("architecture", _text(info.get("architecture", {})))]
    told = [(name, str(info.get(name, ""))) for name in ("licence", "limits")]
    figures = info.get("figures", {})
    reached = [(f"figures: {name}", _text(values)) for name, values in figures.items()]
    rows = [row for row in (*named, *told, *reached) if row[1]]
    return html_table(("model", str(info.get("name", ""))), rows)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        parts = ((name, _text(each)) for name, each in value.items())
        return ", ".join(f"{name} {text}" for name, text in parts if text)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
