"""``pixrestore inpaint``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixrestore.cli.photo_options import Inputs, Output, takes_handling
from pixrestore.cli.restore import report_files
from pixrestore.restoring.handling import Handling


@takes_handling
def inpaint_command(
    inputs: Inputs,
    mask: Annotated[
        Path,
        typer.Option(
            "--mask", metavar="MASK", help="Picture that is white where the photo is damaged."
        ),
    ],
    out: Output = None,
    fill: Annotated[
        str, typer.Option("--fill", help="What fills the mask: biharmonic or network.")
    ] = "biharmonic",
    *,
    handling: Handling,
) -> int:
    """Repair what a mask marks on a photo; `restore --task inpaint` finds the damage itself."""
    from pixrestore import load

    return report_files(inputs, out, load("inpaint"), handling, {"mask": mask, "fill": fill})
