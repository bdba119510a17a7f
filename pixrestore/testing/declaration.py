"""Checks of what a task says about itself: its class, its name, its options."""

from __future__ import annotations

import json

from pixrestore.errors import PixrestoreError
from pixrestore.options import checked, options_of
from pixrestore.plugins.checks import named_task
from pixrestore.testing.probe import CheckFailed, Probe


def declared(probe: Probe) -> None:
    """The class is one that a plugin may provide, and says in one line what it does."""
    kind = type(probe.task)
    if isinstance(probe.task, type):
        raise CheckFailed(f"give a task, {probe.task.__name__}(), not its class")
    try:
        named_task(kind)
    except (TypeError, ValueError) as error:
        raise CheckFailed(str(error)) from error
    # A dataclass without a docstring gets its signature for one.
    if not kind.__doc__ or kind.__doc__.startswith(f"{kind.__name__}("):
        raise CheckFailed(
            f"{kind.__name__} needs a docstring: its first line is what `pixrestore tasks` shows"
        )
    if not isinstance(probe.task.inexact, str):
        raise CheckFailed("inexact must be the reason as a string, empty when the law holds")


def options(probe: Probe) -> None:
    """Options come back the same from JSON, and each has a help text."""
    task = probe.task
    kind = type(task)
    try:
        read = json.loads(json.dumps(task.options()))
        again = kind(**checked(kind, read))
    except (TypeError, ValueError, PixrestoreError) as error:
        raise CheckFailed(f"its options cannot be saved as JSON and read again: {error}") from error
    if again != task:
        raise CheckFailed(f"its options, saved as JSON and read again, give {again}, not {task}")
    for option in options_of(kind):
        if not option.help:
            raise CheckFailed(f"the option {option.name} needs a help text: option(..., help=...)")
