"""``pixrestore evaluate``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from pixrestore.cli.option_groups import Section
from pixrestore.cli.task_options import choose_task
from pixrestore.tables import as_json

# Best and worst photos on a page, of each.
_PICTURES = 3


def sections(words: Mapping[str, Any]) -> list[Section]:
    """Return the options of the task."""
    models = words.get("model") or [None]
    choice = choose_task(words.get("task"), models[0], trained=True)
    return [choice.all(benchmark=True)] if choice else []


def evaluate(
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Folder of clean photos, searched recursively.",
            show_default=False,
        ),
    ],
    task: Annotated[
        str | None,
        typer.Option("--task", metavar="TASK", help="Task to measure. Not needed with --model."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="Model folder, or name of an installed model; by default the task's own. Repeat "
            "it to compare several.",
        ),
    ] = None,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Also measure the task's classical methods.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Measure N photos only.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed for the damage.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Also write a row for each photo."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Also write a page with the table, plots, and the best and worst photos.",
        ),
    ] = None,
    *,
    given: Mapping[str, Mapping[str, Any]],
) -> None:
    """Damage clean photos, restore them, and compare both with the originals."""
    from pixrestore.evaluation.measure import evaluate as measure
    from pixrestore.evaluation.measure import measured_task
    from pixrestore.evaluation.result import report_path

    for file, suffix in ((csv, ".csv"), (html, ".html")):
        if file:  # before an hour of measuring
            report_path(file, suffix)
    models = model or None
    configured = measured_task(task, models[0] if models else None, given.get("task", {}))
    found = measure(
        configured,
        data,
        model=models,
        baselines=baselines,
        limit=limit,
        seed=seed,
        pictures=_PICTURES if html else 0,
    )
    typer.echo(as_json(found.as_dict()) if json else str(found))
    if csv:
        found.write_csv(csv)
    if html:
        found.write_html(html)
