"""What `evaluate` returns: figures, and ways to show and to keep them."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixrestore.errors import UsageError
from pixrestore.evaluation.figures import Measured
from pixrestore.evaluation.page import as_page, as_table
from pixrestore.evaluation.statistics import Mean
from pixrestore.files import replace_file
from pixrestore.tables import table


@dataclass(frozen=True)
class Evaluation(Measured):
    """Figures of models and other methods on the same damaged photos.

    At a prompt it is a table, which notebooks show as HTML. Indexed by the name of a method it
    gives that method's means: ``evaluation["denoise"]["psnr"]``.

    Attributes
    ----------
    task : str
        Name of the task.
    options : Mapping
        The task's options, which say how the photos were damaged.
    data : str
        The folder of photos.
    seed : int
        Seed of the damage.
    methods : Mapping
        Kind of each method by its name, in the order of the table: "input" (doing nothing),
        "model", "baseline" (classical), "true" (the undamaged photos, where colour is restored).
    photos : sequence of PhotoFigures
        Figures photo by photo: ``psnr`` (dB, of RGB in [0, 1]), ``ssim``; for tasks that restore
        colour ``ciede2000`` (mean colour difference, lower is better) and ``colourfulness``;
        ``seconds`` and ``cpu``, time and processor time for each megapixel of the restored photo.
    skipped : Mapping
        Photos that could not be read, and why.
    protocol : sequence of str
        How it was measured, a sentence each.
    best, worst : sequence of Shown
        Pictures of the photos on which the first model gained most and least PSNR, where
        pictures were asked for.
    """

    def __str__(self) -> str:
        skipped = [f"skipped {path}: {why}" for path, why in self.skipped.items()]
        return "\n".join([self.title, table(*self.table), *skipped])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return as_table(self)

    def as_dict(self) -> dict[str, Any]:
        """Return all figures as plain values, as ``pixrestore evaluate --json`` prints them."""
        return {
            "task": self.task,
            "options": dict(self.options),
            "data": self.data,
            "seed": self.seed,
            "images": len(self.photos),
            "methods": {
                method: {"kind": kind, "figures": _spelled(self.means[method])}
                for method, kind in self.methods.items()
            },
            "photos": [vars(photo) for photo in self.photos],
            "skipped": dict(self.skipped),
            "protocol": list(self.protocol),
        }

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a row for each photo.

        Parameters
        ----------
        path : path
            A name that ends in ``.csv``; what is there is replaced.
        """
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(self.rows[0]))
        writer.writeheader()
        writer.writerows(self.rows)
        replace_file(report_path(path, ".csv"), text.getvalue().encode("utf-8", "replace"))

    def write_html(self, path: str | os.PathLike[str]) -> None:
        """Write a page that needs no other file: table, plots, pictures, and the protocol.

        Parameters
        ----------
        path : path
            A name that ends in ``.html``; what is there is replaced.
        """
        replace_file(report_path(path, ".html"), as_page(self).encode("utf-8", "replace"))


def report_path(path: str | os.PathLike[str], suffix: str) -> Path:
    """Refuse names of other kinds of files: a photo or a model must not be replaced by a slip."""
    if Path(path).suffix.lower() != suffix:
        raise UsageError(f"{path} must end in {suffix}")
    return Path(path)


def _spelled(means: Mapping[str, Mean]) -> dict[str, dict[str, float | None]]:
    return {n: {"mean": m.mean, "low": m.low, "high": m.high} for n, m in means.items()}
