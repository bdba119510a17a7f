"""The program: its commands, each with the options that the words after its name call for."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import typer

from pixrestore.cli import (
    bulk,
    doctor,
    encode,
    evaluate,
    export,
    inspecting,
    listing,
    messages,
    new_plugin,
    pack,
    preview,
    report,
    restore,
    serve,
    train,
)
from pixrestore.cli.layout import SETTINGS, Command, Group
from pixrestore.cli.models import build_models
from pixrestore.cli.option_groups import with_sections
from pixrestore.cli.plugin_commands import add_plugin_commands, plugins_with_commands
from pixrestore.cli.reading import Finder, FittedCommand, read
from pixrestore.plugins.loading import VARIABLE

_LISTS = "See what there is"
# What a command does and, where its options depend on its words, what finds them.
_COMMANDS: dict[str, dict[str, tuple[Callable[..., Any], Finder | None]]] = {
    "Restore photos": {
        "colorize": (restore.colorize, restore.sections_for("colorize")),
        "denoise": (restore.denoise, restore.sections_for("denoise")),
        "restore": (restore.restore, restore.sections),
        "bulk": (bulk.bulk, bulk.sections),
        "inspect": (inspecting.inspect, None),
        "fix": (inspecting.fix, None),
        "serve": (serve.serve, None),
    },
    "Train and measure": {
        "train": (train.train, train.sections),
        "evaluate": (evaluate.evaluate, evaluate.sections),
        "report": (report.report, None),
        "encode": (encode.encode, None),
        "export": (export.export, None),
        "pack": (pack.pack, None),
    },
    "Write plugins": {
        "new-plugin": (new_plugin.new_plugin, None),
        "preview": (preview.preview, preview.sections),
    },
    _LISTS: {
        "tasks": (listing.tasks, None),
        "architectures": (listing.architectures, None),
        "losses": (listing.losses, None),
        "plugins": (listing.plugins, None),
        "doctor": (doctor.doctor, None),
    },
}
# These show failed plugins themselves.
_TELL_THEMSELVES = ("plugins", "doctor")


class Program(Group):
    """The program, which knows the commands of plugins once it knows whether to load plugins."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Heed what is said to the program itself, and then read the command line."""
        said, rest = read(self, args)
        if said.get("debug"):
            os.environ[messages.DEBUG] = "1"
        if said.get("no_plugins"):
            os.environ[VARIABLE] = ""
        self.commands = {**self.commands, **_commands_of_plugins()}
        asked = rest[0] if rest else ""
        if not extra.get("resilient_parsing") and asked not in _TELL_THEMSELVES:
            for plugin in plugins_with_commands():
                for line in plugin.remarks():
                    messages.say(line)
        return super().make_context(info_name, args, parent, **extra)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command, with the options that the words after its name call for."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            messages.speak_of(f"{ctx.command_path} {name}", command.params)
        # What completes a word downloads nothing.
        fetched = ctx.resilient_parsing and any(word.startswith("hf://") for word in rest)
        if isinstance(command, FittedCommand) and not fetched:
            try:
                command = command.fitted(rest)
            except Exception:
                # Who completes a word has not said everything yet.
                if not ctx.resilient_parsing:
                    raise
            messages.speak_of(f"{ctx.command_path} {name}", command.params)
        return name, command, rest


def build_app() -> typer.Typer:
    """Make the program, without the commands of plugins."""
    app = typer.Typer(
        cls=Program,
        context_settings=SETTINGS,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="Restore old and damaged photos, and train models that restore them.",
    )
    app.callback(invoke_without_command=True)(_program)
    app.add_typer(build_models(), name="models", rich_help_panel=_LISTS)
    for panel, commands in _COMMANDS.items():
        for name, (function, finder) in commands.items():
            settings: dict[str, Any] = {"cls": Command, "context_settings": SETTINGS}
            if finder is not None:
                settings["cls"] = partial(FittedCommand, function=function, finder=finder)
                function = with_sections(function, [])
            app.command(name, rich_help_panel=panel, **settings)(function)
    return app


def _commands_of_plugins() -> dict[str, Any]:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    # Without it, typer would take a single command for the program.
    app.callback()(lambda: None)
    add_plugin_commands(app)
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


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
