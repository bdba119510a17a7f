"""Repairing what a mask says is damaged, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def inpaint(image, mask, *, model=None):
    """Repair the part of a photo that a mask covers.

    Parameters
    ----------
    image : ndarray, (H, W, 3), uint8, uint16 or float in [0, 1]
    mask : ndarray of bool, (H, W)
        True where the photo is damaged.
    model : path or str, optional
        A model for the task inpaint; the one that is installed by default.

    Returns
    -------
    ndarray
        Of the same shape and type; every other pixel is as it was.
    """
    import numpy as np

    from pixrestore import restore
    from pixrestore_inpaint import MARKER

    top = 1 if image.dtype.kind == "f" else np.iinfo(image.dtype).max
    painted = np.where(mask[..., None], np.array(MARKER) * top, image).astype(image.dtype)
    return np.where(mask[..., None], restore(painted, "inpaint", model), image)


def inpaint_command(
    photo: Annotated[Path, typer.Argument(metavar="IN", help="A damaged photo.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help="Where the repaired photo goes.")
    ],
    mask: Annotated[
        Path,
        typer.Option("--mask", metavar="MASK", help="A picture, white where the photo is damaged."),
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", metavar="MODEL", help="A model for the task inpaint."),
    ] = None,
) -> None:
    """Repair what a mask marks on a photo; `restore --task inpaint` finds the damage itself."""
    from pixrestore.errors import OutputError, UsageError
    from pixrestore.images import read_photo, to_float, write_photo

    given, marked = read_photo(photo), to_float(read_photo(mask).pixels)
    if marked.shape != given.pixels.shape:
        sizes = (f"{p.shape[1]} x {p.shape[0]}" for p in (marked, given.pixels))
        raise UsageError(f"{mask} must have the photo's size: {' is not '.join(sizes)} pixels")
    if out.exists() and out.samefile(photo):
        raise OutputError(f"{out} would be written over the input")
    repaired = inpaint(given.pixels, marked.mean(axis=-1) > 0.5, model=model)
    if given.gray:
        repaired = repaired.mean(axis=-1, keepdims=True).astype(repaired.dtype).repeat(3, -1)
    write_photo(given.with_pixels(repaired), out)
    typer.echo(f"{photo} -> {out}")
