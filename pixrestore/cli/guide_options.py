"""Guides on the command line: pictures of a layer, or colours at places, as often as needed."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from pixrestore.guide import Guide, place_of


def guide_parameter(place: str, guide: Guide, flag: str, title: str) -> inspect.Parameter:
    """Return the parameter of a command that takes a guide.

    Colours may be given at places too, for which the singular of the flag reads better:
    ``--hints painted.png --hint 120,340=#c03020``.
    """
    flags, text, metavar = [flag], _sentence(guide.help), "PICTURE"
    if guide.kind == "colours":
        flags += [flag.removesuffix("s")] if flag.endswith("s") else []
        text += " Or the colour of a place, such as 120,340=#c03020. Repeat it for more."
        metavar = "PICTURE or X,Y=COLOUR"
    info = typer.Option(*flags, help=text, metavar=metavar, rich_help_panel=title)
    kind = Annotated[list[str] | None, info]
    return inspect.Parameter(place, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def typed_guide(guide: Guide, flag: str, texts: list[str]) -> list[Any]:
    """Return what was typed for a guide as restoring takes it: paths and ``(x, y, colour)``."""
    return [_item(guide, flag, text) for text in texts]


def _item(guide: Guide, flag: str, text: str) -> Any:
    if guide.kind != "colours" or Path(text).exists() or "=" not in text:
        return text
    return place_of(text, flag.removesuffix("s"))


def _sentence(text: str) -> str:
    text = text.replace("`", "").rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
