"""``pixrestore export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixrestore.engines import Form


def export(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A model folder or an installed model.")
    ],
    form: Annotated[
        Form,
        typer.Option("--to", help="ONNX, TensorFlow Lite, or TensorFlow's SavedModel, a folder."),
    ] = "onnx",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="PATH", help="Where to; the model's name here if left out."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is there already.")
    ] = False,
) -> None:
    """Write a model's network in a form that other programs run."""
    from pixrestore.engines.export import export_model
    from pixrestore.model.folder import load_model

    written = export_model(load_model(model), form, out, overwrite=overwrite)
    typer.echo(f"{written} answers as {model} does, within 0.0001")
