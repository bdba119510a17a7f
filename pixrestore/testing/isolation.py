"""Plugins in tests: those that a test names, and no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from unittest import mock

from pixrestore.plugins import loading
from pixrestore.plugins.loading import VARIABLE, Found, load_plugins
from pixrestore.plugins.registry import Plugin, Plugins


@contextmanager
def plugins_installed(*modules: ModuleType) -> Iterator[Plugins]:
    """Let pixrestore find the plugins in `modules` and none of those that are installed.

    They are loaded as if pip had installed them, with the same checks; what is built in stays.

    Parameters
    ----------
    *modules : module
        Modules that the entry points of the plugins would name.

    Yields
    ------
    Plugins
        All plugins, with their failures.
    """
    found = [_found(module) for module in modules]
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    with (
        mock.patch.object(loading, "find_plugins", return_value=found),
        mock.patch.dict(os.environ, environment, clear=True),
    ):
        _forget()
        try:
            yield load_plugins()
        finally:
            _forget()


@dataclass(frozen=True)
class _Entry:
    """An entry point whose module is there already."""

    module: ModuleType

    def load(self) -> ModuleType:
        """Return the module."""
        return self.module


def _found(module: ModuleType) -> Found:
    name = module.__name__.removeprefix("pixrestore_")
    return Found(Plugin(name, module.__name__, "0", module.__name__), _Entry(module))


def _forget() -> None:
    """Make the next look at the plugins, and at their commands, a fresh one."""
    from pixrestore.cli.plugin_commands import commands_of_plugins

    load_plugins.cache_clear()
    commands_of_plugins.cache_clear()
