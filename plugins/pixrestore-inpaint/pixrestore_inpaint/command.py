"""``pixrestore inpaint``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixrestore.cli.photo_options import (
    Compare,
    Damaged,
    Handling,
    Inputs,
    NoMark,
    Output,
    Overwrite,
)
from pixrestore.cli.restore import report_files


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
    overwrite: Overwrite = False,
    compare: Compare = False,
    no_mark: NoMark = False,
    damaged: Damaged = False,
) -> int:
    """Repair what a mask marks on a photo; `restore --task inpaint` finds the damage itself."""
    from pixrestore import load

    handling = Handling(overwrite, compare, not no_mark, damaged)
    return report_files(inputs, out, load("inpaint"), handling, {"mask": mask, "fill": fill})
