"""Asking what a model thinks of a photo, in place of restoring it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixrestore.errors import UsageError

if TYPE_CHECKING:
    from pixrestore.belief import Suggestion
    from pixrestore.restoring.restorer import Restorer
    from pixrestore.task import Task

KEY = "asked"
_PLACE = re.compile(r"(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)")
_SWATCH = 6
_TITLE = "Ask instead of restoring"


def questions_of(task: type[Task]) -> list[str]:
    """Return what a task can be asked: those of its methods for it that are its own."""
    from pixrestore.task import Task

    own = {"suggest": task.suggest is not Task.suggest, "doubts": task.doubt is not Task.doubt}
    return [name for name, asked in own.items() if asked]


def question_parameters(questions: Sequence[str]) -> dict[str, inspect.Parameter]:
    """Return the parameters of a command that takes these questions, by their names."""
    annotations: dict[str, Any] = {
        "suggest": Annotated[
            list[str] | None,
            typer.Option(
                "--suggest",
                metavar="X,Y",
                help="Print likely colours of this place. Repeat it for more.",
                rich_help_panel=_TITLE,
            ),
        ],
        "doubts": Annotated[
            bool,
            typer.Option(
                "--doubts",
                help="Print the places where a hint would help most.",
                rich_help_panel=_TITLE,
            ),
        ],
    }
    defaults = {"suggest": None, "doubts": False}
    return {
        name: inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=defaults[name],
            annotation=annotations[name],
        )
        for name in questions
    }


def answer_questions(
    asked: Mapping[str, Any],
    inputs: Sequence[Path],
    out: Path | None,
    restorer: Restorer,
    options: Mapping[str, Any],
) -> int:
    """Print what the model suggests and doubts of one photo; nothing is written."""
    places = [_place(text) for text in asked.get("suggest") or []]
    if len(inputs) != 1 or inputs[0] == Path("-") or inputs[0].is_dir():
        raise UsageError("`suggest` and `doubts` are about one photo: name its file")
    if out is not None:
        raise UsageError("`suggest` and `doubts` write no photo: leave `out` away")
    (photo,) = inputs
    for x, y in places:
        found = restorer.suggest(photo, x, y, **options)
        typer.echo(f"likely colours at {x:g},{y:g}:")
        _show(found)
    if asked.get("doubts"):
        typer.echo("places where a hint would help most, and what it would take from the error:")
        for doubt in restorer.doubts(photo, **options):
            typer.echo(f"  {doubt.x:.0f},{doubt.y:.0f}  {100 * doubt.gain:.0f} %")
    return 0


def _place(text: str) -> tuple[float, float]:
    typed = _PLACE.fullmatch(text.replace(" ", ""))
    if typed is None:
        raise UsageError(f"`suggest` must be X,Y, such as 120,340, not {text!r}")
    return float(typed[1]), float(typed[2])


def _show(found: Sequence[Suggestion]) -> None:
    """Print colours, beside swatches of them on a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for one in found:
        line = Text("  ")
        if console.is_terminal and console.color_system:
            line.append(" " * _SWATCH, style=f"on {one.colour}").append("  ")
        console.print(line.append(f"{one.colour}  {100 * one.probability:3.0f} %"))
