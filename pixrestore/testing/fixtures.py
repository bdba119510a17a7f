"""Fixtures for pytest: ``pytest_plugins = ["pixrestore.testing.fixtures"]`` in a conftest.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from pixrestore.plugins.registry import Plugins
from pixrestore.testing.isolation import plugins_installed


@pytest.fixture
def isolated_plugins() -> Iterator[Callable[..., Plugins]]:
    """Keep installed plugins out of a test; call it with the modules of those to let in."""
    with ExitStack() as stack:
        stack.enter_context(plugins_installed())
        yield lambda *modules: stack.enter_context(plugins_installed(*modules))
