"""What there is: ``pixrestore tasks``, ``architectures``, ``losses``, ``models``, ``plugins``."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pixrestore.cli.option_groups import shown
from pixrestore.cli.plugin_commands import plugins_with_commands
from pixrestore.description import read_description
from pixrestore.errors import ModelError
from pixrestore.model.installed import OWN, known_models, read_record
from pixrestore.options import Option, options_of
from pixrestore.plugins.kinds import ARCHITECTURES, KINDS, LOSSES, MODELS, TASKS, Kind
from pixrestore.plugins.loading import load_plugins
from pixrestore.plugins.registry import Plugin, Plugins
from pixrestore.tables import as_json, table

Json = Annotated[bool, typer.Option("--json", help="Print a JSON list.")]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Also list the options of each, with type, default and meaning."
    ),
]

# Characters of a licence that a table shows.
_LICENCE = 20


def tasks(verbose: Verbose = False, json: Json = False) -> None:
    """List the tasks: kinds of damage that can be undone."""
    rows = [
        {
            "name": name,
            "summary": task.summary(),
            "scope": task.scope,
            "plugin": _owner(TASKS, name),
            "options": _described(options_of(task)),
        }
        for name, task in load_plugins().all(TASKS).items()
    ]
    _print(rows, ["name", "summary", "plugin"], json, verbose)
    _print_disputes(TASKS)


def architectures(verbose: Verbose = False, json: Json = False) -> None:
    """List the architectures: designs of networks."""
    rows = [
        {
            "name": name,
            "summary": (inspect.getdoc(function) or "").partition("\n")[0],
            "plugin": _owner(ARCHITECTURES, name),
            "options": _described(options_of(function)),
        }
        for name, function in load_plugins().all(ARCHITECTURES).items()
    ]
    _print(rows, ["name", "summary", "plugin"], json, verbose)
    _print_disputes(ARCHITECTURES)


def losses(verbose: Verbose = False, json: Json = False) -> None:
    """List the losses: what training minimises. Those of Keras go by their names too."""
    rows = [
        {
            "name": name,
            "summary": loss.summary(),
            "plugin": _owner(LOSSES, name),
            "options": _described(options_of(loss)),
        }
        for name, loss in load_plugins().all(LOSSES).items()
    ]
    _print(rows, ["name", "summary", "plugin"], json, verbose)
    _print_disputes(LOSSES)


def models(json: bool = False) -> None:
    """List the models that --model can name: plugins', and those that were installed."""
    known = known_models()
    rows = [_model(name, path, known) for name, path in known.all(MODELS).items()]
    _print(rows, ["name", "task", "size", "figures", "licence", "from"], json)
    _print_disputes(MODELS, known)


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
        **{kind.plural: _names(plugin, kind) for kind in KINDS},
        "commands": list(plugin.commands),
        "failures": failures,
        "notes": list(plugin.notes),
    }


def _names(plugin: Plugin, kind: Kind[Any]) -> list[str] | dict[str, str]:
    """Return the names of what a plugin provides, with what they stand for where that is text."""
    given = plugin.gives(kind)
    return {name: str(thing) for name, thing in given.items()} if kind.spelled else list(given)


def _provides(plugin: Plugin) -> str:
    given = {kind.plural: plugin.gives(kind) for kind in KINDS} | {"commands": plugin.commands}
    return "; ".join(f"{title} {', '.join(names)}" for title, names in given.items() if names)


def _model(name: str, folder: Path, known: Plugins) -> dict[str, Any]:
    """Describe a model by its ``model.json`` alone, and what is noted beside it."""
    record = read_record(folder)
    owner = _owner(MODELS, name, known)
    found: dict[str, Any] = {
        "name": name,
        "plugin": owner if owner != OWN else "",
        "folder": str(folder),
        "from": str(record.get("from") or owner),
        "record": record,
    }
    try:
        said = read_description(folder)
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
        "bytes": said.weights.get("bytes") or said.graph.get("bytes"),
        "licence": said.licence,
        "figures": said.figures,
    }


def _owner(kind: Kind[Any], name: str, known: Plugins | None = None) -> str:
    """Return the distribution that provides something."""
    plugins = (known or load_plugins()).plugins
    owners = [p.distribution for p in plugins if name in p.gives(kind)]
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
    if column == "figures":
        return _gain(row[column])
    text = str(row[column])
    # Terms may take a sentence; --json has all of it.
    return text if column != "licence" or len(text) <= _LICENCE else f"{text[: _LICENCE - 1]}…"


def _gain(figures: Mapping[str, Any]) -> str:
    """Return the PSNR of the photos that a model was validated on, before and after."""
    try:
        validated = figures["validation"]
        return f"{validated['input_psnr']:.2f} -> {validated['psnr']:.2f} dB"
    except (KeyError, TypeError, ValueError):
        return ""


def _print_disputes(kind: Kind[Any], known: Plugins | None = None) -> None:
    """Name on standard error what several plugins claim, and so nobody gets."""
    for name, owners in (known or load_plugins()).disputes(kind).items():
        typer.echo(f"pixrestore: {name!r} is claimed by {' and '.join(owners)}", err=True)
