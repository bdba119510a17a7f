"""What a run needs to go on: weights, optimiser, averages and counters, in one file."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pixrestore.errors import OutputError, TrainingError
from pixrestore.files import replacing

if TYPE_CHECKING:
    import keras

CHECKPOINT = "checkpoint.weights.h5"


@dataclass
class Progress:
    """Where a run stands.

    Attributes
    ----------
    step : int
        Optimiser steps taken.
    seconds : float
        Time used, over all resumptions.
    best_loss : float
        Lowest validation loss so far.
    best_step : int
        The step that reached it.
    stale : int
        Epochs since then.
    thawed : int
        The step at which a frozen encoder began to learn; 0 before that, and where none was frozen.
    """

    step: int = 0
    seconds: float = 0.0
    best_loss: float = float("inf")
    best_step: int = 0
    stale: int = 0
    thawed: int = 0


def save_checkpoint(folder: Path, core: keras.Model, progress: Progress) -> None:
    """Write the checkpoint aside and move it into place.

    Raises
    ------
    OutputError
        The disk is full, or the folder cannot be written; the checkpoint before this one stays.
    """
    import h5py

    # Beside each weight there are two moments and an average.
    try:
        with replacing(folder / CHECKPOINT, room=4 * weights_size(core)) as fresh:
            core.save_weights(fresh)
            with h5py.File(fresh, "r+") as file:
                file.attrs["progress"] = json.dumps(asdict(progress))
    except RuntimeError as error:  # HDF5's own way to say what a system error says
        raise OutputError(f"cannot write the checkpoint in {folder}: {error}") from error


def weights_size(core: keras.Model) -> int:
    """Return how many bytes the weights of a network take in a file, and a little more."""
    return 4 * core.count_params() + 4096 * len(core.variables) + 65536


def has_checkpoint(folder: Path) -> bool:
    """Tell whether a run has come as far as its first checkpoint."""
    return (folder / CHECKPOINT).is_file()


def read_progress(folder: Path) -> Progress:
    """Return the counters in a checkpoint, without anything heavy; raises as `load_checkpoint`."""
    import h5py

    path = folder / CHECKPOINT
    try:
        with h5py.File(path, "r") as file:
            return Progress(**json.loads(file.attrs["progress"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} cannot be resumed from: {error}") from error


def load_checkpoint(folder: Path, core: keras.Model) -> Progress:
    """Load weights, optimiser and averages into a compiled network; return the counters.

    Raises
    ------
    TrainingError
        The checkpoint is damaged or fits another network.
    """
    path = folder / CHECKPOINT
    try:
        core.optimizer.build(core.trainable_variables)
        with warnings.catch_warnings():
            # Keras would only warn, and go on with an optimiser that knows nothing.
            warnings.filterwarnings("error", "Skipping variable loading for optimizer")
            core.load_weights(path)
    except (OSError, ValueError, KeyError, TypeError, UserWarning) as error:
        raise TrainingError(f"{path} cannot be resumed from: {error}") from error
    return read_progress(folder)
