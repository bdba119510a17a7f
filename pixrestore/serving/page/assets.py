"""The files beside this module that browsers get."""

from __future__ import annotations

from importlib import resources


def asset(name: str) -> str:
    """Return the text of one of them."""
    return (resources.files("pixrestore.serving.page") / name).read_text(encoding="utf-8")
