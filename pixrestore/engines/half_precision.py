"""Models small enough to ship: a copy with weights in half precision."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np

from pixrestore.engines.graph import add_graph
from pixrestore.errors import UsageError
from pixrestore.files import require_room
from pixrestore.model.folder import Model, check_weights, write_model


def half_precision_copy(model: Model, folder: str | os.PathLike[str], **changes: Any) -> Model:
    """Copy a model with its weights in half precision, half the size of the original.

    Keras turns them back into single precision on loading. A weight loses at most one part in 2048,
    and a restored photo changes by less than its own rounding to 8 bits.

    Parameters
    ----------
    model : Model
    folder : path
        Folder for the copy; a model there is replaced.
    **changes
        Fields of the copy that differ, such as ``licence`` or ``figures``.

    Returns
    -------
    Model
        The copy.

    Raises
    ------
    UsageError
        `folder` is the model's own, or a weight is too large for half precision.
    ModelError, OutputError
        The model is damaged; the copy cannot be written.
    """
    folder = Path(folder)
    if folder.resolve() == model.folder.resolve():
        raise UsageError(f"a model cannot be copied onto itself: {folder}")
    check_weights(model)

    def save(path: Path) -> None:
        import h5py

        require_room(path, model.weights_path.stat().st_size)
        with h5py.File(model.weights_path, "r") as whole, h5py.File(path, "w") as halved:
            whole.visititems(lambda name, item: _copy(name, item, halved))

    copy = write_model(dataclasses.replace(model, folder=folder, **changes), save)
    return add_graph(copy) if model.graph else copy


def _copy(name: str, item: Any, halved: Any) -> None:
    """Copy one group or dataset with its attributes, floats as halves."""
    import h5py

    if isinstance(item, h5py.Group):
        copy = halved.require_group(name)
    elif item.dtype == np.float32:
        values = item[()]
        if np.abs(values).max(initial=0) > np.finfo(np.float16).max:
            raise UsageError(f"weights in {name} are too large for half precision")
        copy = halved.create_dataset(name, data=values.astype(np.float16))
    else:
        copy = halved.create_dataset(name, data=item[()])
    for key, value in item.attrs.items():
        copy.attrs[key] = value
