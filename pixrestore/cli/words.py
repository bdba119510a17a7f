"""Looking at the command line's words before it is parsed.

Which options a command has depends on its task and architecture, so these must be known first.
"""

from __future__ import annotations

from collections.abc import Sequence


def command_of(arguments: Sequence[str]) -> str:
    """Return the command's name, the first word that is no option; empty when there is none."""
    return next((word for word in arguments if not word.startswith("-")), "")


def before_command(arguments: Sequence[str]) -> list[str]:
    """Return the words before the command's name."""
    words = []
    for word in arguments:
        if not word.startswith("-"):
            break
        words.append(word)
    return words


def value_of(arguments: Sequence[str], *flags: str) -> str | None:
    """Return the last value given for an option, None when it is not there.

    Parameters
    ----------
    arguments : sequence of str
        The command line.
    *flags : str
        The option's names, such as ``--task``; both ``--task x`` and ``--task=x`` are understood.
    """
    values = values_of(arguments, *flags)
    return values[-1] if values else None


def values_of(arguments: Sequence[str], *flags: str) -> list[str]:
    """Return every value given for an option, in order; see `value_of`."""
    values = []
    words = list(arguments[: list(arguments).index("--")] if "--" in arguments else arguments)
    for place, word in enumerate(words):
        if word in flags and place + 1 < len(words):
            values.append(words[place + 1])
        for flag in flags:
            if word.startswith(flag + "="):
                values.append(word[len(flag) + 1 :])
    return values
