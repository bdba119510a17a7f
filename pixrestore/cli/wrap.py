"""``pixrestore models wrap``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixrestore.engines import Answered, Layout, Taken

_PICTURES = "What the graph takes and answers"
_SIZES = "Sizes"


def wrap(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="ONNX graph, in one file with its weights.")
    ],
    task: Annotated[
        str, typer.Option("--task", metavar="TASK", help="Task that it was trained for.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="Folder to make, whose name becomes the model's; by default it is installed "
            "under the file's name.",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Another name to install it under.")
    ] = "",
    licence: Annotated[
        str, typer.Option("--license", metavar="LICENSE", help="Terms of the graph.")
    ] = "",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a model of this name.")
    ] = False,
    input: Annotated[
        Taken,
        typer.Option("--input", help="Colours that it takes.", rich_help_panel=_PICTURES),
    ] = "rgb",
    output: Annotated[
        Answered,
        typer.Option("--output", help="Colours that it answers.", rich_help_panel=_PICTURES),
    ] = "rgb",
    input_range: Annotated[
        str,
        typer.Option(
            "--input-range",
            metavar="LOW,HIGH",
            help="Numbers for black and white; by default 0,1, for l and lab 0,100.",
            rich_help_panel=_PICTURES,
        ),
    ] = "",
    output_range: Annotated[
        str,
        typer.Option(
            "--output-range",
            metavar="LOW,HIGH",
            help="The same of its answer.",
            rich_help_panel=_PICTURES,
        ),
    ] = "",
    mean: Annotated[
        str,
        typer.Option(
            "--mean",
            metavar="R,G,B",
            help="What is subtracted of each channel then.",
            rich_help_panel=_PICTURES,
        ),
    ] = "",
    std: Annotated[
        str,
        typer.Option(
            "--std",
            metavar="R,G,B",
            help="What each channel is divided by after that.",
            rich_help_panel=_PICTURES,
        ),
    ] = "",
    ab_unit: Annotated[
        float,
        typer.Option(
            "--ab-unit",
            metavar="NUMBER",
            help="CIE units of a step of 1 in a and b, such as 110 where they are in -1 to 1.",
            rich_help_panel=_PICTURES,
        ),
    ] = 1.0,
    layout: Annotated[
        Layout,
        typer.Option("--layout", help="Order of the axes.", rich_help_panel=_PICTURES),
    ] = "nchw",
    size: Annotated[
        int | None,
        typer.Option(
            "--size",
            metavar="N",
            min=1,
            help="Height and width of the only pictures that it takes; by default what it states.",
            rich_help_panel=_SIZES,
        ),
    ] = None,
    working_size: Annotated[
        int | None,
        typer.Option(
            "--working-size",
            metavar="N",
            min=8,
            help="Shorter side at which it sees whole photos, where it takes any; by default 256.",
            rich_help_panel=_SIZES,
        ),
    ] = None,
    margin: Annotated[
        int | None,
        typer.Option(
            "--margin",
            metavar="N",
            min=0,
            help="Pixels around a tile that its answer depends on; measured by default.",
            rich_help_panel=_SIZES,
        ),
    ] = None,
) -> None:
    """Make a model of a stranger's ONNX graph.

    The graph is run on a photo first, and is refused where it does not answer as declared.
    """
    from pixrestore.engines.wrap import wrap_graph
    from pixrestore.files import printable
    from pixrestore.sharing.install import installed_place, record_file

    model = wrap_graph(
        file,
        task,
        out or installed_place(name or file.stem, overwrite),
        input=input,
        output=output,
        input_range=_numbers(input_range) or None,
        output_range=_numbers(output_range) or None,
        mean=_numbers(mean),
        std=_numbers(std),
        ab_unit=ab_unit,
        layout=layout,
        size=size,
        working_size=working_size,
        margin=margin,
        licence=licence,
        overwrite=overwrite,
    )
    if out is None:
        record_file(model.folder, file)
    side, scale = model.geometry.side, model.task.scale
    sizes = f"{side // scale} x {side // scale}" if side else "any size"
    enlarges = f", {scale} times as large" if scale > 1 else ""
    typer.echo(f"{printable(file)} -> {printable(model.folder)}")
    typer.echo(f"{model.name}: {model.task.name}, {input} of {sizes} to {output}{enlarges}")


def _numbers(text: str) -> tuple[float, ...]:
    from pixrestore.errors import UsageError

    try:
        return tuple(float(number) for number in text.split(",") if text)
    except ValueError as error:
        raise UsageError(f"{text!r} should be numbers with commas between them") from error
