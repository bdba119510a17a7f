"""What all commands that restore photos take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pixrestore.engines import Engine

Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="IN", help="Photos, or folders of photos."),
]
InputsOrStream = Annotated[
    list[Path],
    typer.Argument(
        metavar="IN",
        help="Photos, or folders of photos; - is a photo from standard input.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        help="File for one photo, or folder for several. By default results go beside a photo, or "
        "into FOLDER-TASK beside a folder. - is standard output.",
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="Model folder, name of an installed model, or hf://owner/name on the Hub; by default "
        "the task's own.",
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")]
EngineName = Annotated[
    Engine,
    typer.Option(
        "--engine",
        help="Engine that runs the network: ONNX Runtime starts fast, Keras uses a GPU.",
    ),
]
Compare = Annotated[bool, typer.Option("--compare", help="Also write a picture of before | after.")]
Damaged = Annotated[
    bool,
    typer.Option(
        "--damaged",
        help="Restore what is there of files that lack some of their pixels.",
    ),
]

NoMark = Annotated[
    bool,
    typer.Option(
        "--no-mark",
        help="Do not say in the results' EXIF and XMP that a trained model has changed the photo.",
    ),
]


@dataclass(frozen=True)
class Handling:
    """What becomes of files: as `restore_files` takes it."""

    overwrite: bool
    compare: bool
    mark: bool
    damaged: bool
