"""``pixrestore new-plugin``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixrestore.cli.streams import refuse_elsewhere


def new_plugin(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the task, such as film-fading.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder in which to make the plugin's folder."
        ),
    ] = Path(),
    summary: Annotated[
        str,
        typer.Option(metavar="TEXT", help='What the task does: "Sharpen photos that were shaken."'),
    ] = "",
) -> None:
    """Write a plugin with a task of your own, ready to be installed, tested and trained."""
    from pixrestore.scaffold import new_plugin as write

    refuse_elsewhere(out, "a plugin")
    place = write(name, out, summary)
    typer.echo(f"{place} is a plugin: install it with 'pip install --editable {place}',")
    typer.echo("then write your damage into its corrupt method; its README has the commands")
