"""A model made ready to be shared: what a model is, and nothing else of its run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pixrestore.engines.half_precision import half_precision_copy
from pixrestore.errors import OutputError, UsageError
from pixrestore.files import output_error, printable
from pixrestore.model.folder import Model, load_model


def pack_model(
    model: Model, folder: str | os.PathLike[str], *, licence: str = "", trained_on: str = ""
) -> Model:
    """Copy a model into a folder of its own, its weights in half precision, to be shared.

    A run's folder also holds pictures of its validation photos and a checkpoint. The copy has
    neither, and its card starts with what the Hugging Face Hub reads.

    Parameters
    ----------
    model : Model
    folder : path
        The folder to make, whose name becomes the model's.
    licence : str
        Terms of the weights, as the terms of the training photos allow; the model's own by default.
    trained_on : str
        The photos it was trained on, for the card: it takes the place of the folder's path.

    Returns
    -------
    Model
        The copy.

    Raises
    ------
    UsageError
        There is no licence, or the photos are not named.
    ModelError, OutputError
        The model is damaged; there is such a folder, or it cannot be written.
    """
    target = Path(folder)
    if os.path.lexists(target):
        raise OutputError(f"{printable(target)} exists: choose another name")
    if not (licence or model.licence):
        raise UsageError("set `licence` to the terms of the weights, such as CC-BY-4.0")
    if not trained_on:
        raise UsageError("say with `trained_on` which photos it was trained on")
    changes = {
        "licence": licence or model.licence,
        "training": {**model.training, "data": trained_on},
    }
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Aside under its own name, which the card says; then moved, so that it is whole or missing.
        with tempfile.TemporaryDirectory(prefix=".pixrestore-pack-", dir=target.parent) as aside:
            copy = half_precision_copy(model, Path(aside) / target.name, **changes)
            os.replace(copy.folder, target)
    except OSError as error:
        raise output_error(target, error) from error
    return load_model(target, type(model.task))
