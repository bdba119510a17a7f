"""What became of a photo, as a row of a table that engines and Parquet hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one photo.

    Attributes
    ----------
    input, output : str
        Path of the photo and of its result.
    status : str
        restored, skipped, untouched or failed, as in a `FileResult`.
    message : str
        Why it failed, or remarks for the user; else empty.
    seconds : float
        Time the network took; 0 where that is not known.
    input_sha256, output_sha256 : str
        Of the files, in hexadecimal; empty where there is no file.
    code : int
        Exit code of the failure; 0 where all went well.
    stopping : bool
        No other photo could be restored either, as where the disk is full.
    """

    input: str
    output: str
    status: str
    message: str = ""
    seconds: float = 0.0
    input_sha256: str = ""
    output_sha256: str = ""
    code: int = 0
    stopping: bool = False


Columns = dict[str, NDArray[Any]]

_KINDS: Mapping[str, type] = get_type_hints(Row)
_NUMPY = {str: np.object_, float: np.float64, int: np.int64, bool: np.bool_}
_SPARK = {str: "string", float: "double", int: "bigint", bool: "boolean"}

SPARK_SCHEMA = ", ".join(f"{field.name} {_SPARK[_KINDS[field.name]]}" for field in fields(Row))
"""The columns that `restore_batch` returns, as Spark's `mapInPandas` wants to know them."""


def columns_of(rows: Sequence[Row]) -> Columns:
    """Return rows as columns: one array for each attribute."""
    return {
        field.name: np.array([getattr(row, field.name) for row in rows], _NUMPY[_KINDS[field.name]])
        for field in fields(Row)
    }


def rows_of(columns: Mapping[str, Sequence[Any]]) -> list[Row]:
    """Return columns of plain values as rows."""
    names = [field.name for field in fields(Row)]
    return [Row(*values) for values in zip(*(columns[name] for name in names), strict=True)]


def failure(source: str, result: str, error: Exception, *, stopping: bool = False) -> Row:
    """Return the row of a photo that failed."""
    message = str(error) or type(error).__name__
    if not stopping and source not in message:
        message = f"{source}: {message}"
    code = getattr(error, "exit_code", 1)
    return Row(source, result, "failed", message, code=code, stopping=stopping)


def sha256_of(path: Path) -> str:
    """Return the hash of a file; nothing where there is none to be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
