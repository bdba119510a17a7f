"""``pixrestore evaluate``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixrestore.cli.choosing import choose_task
from pixrestore.cli.sections import with_sections
from pixrestore.cli.tables import as_json, table

if TYPE_CHECKING:
    from pixrestore.task import Task

_NAMES = {"psnr": "PSNR dB", "ssim": "SSIM", "ciede2000": "CIEDE2000", "colourfulness": "colour"}


def command(arguments: Sequence[str]) -> Callable[..., Any]:
    """Make the command for `arguments`."""
    choice = choose_task(arguments, "--model", "-m") if arguments else None
    return with_sections(evaluate, [choice.all(benchmark=True)] if choice else [])


def evaluate(
    data: Annotated[
        Path,
        typer.Option("--data", metavar="DIR", help="Folder of clean photos.", show_default=False),
    ],
    task: Annotated[
        str | None,
        typer.Option("--task", metavar="TASK", help="What to undo; a --model knows its own."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="A model folder or the name of an installed model; the task's own if left out.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Measure only so many photos.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the damage.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    *,
    given: Mapping[str, Mapping[str, Any]],
) -> None:
    """Damage clean photos, restore them, and compare both with the originals."""
    from pixrestore.evaluation import evaluate as measure

    options = given.get("task", {})
    configured = _configured(task, model, options) if options else task
    # Those that can be are given as keywords too, which come before the field's benchmarks.
    also = {name: options[name] for name in options.keys() - signature(measure).parameters}
    figures = measure(configured, data, model=model, limit=limit, seed=seed, **also)
    typer.echo(as_json(figures) if json else _report(figures))


def _configured(task: str | None, model: str | None, options: Mapping[str, Any]) -> Task:
    """Return the task as the model has it, with the options that were given."""
    from pixrestore.finding import find_model

    trained = find_model(task, model).task
    changes = {**trained.benchmark, **options}
    return replace(trained, **changes)  # type: ignore[type-var]


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
