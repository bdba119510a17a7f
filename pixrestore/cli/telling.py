"""What becomes of photos, told to people, to programs and to a file, while it happens."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pixrestore.cli import messages
from pixrestore.cli.movement import movement_for
from pixrestore.cli.photo_options import Telling

if TYPE_CHECKING:
    from pixrestore.restoring.results import FileResult, Summary


class Teller:
    """Tells what becomes of the photos of a command.

    A context manager; see `Telling` for what is told where.

    Parameters
    ----------
    telling : Telling
        How the user wants to be told.
    """

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._lines = not (telling.json or telling.quiet)
        self._out = sys.stdout
        self._movement = movement_for(0)
        self._moving = contextlib.ExitStack()
        self._whole = contextlib.ExitStack()

    def __enter__(self) -> Teller:
        if self._telling.json:
            # Whatever plugins print must not get between the lines of JSON.
            self._whole.enter_context(contextlib.redirect_stdout(sys.stderr))
        self.planned(1)
        return self

    def __exit__(self, *error: Any) -> None:
        self._moving.close()
        self._whole.close()

    def planned(self, total: int) -> None:
        """Show from now on how far the work on so many photos has come."""
        self._moving.close()
        self._movement = self._moving.enter_context(
            movement_for(0 if self._telling.quiet else total)
        )

    def report(self, result: FileResult) -> None:
        """Tell what became of a photo."""
        with self._movement.aside():
            if self._telling.json:
                typer.echo(as_line(result), file=self._out)
            if result.status == "failed":
                messages.say(result.message)
            else:
                for line in _lines(result):
                    self.line(line)
            self._movement.done(worked=result.status in ("restored", "untouched"))
        if result.position == result.total:
            self.planned(0)  # whoever watches folders may wait long for the next

    def stream(
        self,
        status: str,
        message: str,
        out: Path | None,
        notes: Sequence[str] = (),
        seconds: float = 0.0,
    ) -> None:
        """Tell what became of a photo from standard input whose result is a file."""
        if self._telling.json:
            typer.echo(
                json_line(
                    input="-",
                    output=out,
                    status=status,
                    seconds=seconds,
                    message=message,
                    comparison=None,
                    notes=list(notes),
                    code=0,
                )
            )
        self.line(message)

    def remark(self, text: str) -> None:
        """Tell people something beside a result that goes to standard output."""
        if self._lines:
            messages.say(text)
        else:
            messages.log(text)

    def line(self, text: str) -> None:
        """Tell people something."""
        messages.log(text)
        if self._lines:
            typer.echo(text, file=self._out)

    def conclude(self, summary: Summary, *, always: bool = False) -> None:
        """Tell what became of all photos, `always` or where that of one does not say it."""
        self._moving.close()
        if always or len(summary.results) != 1 or summary.unread:
            self.line(str(summary))


def as_line(result: FileResult) -> str:
    """Return what became of a photo as a line of JSON.

    The schema is in docs/reference/command-line.md.
    """
    return json_line(
        input=result.source,
        output=result.result,
        status=result.status,
        seconds=result.seconds,
        message=result.message,
        comparison=result.comparison,
        notes=list(result.notes),
        code=getattr(result.error, "exit_code", 1) if result.status == "failed" else 0,
    )


def json_line(**values: Any) -> str:
    """Return values as a line of JSON in ASCII, in which any path survives."""
    values["seconds"] = round(values["seconds"], 3)
    return json.dumps(values, default=str)


def _lines(result: FileResult) -> list[str]:
    counted = f"{result.position}/{result.total}  " if result.total > 1 else ""
    if not result.total:  # behind addresses, photos are still being found
        counted = f"{result.position}  "
    seconds = f"  ({result.seconds:.1f} s)" if result.status == "restored" else ""
    lines = [f"{counted}{result.message}{seconds}"]
    if result.comparison is not None:
        from pixrestore.files import printable

        lines.append(f"before | after: {printable(result.comparison)}")
    return lines
