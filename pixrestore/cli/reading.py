"""Reading the command line twice: for what decides which options a command has, then for good.

The options of a command depend on its task, its model and its architecture. The command's own
parser says which these are, so that they mean the same both times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import typer

from pixrestore.cli.layout import SETTINGS, Command
from pixrestore.cli.option_groups import Section, with_sections

# What was typed, by parameter; those of a section as in `typed`.
Words = Mapping[str, Any]
Finder = Callable[[Words], Sequence[Section]]

# A task chooses options, which may choose a loss and an architecture, which have options.
_ROUNDS = 5


class FittedCommand(Command):
    """A command whose options depend on what its other options say.

    Parameters
    ----------
    function : callable
        What the command does; see `with_sections`.
    finder : callable
        Returns the sections of options that the typed words call for.
    **settings : Any
        Those of typer's commands.
    """

    def __init__(self, *, function: Callable[..., Any], finder: Finder, **settings: Any) -> None:
        super().__init__(**settings)
        self._function = function
        self._finder = finder

    def fitted(self, arguments: Sequence[str]) -> Command:
        """Return the command with all options that `arguments` call for.

        Parameters
        ----------
        arguments : sequence of str
            What follows the command's name.
        """
        command: Command = self
        sections: Sequence[Section] = []
        for _ in range(_ROUNDS):
            found = self._finder(read(command, arguments)[0])
            if found == sections:
                break
            sections = found
            command = self._with(sections)
        return command

    def _with(self, sections: Sequence[Section]) -> Command:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        settings: dict[str, Any] = {"cls": Command, "context_settings": SETTINGS}
        app.command(self.name, **settings)(with_sections(self._function, sections))
        command: Any = typer.main.get_command(app)
        return command


def read(command: Any, arguments: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Read a command line as the command's parser does, without complaints.

    Parameters
    ----------
    command : typer's command
        Its options are understood, others are passed over.
    arguments : sequence of str
        What follows the command's name.

    Returns
    -------
    dict
        By parameter, the text that was given, a list of texts, or True for a flag.
    list of str
        What is left: for the program, a command's name and what follows it.
    """
    lenient = {"resilient_parsing": True, "ignore_unknown_options": True}
    context = command.context_class(command, **{**command.context_settings, **lenient})
    values, rest, _ = command.make_parser(context).parse_args(list(arguments))
    return values, rest
