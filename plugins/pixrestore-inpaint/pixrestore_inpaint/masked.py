"""Repairing what a mask says is damaged, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def inpaint(image, mask):
    """Repair the part of a photo that a mask covers, and nothing else.

    What is missing continues its surroundings as smoothly as can be [1]_. Of scratches and folds
    that leaves nothing to see; a large hole gets the tones around it, but no texture.

    Parameters
    ----------
    image : ndarray, (H, W, 3), uint8, uint16 or float in [0, 1]
    mask : ndarray of bool, (H, W)
        True where the photo is damaged.

    Returns
    -------
    ndarray
        The repaired photo, of the same shape and type. Pixels outside the mask stay as they were.

    Raises
    ------
    UsageError
        The mask covers the whole photo.

    References
    ----------
    .. [1] S. B. Damelin, N. S. Hoang, "On surface completion and image inpainting by biharmonic
       functions: numerical aspects", International Journal of Mathematics and Mathematical
       Sciences, 2018; scikit-image's ``inpaint_biharmonic``.
    """
    import numpy as np
    from skimage.restoration import inpaint_biharmonic

    from pixrestore.errors import UsageError

    if mask.all():
        raise UsageError("the mask covers the whole photo: nothing is left to continue")
    if not mask.any():
        return image.copy()
    whole = image.dtype.kind == "u"
    top = np.iinfo(image.dtype).max if whole else 1
    filled = inpaint_biharmonic(image / top, mask, split_into_regions=True, channel_axis=-1) * top
    return np.where(mask[..., None], np.rint(filled) if whole else filled, image).astype(
        image.dtype
    )


def inpaint_command(
    photo: Annotated[Path, typer.Argument(metavar="IN", help="Damaged photo.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help="File for the repaired photo.")
    ],
    mask: Annotated[
        Path,
        typer.Option(
            "--mask", metavar="MASK", help="Picture that is white where the photo is damaged."
        ),
    ],
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
    repaired = inpaint(given.pixels, marked.mean(axis=-1) > 0.5)
    if given.gray:
        repaired = repaired.mean(axis=-1, keepdims=True).astype(repaired.dtype).repeat(3, -1)
    write_photo(given.with_pixels(repaired), out)
    typer.echo(f"{photo} -> {out}")
