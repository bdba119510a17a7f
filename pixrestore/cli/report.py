"""``pixrestore report``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

_SECONDS_BETWEEN_LOOKS = 10


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Folders of training runs.")],
    html: Annotated[Path, typer.Option("--html", metavar="FILE", help="Page to write.")] = Path(
        "report.html"
    ),
    pictures: Annotated[
        int,
        typer.Option("--pictures", metavar="N", min=0, help="Show the samples of N epochs."),
    ] = 8,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Write the page again every 10 seconds until all runs have ended.",
        ),
    ] = False,
) -> None:
    """Set training runs beside each other: curves, settings, samples and cards on one page.

    It can be read while they train.
    """
    from pixrestore.evaluation.result import report_path
    from pixrestore.reporting.report import report as read

    report_path(html, ".html")
    found = read(runs)
    while watch and not found.ended:
        found.write_html(html, pictures=pictures, refresh=_SECONDS_BETWEEN_LOOKS)
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        found = read(runs)
    found.write_html(html, pictures=pictures)
    typer.echo(f"{found}\npage: {html}")
