"""The sample sheet: degraded | restored | true, a row for each of a few validation photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pixrestore.images import Photo, to_dtype, write_photo

if TYPE_CHECKING:
    from pixrestore.task import Image
    from pixrestore.training.validation import Measured, Validation

_ROWS = 6
_GAP = 4


def write_sheet(path: Path, validation: Validation, measured: Measured) -> None:
    """Draw the first validation photos as triptychs into a PNG."""
    columns = (validation.untouched, measured.restored, validation.clean)
    rows = [
        _joined([np.clip(column[row], 0, 1) for column in columns], axis=1)
        for row in range(min(_ROWS, len(validation.clean)))
    ]
    write_photo(Photo(to_dtype(_joined(rows, axis=0), np.uint8)), path)


def _joined(pictures: list[Image], axis: int) -> Image:
    shape = list(pictures[0].shape)
    shape[axis] = _GAP
    gap = np.ones(shape, np.float32)
    parts = [part for picture in pictures for part in (gap, picture)][1:]
    return np.concatenate(parts, axis=axis)
