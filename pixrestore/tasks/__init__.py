"""The built-in tasks, provided through the same hook as everybody's."""

from __future__ import annotations

from pixrestore.hooks import hookimpl
from pixrestore.task import Task
from pixrestore.tasks.colorize import Colorize
from pixrestore.tasks.denoise import Denoise


@hookimpl
def pixrestore_tasks() -> list[type[Task]]:
    """Provide colorize and denoise."""
    return [Colorize, Denoise]
