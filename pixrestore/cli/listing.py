"""What there is: ``pixrestore tasks``, ``architectures``, ``losses``, ``models``, ``plugins``."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pixrestore.cli.option_groups import shown
from pixrestore.cli.plugin_commands import plugins_with_commands
from pixrestore.cli.tables import as_json, table
from pixrestore.description import read_description
from pixrestore.errors import ModelError
from pixrestore.options import Option, options_of
from pixrestore.plugins.loading import load_plugins
from pixrestore.plugins.registry import Plugin

Json = Annotated[bool, typer.Option("--json", help="Print a JSON list.")]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Also list the options of each, with type, default and meaning."
    ),
]


def tasks(verbose: Verbose = False, json: Json = False) -> None:
    """List the tasks: kinds of damage that can be undone."""
    rows = [
        {
            "name": name,
            "summary": task.summary(),
            "scope": task.scope,
            "plugin": _owner("tasks", name),
            "options": _described(options_of(task)),
        }
        for name, task in load_plugins().tasks.items()
    ]
    _print(rows, ["name", "summary", "plugin"], json, verbose)
    _print_disputes("tasks")


def architectures(verbose: Verbose = False, json: Json = False) -> None:
    """List the architectures: designs of networks."""
    rows = [
        {
            "name": name,
            "summary": (inspect.getdoc(function) or "").partition("\n")[0],
            "plugin": _owner("architectures", name),
            "options": _described(options_of(function)),
        }
        for name, function in load_plugins().architectures.items()
    ]
    _print(rows, ["name", "summary", "plugin"], json, verbose)
    _print_disputes("architectures")


def losses(verbose: Verbose = False, json: Json = False) -> None:
    """List the losses: what training minimises. Those of Keras go by their names too."""
    rows = [
        {
            "name": name,
            "summary": loss.summary(),
            "plugin": _owner("losses", name),
            "options": _described(options_of(loss)),
        }
        for name, loss in load_plugins().losses.items()
    ]
    _print(rows, ["name", "summary", "plugin"], json, verbose)
    _print_disputes("losses")


def models(json: Json = False) -> None:
    """List the installed models, which --model can name."""
    rows = [_model(name, str(path)) for name, path in load_plugins().models.items()]
    _print(rows, ["name", "task", "architecture", "size", "plugin", "folder"], json)
    _print_disputes("models")


def plugins(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show the tracebacks of failures.")
    ] = False,
    json: Json = False,
) -> None:
    """List the plugins, and what went wrong with them."""
    found = plugins_with_commands()
    if json:
        typer.echo(as_json([plugin_as_data(plugin, verbose) for plugin in found]))
        return
    rows = [
        [p.name, f"{p.distribution} {p.version}".strip(), p.status, _provides(p)] for p in found
    ]
    typer.echo(table(["name", "distribution", "status", "provides"], rows))
    for plugin in found:
        for failure, line in zip(plugin.failures, plugin.complaints(), strict=True):
            typer.echo(f"\n{line}")
            if verbose and failure.traceback:
                typer.echo(failure.traceback.rstrip())
        for note in plugin.notes:
            typer.echo(f"\nplugin {plugin.title}: {note}")


def plugin_as_data(plugin: Plugin, tracebacks: bool = False) -> dict[str, Any]:
    """Return a plugin as JSON values, with `tracebacks` where asked for."""
    failures = []
    for failure in plugin.failures:
        described = {"stage": failure.stage, "cause": failure.cause}
        if tracebacks:
            described["traceback"] = failure.traceback
        failures.append(described)
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "module": plugin.module,
        "builtin": plugin.builtin,
        "status": plugin.status,
        "tasks": list(plugin.tasks),
        "architectures": list(plugin.architectures),
        "losses": list(plugin.losses),
        "models": {name: str(path) for name, path in plugin.models.items()},
        "commands": list(plugin.commands),
        "failures": failures,
        "notes": list(plugin.notes),
    }


def _provides(plugin: Plugin) -> str:
    kinds = {
        "tasks": plugin.tasks,
        "architectures": plugin.architectures,
        "losses": plugin.losses,
        "models": plugin.models,
        "commands": plugin.commands,
    }
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names)


def _model(name: str, folder: str) -> dict[str, Any]:
    """Describe a model by its ``model.json`` alone."""
    found: dict[str, Any] = {"name": name, "plugin": _owner("models", name), "folder": folder}
    try:
        said = read_description(Path(folder))
    except ModelError:  # `pixrestore doctor` says what is wrong with it
        return {
            **found,
            "task": "?",
            "options": {},
            "architecture": "?",
            "bytes": None,
            "licence": "",
            "figures": {},
        }
    return {
        **found,
        "task": said.task,
        "options": said.options,
        "architecture": said.architecture,
        "bytes": said.weights.get("bytes"),
        "licence": said.licence,
        "figures": said.figures,
    }


def _owner(kind: str, name: str) -> str:
    """Return the distribution that provides something."""
    owners = [p.distribution for p in load_plugins().plugins if name in getattr(p, kind)]
    return owners[0] if owners else ""


def _described(options: Sequence[Option]) -> list[dict[str, Any]]:
    return [
        {
            "name": option.name,
            "type": option.type_name,
            "default": None if option.default is dataclasses.MISSING else option.default,
            "help": option.help,
        }
        for option in options
    ]


def _print(
    rows: Sequence[dict[str, Any]], columns: Sequence[str], json: bool, verbose: bool = False
) -> None:
    if json:
        typer.echo(as_json(rows))
        return
    if not rows:
        typer.echo("there is none")
        return
    if not verbose:
        typer.echo(table(columns, [[_cell(row, column) for column in columns] for row in rows]))
        return
    for row in rows:
        typer.echo(f"{row['name']}: {row['summary']} ({row['plugin']})")
        for option in row["options"]:
            flag = "--" + option["name"].replace("_", "-")
            typer.echo(f"  {flag} {option['type']}  {option['help']}  [{shown(option['default'])}]")


def _cell(row: dict[str, Any], column: str) -> str:
    if column == "size":
        return "?" if row["bytes"] is None else f"{row['bytes'] / 1e6:.1f} MB"
    return str(row[column])


def _print_disputes(kind: str) -> None:
    """Name on standard error what several plugins claim, and so nobody gets."""
    for name, owners in load_plugins().disputes(kind).items():
        typer.echo(f"pixrestore: {name!r} is claimed by {' and '.join(owners)}", err=True)
