"""What all commands that restore photos take."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from pixrestore.cli.messages import keep_log
from pixrestore.engines import Engine
from pixrestore.restoring.handling import Handling
from pixrestore.storing import FORMATS, checked_quality

Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="IN", help="Photos, or folders of photos."),
]
InputsOrStream = Annotated[
    list[Path],
    typer.Argument(
        metavar="IN",
        help="Photos, or folders of photos, also by addresses such as s3://bucket/in; - is a photo "
        "from standard input.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        help="File for one photo, or folder for several. By default results go beside a photo, or "
        "into FOLDER-TASK beside a folder. An address such as s3://bucket/out is a place too; - is "
        "standard output.",
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
EngineName = Annotated[
    Engine,
    typer.Option(
        "--engine",
        help="Engine that runs the network: ONNX Runtime starts fast, Keras uses a GPU.",
    ),
]
Watch = Annotated[
    bool,
    typer.Option("--watch", help="Go on with the photos that arrive in the folders, until Ctrl-C."),
]


def _handling(
    *,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results that exist.")
    ] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Also write a picture of before | after.")
    ] = False,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"Format of the results: {', '.join(FORMATS)}. By default that of the photo.",
        ),
    ] = None,
    quality: Annotated[
        str | None,
        typer.Option(
            "--quality",
            metavar="1..100|lossless",
            help="How well JPEG, WebP, AVIF and HEIC keep the result. By default 95 or 90, and "
            "without loss where the photo's file has none.",
        ),
    ] = None,
    pages: Annotated[
        Literal["first", "all"],
        typer.Option(
            "--pages",
            help="Pages of a TIFF to restore: all, into a TIFF of as many, or the first of the "
            "largest.",
        ),
    ] = "first",
    keep_times: Annotated[
        bool,
        typer.Option(
            "--keep-times", help="Give results the times at which the photos' files were changed."
        ),
    ] = False,
    no_mark: Annotated[
        bool,
        typer.Option(
            "--no-mark",
            help="Do not say in the results' EXIF and XMP that a trained model has changed the "
            "photo.",
        ),
    ] = False,
    damaged: Annotated[
        bool,
        typer.Option(
            "--damaged",
            help="Restore what is there of files that lack some of their pixels.",
        ),
    ] = False,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            metavar="N/COUNT",
            help="Restore one part of the photos, such as 1/8: for several machines that cannot "
            "see each other's locks.",
        ),
    ] = None,
) -> Handling:
    return Handling(
        overwrite=overwrite,
        compare=compare,
        format=format,
        quality=checked_quality(quality),
        all_pages=pages == "all",
        keep_times=keep_times,
        mark=not no_mark,
        damaged=damaged,
        shard=shard,
    )


@dataclass(frozen=True)
class Telling:
    """How a command tells what becomes of photos.

    Attributes
    ----------
    json : bool
        One JSON object a photo on standard output, in place of lines for people.
    quiet : bool
        No lines for people but those about what is wrong.
    log : Path, optional
        File to which all lines for people are added, with the time.
    """

    json: bool = False
    quiet: bool = False
    log: Path | None = None


def _telling(
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON for each photo.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only what is wrong.")] = False,
    log: Annotated[
        Path | None,
        typer.Option(
            "--log", metavar="FILE", help="Also add what is said to a file, with the time."
        ),
    ] = None,
) -> Telling:
    if log is not None:  # from here on, so that it also holds why nothing could begin
        keep_log(log)
    return Telling(json=json, quiet=quiet, log=log)


# By the name of a command's parameter, what makes its value of options.
_GROUPS: dict[str, Callable[..., Any]] = {"handling": _handling, "telling": _telling}


def takes_handling(
    function: Callable[..., int], *, without: Collection[str] = ()
) -> Callable[..., int]:
    """Give a command's function, for `handling` and `telling`, the options that say them.

    Those that `without` names are left out, and have their default values.
    """
    signature = inspect.signature(function, eval_str=True)
    groups = {
        name: _options_of(make, without)
        for name, make in _GROUPS.items()
        if name in signature.parameters
    }
    own: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        own += groups[parameter.name].values() if parameter.name in groups else [parameter]

    def command(**values: Any) -> int:
        made = {
            group: _GROUPS[group](**{name: values.pop(name) for name in asked})
            for group, asked in groups.items()
        }
        return function(**values, **made)

    command.__doc__, command.__name__ = function.__doc__, function.__name__
    kinds = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    command.__signature__ = signature.replace(parameters=kinds)  # type: ignore[attr-defined]
    command.__annotations__ = {}
    return command


def _options_of(make: Callable[..., Any], without: Collection[str]) -> dict[str, inspect.Parameter]:
    every = inspect.signature(make, eval_str=True).parameters
    return {name: parameter for name, parameter in every.items() if name not in without}
