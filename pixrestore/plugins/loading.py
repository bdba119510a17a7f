"""Loading plugins, each on its own."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import pluggy

from pixrestore import hooks
from pixrestore.plugins import kinds
from pixrestore.plugins.discovery import Found, find_plugins, one_line, unmet_requirement, wanted
from pixrestore.plugins.registry import Failure, Plugin, Plugins

_BUILTIN = "pixrestore.builtin"
# Imported by a plugin as it loads, these slow every start of pixrestore.
_HEAVY = ("tensorflow", "keras", "torch", "jax", "skimage", "scipy", "numpy", "cv2")

# Plugins are strangers' code: anything they raise is theirs, except a user's Ctrl-C.
_ANYTHING = (Exception, SystemExit)


@cache
def load_plugins() -> Plugins:
    """Load what is built in and every installed plugin, once per process.

    Nothing a plugin does wrong raises here: see `Plugin.failures`.

    Returns
    -------
    Plugins
        Everything by name, and the plugins with their failures.
    """
    from pixrestore import __version__

    found = [_load(each, __version__) for each in wanted(find_plugins())]
    return Plugins((_builtin(__version__), *found))


def _builtin(version: str) -> Plugin:
    plugin = Plugin("builtin", "pixrestore", version, _BUILTIN, builtin=True)
    return _ask(plugin, import_module(_BUILTIN))


def _load(found: Found, version: str) -> Plugin:
    plugin = found.plugin
    if found.entry is None:
        return plugin
    try:
        unmet = unmet_requirement(found, version)
    except _ANYTHING as error:
        return _failed(plugin, "requirements", one_line(error), error)
    if unmet:
        return _failed(plugin, "requirements", unmet)
    before = set(sys.modules)
    try:
        # What a plugin prints as it is imported must not end up in somebody's JSON.
        with contextlib.redirect_stdout(sys.stderr):
            module = found.entry.load()
    except _ANYTHING as error:
        return _failed(plugin, "import", one_line(error), error)
    heavy = [name for name in _HEAVY if name in sys.modules and name not in before]
    if heavy:
        note = f"imports {', '.join(heavy)} as it loads, which slows every start of pixrestore"
        plugin = replace(plugin, notes=(note,))
    return _ask(plugin, module)


def _ask(plugin: Plugin, module: Any) -> Plugin:
    """Register a plugin's module and collect what its hooks return."""
    # A manager of its own for each plugin: nothing it registers reaches another plugin's calls.
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    try:
        manager.register(module, name=plugin.name or plugin.module)
    except _ANYTHING as error:
        return _failed(plugin, "register", one_line(error), error)
    failures = [*_unknown_hooks(manager), *_unmarked_hooks(module)]
    provided = {}
    for kind in kinds.KINDS:
        provided[kind], wrong = _collect(manager, kind, trusted=plugin.builtin)
        failures += wrong
    return replace(plugin, failures=tuple(failures), hooks=manager.hook, provided=provided)


def _collect(
    manager: pluggy.PluginManager, kind: kinds.Kind[Any], *, trusted: bool
) -> tuple[dict[str, Any], list[Failure]]:
    """Call one hook of one plugin and check each thing it returns."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            answers = getattr(manager.hook, kind.hook)()
            things = [thing for answer in answers for thing in _listed(answer)]
    except _ANYTHING as error:
        return {}, [Failure(kind.hook, one_line(error), error)]
    named: dict[str, Any] = {}
    failures: list[Failure] = []
    for thing in things:
        try:
            # What is built in, tests check once and for all.
            name, checked = (kind.name_of(thing), thing) if trusted else kind.check(thing)
            if named.get(name, checked) is not checked:
                raise ValueError(f"it returns two things named {name!r}")
            named[name] = checked
        except _ANYTHING as error:
            cause = str(error) if isinstance(error, (TypeError, ValueError)) else one_line(error)
            failures.append(Failure(kind.hook, " ".join(cause.split()) or one_line(error), error))
    return named, failures


def _listed(answer: Any) -> Iterable[Any]:
    if isinstance(answer, (list, tuple, set, frozenset)):
        return answer
    raise TypeError(f"must return a list, not {answer!r}")


def _unknown_hooks(manager: pluggy.PluginManager) -> list[Failure]:
    """Find hooks that this version does not know; the plugin's others are called all the same."""
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        names = [
            name
            for name in vars(manager.hook)
            if not name.startswith("_") and not getattr(manager.hook, name).has_spec()
        ]
        known = ", ".join(hook for hook in vars(hooks) if hook.startswith("pixrestore_"))
        cause = (
            f"implements {', '.join(names)}, which this version of pixrestore does not have "
            f"(it has {known}): it may be meant for another version"
        )
        return [Failure("register", cause, error)]
    return []


def _unmarked_hooks(module: Any) -> list[Failure]:
    """Find functions named like a hook that lack the marker: they would silently do nothing."""
    if not isinstance(module, ModuleType):
        return []
    return [
        Failure("register", f"{name} does nothing without @hookimpl above it")
        for name, value in vars(module).items()
        if name in vars(hooks)
        and name.startswith("pixrestore_")
        and callable(value)
        and value is not getattr(hooks, name)
        and not hasattr(value, f"{hooks.PROJECT}_impl")
    ]


def _failed(plugin: Plugin, stage: str, cause: str, error: BaseException | None = None) -> Plugin:
    return replace(plugin, failures=(*plugin.failures, Failure(stage, cause, error)))
