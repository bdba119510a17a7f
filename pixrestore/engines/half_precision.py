"""Models small enough to ship: a copy with weights in half precision."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pixrestore.engines.graph import add_graph
from pixrestore.engines.keras import built
from pixrestore.errors import UsageError
from pixrestore.files import require_room
from pixrestore.model.folder import Model, check_weights, write_model
from pixrestore.network.build import load_weights
from pixrestore.plugins.kinds import ARCHITECTURES
from pixrestore.plugins.loading import load_plugins


def half_precision_copy(model: Model, folder: str | os.PathLike[str], **changes: Any) -> Model:
    """Copy a model with its weights in half precision, half the size of the original.

    An architecture that can fold its normalisation into its convolutions does so, which makes the
    copy faster as well.

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
    model.require_layers()
    check_weights(model)

    with _folded(model) as (weights, arguments):

        def save(path: Path) -> None:
            import h5py

            require_room(path, weights.stat().st_size)
            with h5py.File(weights, "r") as whole, h5py.File(path, "w") as halved:
                whole.visititems(lambda name, item: _copy(name, item, halved))

        changed = dataclasses.replace(model, folder=folder, arguments=arguments, **changes)
        copy = write_model(changed, save)
    return add_graph(copy) if model.graph else copy


@contextmanager
def _folded(model: Model) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield a file of the weights, folded where the architecture can, and its arguments."""
    fold = getattr(load_plugins().find(ARCHITECTURES, model.architecture), "fold", None)
    if fold is None:
        yield model.weights_path, model.arguments
        return
    core = built(model)
    load_weights(core, model.weights_path)
    core, arguments = fold(core, model.arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / model.weights_path.name
        core.save_weights(path)
        yield path, arguments


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
