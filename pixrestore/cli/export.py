"""``pixrestore export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixrestore.cli.streams import refuse_elsewhere
from pixrestore.engines import Form


def export(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Model folder, or name of an installed model.")
    ],
    form: Annotated[
        Form,
        typer.Option(
            "--to", help="Form to write: ONNX, TensorFlow Lite, or SavedModel, which is a folder."
        ),
    ] = "onnx",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="PATH",
            help="File or folder to write; by default the model's name, in this folder.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results that exist.")
    ] = False,
) -> None:
    """Write a model's network in a form that other programs run."""
    from pixrestore.engines.export import export_model
    from pixrestore.model.folder import load_model

    refuse_elsewhere(out, "a network")
    written = export_model(load_model(model), form, out, overwrite=overwrite)
    typer.echo(f"{written} answers as {model} does, within 0.0001")
