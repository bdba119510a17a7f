"""What `report` returns: training runs beside each other, and ways to show them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from pixrestore.errors import UsageError
from pixrestore.evaluation.result import report_path
from pixrestore.files import replace_file
from pixrestore.pages.document import html_table
from pixrestore.reporting.page import as_page
from pixrestore.reporting.runs import RunRecord, read_runs
from pixrestore.tables import table

_PICTURES = 8


@dataclass(frozen=True)
class Report:
    """Training runs beside each other.

    ``str()`` is a table; notebooks show it as HTML.

    Attributes
    ----------
    runs : sequence of RunRecord
        Each with its ``name``, ``folder``, ``settings``, ``rows`` (of ``history.csv``), ``sheets``
        (sample sheets by epoch), ``card`` and whether it has ``ended``.
    """

    runs: Sequence[RunRecord]

    def __str__(self) -> str:
        return table(*self.table)

    def _repr_html_(self) -> str:
        return html_table(*self.table)

    @property
    def table(self) -> tuple[list[str], list[list[str]]]:
        """Titles and cells of the table: a row for each run, with figures of its best epoch."""
        head = [
            "run",
            "task",
            "epoch",
            "step",
            "minutes",
            "val loss",
            "PSNR dB",
            "gain dB",
            "state",
        ]
        return head, [_row(run) for run in self.runs]

    @property
    def ended(self) -> bool:
        """Whether all runs have come to their end."""
        return all(run.ended for run in self.runs)

    def write_html(
        self, path: str | os.PathLike[str], *, pictures: int = _PICTURES, refresh: int = 0
    ) -> None:
        """Write a page that needs no other file: curves, settings, samples and cards.

        Parameters
        ----------
        path : path
            A name that ends in ``.html``; what is there is replaced.
        pictures : int
            Of how many epochs to show the samples: the first, the last and others between them.
        refresh : int
            Seconds after which a browser loads the page again; 0 never does.
        """
        text = as_page(self.runs, self._repr_html_(), pictures=pictures, refresh=refresh)
        replace_file(report_path(path, ".html"), text.encode("utf-8", "replace"))


def report(runs: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> Report:
    """Read training runs, to see them beside each other, also while they go on.

    Parameters
    ----------
    runs : path or sequence of paths
        Folders of training runs, as `train` makes them.

    Returns
    -------
    Report

    Raises
    ------
    UsageError
        No run is named.
    TrainingError
        A folder holds no training run, or its ``run.json`` cannot be read.

    Examples
    --------
    >>> found = report(["runs/one", "runs/two"])  # doctest: +SKIP
    >>> print(found)  # doctest: +SKIP
    >>> found.write_html("report.html")  # doctest: +SKIP
    """
    folders = [runs] if isinstance(runs, (str, os.PathLike)) else list(runs)
    if not folders:
        raise UsageError("`runs` is an empty list")
    return Report(read_runs(folders))


def _row(run: RunRecord) -> list[str]:
    best, last = run.best, run.last
    gained = best["psnr"] - best["input_psnr"] if {"psnr", "input_psnr"} <= set(best) else None
    return [
        run.name,
        run.settings.get("task.name", ""),
        _cell(last.get("epoch"), "{:.0f}"),
        _cell(last.get("step"), "{:.0f}"),
        _cell(last.get("minutes"), "{:.1f}"),
        _cell(best.get("val_loss"), "{:.5g}"),
        _cell(best.get("psnr"), "{:.2f}"),
        _cell(gained, "{:+.2f}"),
        "ended" if run.ended else "goes on, or was stopped",
    ]


def _cell(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)
