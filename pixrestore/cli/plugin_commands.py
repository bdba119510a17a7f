"""Commands that plugins add, none of which can break the others."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import typer

from pixrestore.errors import PluginError
from pixrestore.plugins.kinds import KINDS
from pixrestore.plugins.loading import load_plugins, one_line
from pixrestore.plugins.registry import Failure, Plugin

_HOOK = "pixrestore_commands"
# What the program itself is made of; a plugin cannot take these names.
RESERVED = frozenset(
    {
        "colorize",
        "denoise",
        "restore",
        "bulk",
        "inspect",
        "fix",
        "serve",
        "train",
        "evaluate",
        "report",
        "encode",
        "export",
        "pack",
    }
    | {"new-plugin", "preview", "plugins", "doctor"}
    | {kind.plural for kind in KINDS}
)

Adder = Callable[[typer.Typer], None]


@dataclass(frozen=True)
class Commands:
    """What one plugin adds to the command line.

    Attributes
    ----------
    plugin : Plugin
        The plugin, with the names of its commands and what went wrong with them.
    adders : Mapping[str, callable]
        By command name, what adds it to an app.
    """

    plugin: Plugin
    adders: Mapping[str, Adder]


def add_plugin_commands(app: typer.Typer) -> None:
    """Add the commands of all plugins to `app`; a name that two claim says so when it is used."""
    claims: dict[str, list[tuple[Plugin, Adder]]] = {}
    for commands in commands_of_plugins():
        for name, add in commands.adders.items():
            claims.setdefault(name, []).append((commands.plugin, add))
    for name, claimants in sorted(claims.items()):
        if len(claimants) == 1:
            claimants[0][1](app)
        else:
            app.command(name, hidden=True)(_disputed(name, [plugin for plugin, _ in claimants]))


def plugins_with_commands() -> tuple[Plugin, ...]:
    """Return all plugins, with their commands and what went wrong with them."""
    return tuple(commands.plugin for commands in commands_of_plugins())


@cache
def commands_of_plugins() -> tuple[Commands, ...]:
    """Ask every plugin for its commands, each with an app of its own."""
    return tuple(_ask(plugin) for plugin in load_plugins().plugins)


def _ask(plugin: Plugin) -> Commands:
    if plugin.hooks is None or not getattr(plugin.hooks, _HOOK).get_hookimpls():
        return Commands(plugin, {})
    scratch = typer.Typer()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            plugin.hooks.pixrestore_commands(app=scratch)
            adders = _adders(scratch)
            if adders:
                # Building it finds here what would otherwise break the whole program.
                typer.main.get_command(scratch)
    except (Exception, SystemExit) as error:
        return Commands(_with_failure(plugin, one_line(error), error), {})
    for name in sorted(RESERVED & set(adders)):
        del adders[name]
        plugin = _with_failure(plugin, f"the command {name!r} is pixrestore's own")
    return Commands(replace(plugin, commands=tuple(adders)), adders)


def _adders(scratch: typer.Typer) -> dict[str, Adder]:
    adders: dict[str, Adder] = {}
    for command in scratch.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "").replace("_", "-")
        adders[name] = _appender("registered_commands", command)
    for group in scratch.registered_groups:
        if not isinstance(group.name, str):
            raise ValueError("a group of commands needs a name")
        adders[group.name] = _appender("registered_groups", group)
    return adders


def _appender(registry: str, info: Any) -> Adder:
    return lambda app: getattr(app, registry).append(info)


def _with_failure(plugin: Plugin, cause: str, error: BaseException | None = None) -> Plugin:
    return replace(plugin, failures=(*plugin.failures, Failure(_HOOK, cause, error)))


def _disputed(name: str, owners: list[Plugin]) -> Callable[[], None]:
    def command() -> None:
        titles = " and ".join(sorted(plugin.title for plugin in owners))
        raise PluginError(f"the command {name!r} is claimed by {titles}: uninstall one of them")

    return command
