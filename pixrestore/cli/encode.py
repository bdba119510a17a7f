"""``pixrestore encode``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixrestore.cli.messages import say
from pixrestore.cli.photo_options import Inputs
from pixrestore.cli.streams import refuse_elsewhere


def encode(
    inputs: Inputs,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="Model folder, or name of an installed model. Its architecture must have a code, "
            "as bottleneck has.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="File to write; its name ends in .npz or .csv.",
            show_default=False,
        ),
    ],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that exists.")
    ] = False,
) -> int:
    """Write the codes of photos: what a network makes of each in its narrowest layer."""
    from pixrestore.restoring.encoding import encode_files
    from pixrestore.verbs import load

    refuse_elsewhere(out, "a table of codes")
    found = encode_files(inputs, out, load(model), overwrite=overwrite)
    for error in found.failed.values():
        say(str(error))
    count, length = found.codes.shape
    typer.echo(f"{out}: {count} codes of {length} numbers")
    return max((error.exit_code for error in found.failed.values()), default=0)
