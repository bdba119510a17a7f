"""``pixrestore inspect`` and ``pixrestore fix``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixrestore.cli.messages import say, tell_terms
from pixrestore.cli.photo_options import (
    EngineName,
    Inputs,
    Output,
    Telling,
    Watch,
    takes_handling,
)
from pixrestore.cli.restore import report_files
from pixrestore.errors import PixrestoreError, UsageError
from pixrestore.files import printable
from pixrestore.restoring.handling import Handling
from pixrestore.tables import as_json, table

if TYPE_CHECKING:
    from pixrestore.inspection import Inspection


def inspect(
    inputs: Inputs,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> int:
    """Say what photos are, what seems wrong with them, and what would mend them."""
    codes: set[int] = set()
    found = _inspected(inputs, codes)
    if json:
        typer.echo(as_json([one.as_data(printable(path)) for path, one in found]))
    else:
        for path, one in found:
            typer.echo(_described(path, one))
    return _code(codes)


@takes_handling
def fix(
    inputs: Inputs,
    out: Output = None,
    *,
    handling: Handling,
    engine: EngineName = "auto",
    watch: Watch = False,
    telling: Telling,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
) -> int:
    """Mend photos by the tasks that `inspect` suggests for each of them."""
    if dry_run:
        if watch or telling.json:
            raise UsageError("`dry_run` only says what would be done: `inspect` has JSON")
        codes: set[int] = set()
        for path, one in _inspected(inputs, codes):
            typer.echo(one.command(printable(path)) or f"{printable(path)}: nothing to mend")
        return _code(codes)

    from pixrestore.inspection import Fixer

    restorer = Fixer(engine, tell_terms)
    return report_files(inputs, out, restorer, handling, telling=telling, watch=watch)


def _inspected(inputs: Sequence[Path], codes: set[int]) -> Iterator[tuple[Path, Inspection]]:
    """Inspect photo after photo; tell of those that cannot be read and note their exit codes."""
    from pixrestore.inspection import inspect_photo

    for path in _photos(inputs, codes):
        try:
            found = inspect_photo(path)
        except PixrestoreError as error:  # one bad photo does not stop the others
            codes.add(say(str(error), error.exit_code))
        else:
            for note in found.notes:
                say(f"{printable(path)}: {note}")
            yield path, found


def _photos(inputs: Sequence[Path], codes: set[int]) -> Iterator[Path]:
    from pixrestore.images import find_photos

    for given in inputs:
        if not given.is_dir():
            yield given
            continue
        photos = find_photos(given, closed=lambda error: codes.add(say(str(error), 4)))
        if not photos:
            codes.add(say(f"there are no photos in {printable(given)}", 4))
        yield from photos


def _code(codes: set[int]) -> int:
    from pixrestore.restoring.results import shared_code

    return shared_code(codes)


def _described(path: Path, found: Inspection) -> str:
    """Set what was found in lines for people."""
    head = (
        f"{printable(path)}: {found.kind}, {found.width} x {found.height} pixels, "
        f"{found.format}, {found.depth} bit"
    )
    rows = [
        [
            finding.measure,
            f"{_number(finding.value)} {finding.unit}",
            f"yes, {name}" if finding.seen else "no",
        ]
        for name, finding in found.findings.items()
    ]
    lines = [head]
    if rows:
        lines += [f"  {line}" for line in table(["", "found", "to be mended"], rows).splitlines()]
    return "\n".join([*lines, f"  {found.command(printable(path)) or 'nothing to mend'}"])


def _number(value: float) -> str:
    """Return a number with two places where they matter, and no exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")
