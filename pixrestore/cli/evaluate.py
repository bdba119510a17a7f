"""``pixrestore evaluate``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from pixrestore.cli.option_groups import Section
from pixrestore.cli.tables import as_json, table
from pixrestore.cli.task_options import choose_task

_NAMES = {"psnr": "PSNR dB", "ssim": "SSIM", "ciede2000": "CIEDE2000", "colourfulness": "colour"}


def sections(words: Mapping[str, Any]) -> list[Section]:
    """Return the options of the task."""
    choice = choose_task(words.get("task"), words.get("model"), trained=True)
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
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="Model folder, or name of an installed model; by default the task's own.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Measure N photos only.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed for the damage.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    *,
    given: Mapping[str, Mapping[str, Any]],
) -> None:
    """Damage clean photos, restore them, and compare both with the originals."""
    from pixrestore.evaluation import evaluate as measure
    from pixrestore.evaluation import measured_task

    configured = measured_task(task, model, given.get("task", {}))
    figures = measure(configured, data, model=model, limit=limit, seed=seed)
    typer.echo(as_json(figures) if json else _report(figures))


def _report(figures: Mapping[str, Any]) -> str:
    """Set the figures of the restored photos beside the untouched input's."""
    kinds = [kind for kind in ("input", "restored", "true") if kind in figures]
    names = list(figures["restored"])
    rows = [[kind, *(_figure(figures[kind].get(name)) for name in names)] for kind in kinds]
    head = f"{figures['task']} with {figures['model']}, {figures['images']} photos"
    lines = [head, table(["", *(_NAMES.get(name, name) for name in names)], rows)]
    lines += [f"skipped {path}: {why}" for path, why in figures.get("skipped", {}).items()]
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
