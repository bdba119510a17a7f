"""``pixrestore bulk``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixrestore.bulk import BATCH
from pixrestore.cli import restore
from pixrestore.cli.messages import say, tell_terms
from pixrestore.cli.option_groups import Section
from pixrestore.cli.photo_options import EngineName, Inputs, takes_handling
from pixrestore.errors import UsageError
from pixrestore.restoring.handling import Handling

if TYPE_CHECKING:
    from pixrestore.bulk.rows import Row
    from pixrestore.bulk.run import BulkSummary

_EXTRA = "pixrestore[ray]"
_PACKAGES = ("ray", "pyarrow", "pandas")
_CLUSTER = "Cluster"

# How often to say how much is done.
_SECONDS = 10.0


def sections(words: Mapping[str, Any]) -> list[Section]:
    """Return the options of the tasks; guides and questions are for single photos."""
    return [replace(found, guides=(), questions=()) for found in restore.sections(words)]


@partial(takes_handling, without=("compare", "shard"))
def bulk(
    inputs: Inputs,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="OUT", help="Folder for the results.", show_default=False
        ),
    ],
    task: restore.TaskNames = None,
    model: restore.ModelNames = None,
    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger",
            metavar="FOLDER",
            help="Folder of Parquet files that say what became of each photo; by default "
            "OUT-ledger. What it says is done is not done again.",
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            "--address",
            metavar="ADDRESS",
            help="Ray cluster to join. By default the one of RAY_ADDRESS or on this machine; where "
            "there is none, one is started here.",
            rich_help_panel=_CLUSTER,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="Processes, of a processor each; by default one for each processor.",
            rich_help_panel=_CLUSTER,
        ),
    ] = None,
    batch: Annotated[
        int,
        typer.Option(
            "--batch",
            metavar="N",
            min=1,
            help="Photos that a process is given at a time.",
            rich_help_panel=_CLUSTER,
        ),
    ] = BATCH,
    *,
    handling: Handling,
    engine: EngineName = "auto",
    given: Mapping[str, Mapping[str, Any]],
) -> int:
    """Restore very many photos, by many processes on one machine or a Ray cluster."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageError(f"bulk needs {' and '.join(missing)}: pip install '{_EXTRA}'")
    from pixrestore.bulk.run import restore_in_bulk
    from pixrestore.model.lookup import find_models

    for found in find_models(task, model):
        tell_terms(found)
    summary = restore_in_bulk(
        inputs,
        out,
        task,
        model,
        ledger=ledger,
        address=address,
        workers=workers,
        batch=batch,
        engine=engine,
        options=given.get("task", {}),
        report=_Report(),
        **vars(handling),
    )
    typer.echo(summary)
    return summary.exit_code


class _Report:
    """Says what failed at once, and every some seconds how much is done."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __call__(self, summary: BulkSummary, rows: Sequence[Row]) -> None:
        """Tell of some photos."""
        for row in rows:
            if row.status == "failed" and not row.stopping:
                say(row.message)
        if time.monotonic() - self._told >= _SECONDS:
            self._told = time.monotonic()
            typer.echo(f"{summary.counts.total()}/{summary.total}  {summary}")
