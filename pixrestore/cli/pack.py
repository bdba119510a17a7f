"""``pixrestore pack``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixrestore.cli.streams import refuse_elsewhere


def pack(
    model: Annotated[
        str, typer.Argument(metavar="RUN", help="Folder of a training run, or another model.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="NAME", help="Folder to make; its name is the model's."
        ),
    ],
    trained_on: Annotated[
        str,
        typer.Option(
            "--trained-on", metavar="TEXT", help="The photos it was trained on, for its card."
        ),
    ],
    licence: Annotated[
        str,
        typer.Option(
            "--license",
            metavar="LICENSE",
            help="Terms of the weights, such as CC-BY-4.0; by default those the model states.",
        ),
    ] = "",
) -> None:
    """Copy what a model is out of its run, half as large, ready to be shared."""
    from pixrestore.engines.pack import pack_model
    from pixrestore.model.folder import load_model

    refuse_elsewhere(out, "a model")
    packed = pack_model(load_model(model), out, licence=licence, trained_on=trained_on)
    size = sum(path.stat().st_size for path in packed.folder.iterdir())
    typer.echo(f"{model} -> {out}, {size / 1e6:.1f} MB")
