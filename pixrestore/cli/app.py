"""The program: its commands, with the options that the words on the command line call for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from pixrestore.cli import (
    doctor,
    encode,
    evaluate,
    export,
    listing,
    new_plugin,
    preview,
    restore,
    train,
)
from pixrestore.cli.layout import SETTINGS, Command, Group
from pixrestore.cli.plugin_commands import add_plugin_commands, plugins_with_commands
from pixrestore.cli.words import command_of

# A command, given the command line, returns the function that typer calls.
_COMMANDS: dict[str, dict[str, Callable[[Sequence[str]], Callable[..., Any]]]] = {
    "Restore photos": {
        "colorize": restore.colorize_command,
        "denoise": restore.denoise_command,
        "restore": restore.restore_command,
    },
    "Train and measure": {
        "train": train.command,
        "evaluate": evaluate.command,
        "encode": lambda _: encode.encode,
        "export": lambda _: export.export,
    },
    "Write plugins": {
        "new-plugin": lambda _: new_plugin.new_plugin,
        "preview": preview.command,
    },
    "See what there is": {
        "tasks": lambda _: listing.tasks,
        "architectures": lambda _: listing.architectures,
        "losses": lambda _: listing.losses,
        "models": lambda _: listing.models,
        "plugins": lambda _: listing.plugins,
        "doctor": lambda _: doctor.doctor,
    },
}
# These show failed plugins themselves.
_TELL_THEMSELVES = ("plugins", "doctor")


def build_app(arguments: Sequence[str]) -> typer.Typer:
    """Make the program for one command line.

    Parameters
    ----------
    arguments : sequence of str
        What follows the program's name. The command that it names gets the options of its task;
        the others, which only ``--help`` lists, go without.
    """
    app = typer.Typer(
        cls=Group,
        context_settings=SETTINGS,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="Learn to undo damage to photographs, and restore photographs with what was learned.",
    )
    app.callback(invoke_without_command=True)(_program)
    asked = command_of(arguments)
    for panel, commands in _COMMANDS.items():
        for name, make in commands.items():
            function = make(arguments if name == asked else [])
            settings: dict[str, Any] = {"cls": Command, "context_settings": SETTINGS}
            app.command(name, rich_help_panel=panel, **settings)(function)
    add_plugin_commands(app)
    return app


def complaints(arguments: Sequence[str]) -> list[str]:
    """Return a line for each thing that went wrong with a plugin, if the command tells none."""
    if command_of(arguments) in _TELL_THEMSELVES:
        return []
    return [line for plugin in plugins_with_commands() for line in plugin.remarks()]


def _version(asked: bool) -> None:
    if asked:
        from pixrestore import __version__

        typer.echo(f"pixrestore {__version__}")
        raise typer.Exit


def _program(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks of errors, as PIXRESTORE_DEBUG=1 does.")
    ] = False,
    no_plugins: Annotated[
        bool,
        typer.Option("--no-plugins", help="Load no plugins, as an empty PIXRESTORE_PLUGINS does."),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
