"""How ``--help`` looks: plain sections, quick to print and easy to read in any terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand, TyperGroup

# Wider than typer's 80 columns, so that most options fit on one line.
SETTINGS = {"max_content_width": 100, "help_option_names": ["-h", "--help"]}


# Wide enough for a range of numbers: "--sigma float 0..255 or low,high".
_WIDEST = 36


class Command(TyperCommand):
    """A command whose options stand under the title of their panel."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, as in `_settled`."""
        return _settled(super().get_params(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what follows the command's name in the usage line."""
        arguments = [p for p in self.get_params(ctx) if p.param_type_name == "argument"]
        named = [_argument(p) if p.required else f"[{_argument(p)}]" for p in arguments]
        return [*named, "[OPTIONS]"]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write one section for the arguments and one for each panel of options."""
        _write_params(self.get_params(ctx), ctx, formatter)


class Group(TyperGroup):
    """The program, whose commands stand under the title of their panel."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, as in `_settled`."""
        return _settled(super().get_params(ctx))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands by panel, then the options."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is None or command.hidden:
                continue
            title = getattr(command, "rich_help_panel", None) or "Commands of plugins"
            panels.setdefault(title, []).append((name, command.get_short_help_str(limit=80)))
        width = max(len(name) for rows in panels.values() for name, _ in rows)
        for title, rows in panels.items():
            with formatter.section(title):
                # Equal widths keep the sections' columns in line.
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])
        _write_params(self.get_params(ctx), ctx, formatter)


def _settled(params: list[Any]) -> list[Any]:
    """Make flags that nobody gives False instead of None, and leave files to who opens them.

    To convert a None, typer would import pydantic, which takes a third of a short command's time.
    And it would take a file that may not be read for a wrong option.
    """
    for param in params:
        told: Any = getattr(getattr(param, "type_descriptor", None), "parameter_info", None)
        if hasattr(told, "readable"):
            told.readable = False
        if getattr(param, "is_flag", False) and param.default is None:
            param.default = False
    return params


def _write_params(params: Iterable[Any], ctx: Any, formatter: Any) -> None:
    panels: dict[str, list[tuple[str, str]]] = {}
    for param in params:
        record = param.get_help_record(ctx)
        if record is None:
            continue
        if param.param_type_name == "argument":
            panels.setdefault("Arguments", []).append((_argument(param), record[1]))
        else:
            title = getattr(param, "rich_help_panel", None) or "Options"
            panels.setdefault(title, []).append(record)
    # What every command has stands last.
    general = panels.pop("Options", None)
    for title, rows in [*panels.items(), *([("Options", general)] if general else [])]:
        with formatter.section(title):
            formatter.write_dl(rows, col_max=_WIDEST)


def _argument(param: Any) -> str:
    """Return an argument as users read it: ``IN...``."""
    name = str(param.metavar or param.name).upper()
    return name + "..." if param.nargs != 1 else name
