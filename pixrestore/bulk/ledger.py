"""The ledger of a job: a folder of Parquet files that say what became of each photo."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pixrestore.bulk.rows import Row
from pixrestore.errors import OutputError, UsageError
from pixrestore.files import output_error, printable, replace_json, replacing

# Readers of Parquet pass over files whose names begin so.
_JOB = "_job.json"
_BEGAN = "began"

# What a killed job has to find out again: at most so many photos, or those of so long.
_ROWS = 10_000
_SECONDS = 20.0

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("input", "output", "input_sha256", "output_sha256")),
        *((name, pa.string()) for name in ("status", "message")),
        ("seconds", pa.float64()),
        ("code", pa.int64()),
    ]
)


class Ledger:
    """What became of the photos of one job, which may be stopped and begun again.

    Parameters
    ----------
    folder : Path
        Folder of the ledger; made where there is none.
    job : Mapping
        What the job does to photos, in plain values. A ledger is for one job.

    Attributes
    ----------
    began : float
        When the job was first begun, in seconds since 1970.

    Raises
    ------
    UsageError
        The folder holds another job's ledger, or something else.
    OutputError
        It cannot be written.
    """

    def __init__(self, folder: Path, job: Mapping[str, Any]) -> None:
        self.folder = folder
        self._waiting: list[Row] = []
        self._flushed = time.monotonic()
        noted = folder / _JOB
        # As it is read again: JSON knows no tuples.
        asked = json.loads(json.dumps(job, default=str))
        if noted.exists():
            said = _said(noted)
            self.began = float(said.pop(_BEGAN, 0.0))
            if said != asked:
                raise UsageError(f"`ledger` {printable(folder)} is of another job: name another")
            return
        if _something_in(folder):
            raise UsageError(f"`ledger` {printable(folder)} holds something else: name another")
        self.began = time.time()
        replace_json(noted, {**asked, _BEGAN: self.began})

    def done(self) -> dict[tuple[str, str], str]:
        """Return, by input and output, the status of each photo whose latest row is no failure."""
        latest = {
            (one["input"], one["output"]): one["status"]
            for part in self._parts()
            for one in pq.read_table(part, columns=["input", "output", "status"]).to_pylist()
        }
        return {pair: status for pair, status in latest.items() if status != "failed"}

    def add(self, rows: Sequence[Row]) -> None:
        """Note what became of photos; written every some seconds."""
        self._waiting += rows
        late = time.monotonic() - self._flushed > _SECONDS
        if self._waiting and (late or len(self._waiting) >= _ROWS):
            self.flush()

    def flush(self) -> None:
        """Write what waits to be written."""
        if self._waiting:
            values = [asdict(row) for row in self._waiting]
            self._write(pa.Table.from_pylist(values, schema=_SCHEMA))
            self._waiting = []
        self._flushed = time.monotonic()

    def close(self) -> None:
        """Make one file of all, in which each photo has one row: its latest."""
        self.flush()
        parts = self._parts()
        if len(parts) < 2:
            return
        table = pa.concat_tables([pq.read_table(part, schema=_SCHEMA) for part in parts])
        pairs = zip(table["input"].to_pylist(), table["output"].to_pylist(), strict=True)
        places = {pair: place for place, pair in enumerate(pairs)}
        self._write(table.take(pa.array(sorted(places.values()), pa.int64())))
        # Killed in between, there are rows twice, of which the later is the one that counts.
        for part in parts:
            part.unlink(missing_ok=True)

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.parquet"))

    def _write(self, table: pa.Table) -> None:
        # Sorted by name, the latest is the last; jobs that share a ledger do not meet.
        name = f"{time.time_ns():020d}-{os.urandom(4).hex()}.parquet"
        with replacing(self.folder / name) as fresh:
            pq.write_table(table, fresh)


def _said(noted: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(noted.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise OutputError(f"cannot read {printable(noted)}: {error}") from error


def _something_in(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except FileNotFoundError:
        return False
    except OSError as error:
        raise output_error(folder, error) from error
