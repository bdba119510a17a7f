"""The installed plugins: found, and loaded each on its own."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module, metadata
from types import ModuleType
from typing import Any, Protocol

import pluggy

from pixrestore import hooks
from pixrestore.plugins import kinds
from pixrestore.plugins.registry import Failure, Plugin, Plugins

GROUP = "pixrestore"
VARIABLE = "PIXRESTORE_PLUGINS"
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


# --- finding --------------------------------------------------------------------------------------


class Entry(Protocol):
    """What names a plugin's module: an entry point, or what stands for one in a test."""

    def load(self) -> Any:
        """Import and return the module."""
        ...


@dataclass(frozen=True)
class Found:
    """An entry point of an installed distribution, not imported yet."""

    plugin: Plugin
    entry: Entry | None
    requires: tuple[str, ...] = ()


def find_plugins() -> list[Found]:
    """List the installed plugins, in the order of their names.

    Every distribution is read on its own: damaged metadata of one hides only that one.
    """
    found: dict[tuple[str, str], Found] = {}
    for distribution in metadata.distributions():
        for each in _entries(distribution):
            # Of a distribution installed twice, the first on the path is the one Python imports.
            found.setdefault((_normalized(each.plugin.distribution), each.plugin.name), each)
    return sorted(found.values(), key=lambda f: (f.plugin.name, f.plugin.distribution))


def wanted(found: list[Found]) -> list[Found]:
    """Apply ``PIXRESTORE_PLUGINS``: names of distributions or entry points, with commas between.

    Unset, all are wanted; empty, none. A name that is not installed is a failure of its own.
    """
    setting = os.environ.get(VARIABLE)
    if setting is None:
        return found
    names = {_normalized(name) for name in setting.split(",") if name.strip()}
    kept = [_switched(f, names) for f in found]
    known = {_normalized(n) for f in found for n in (f.plugin.name, f.plugin.distribution)}
    missing = [
        Found(
            _broken(name, "", Failure("find", f"{VARIABLE} names it, but it is not installed")),
            None,
        )
        for name in sorted(names - known)
    ]
    return kept + missing


def unmet_requirement(found: Found, version: str) -> str:
    """Say which pixrestore the plugin needs if this `version` is not it; empty when all is well."""
    ours = [line for line in found.requires if re.match(r"pixrestore\b(?![-_.]\w)", line, re.I)]
    if not ours:
        return ""
    from packaging.requirements import Requirement

    for line in ours:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            return f"needs pixrestore {requirement.specifier}, this is {version}"
    return ""


def _entries(distribution: metadata.Distribution) -> list[Found]:
    """List the entry points of one distribution; nothing for the many that have none of ours."""
    try:
        entries = [entry for entry in distribution.entry_points if entry.group == GROUP]
        requires = tuple(distribution.requires or ()) if entries else ()
    except Exception as error:
        # A stranger's damaged metadata is no business of ours.
        name, version = _identity(distribution)
        broken = _broken(name, version, Failure("find", one_line(error), error))
        return [Found(broken, None)] if GROUP in name.lower() else []
    if not entries:
        return []
    name, version = _identity(distribution)
    return [Found(Plugin(e.name, name, version, module=e.value), e, requires) for e in entries]


def _identity(distribution: metadata.Distribution) -> tuple[str, str]:
    """Return name and version, from the folder's name where the metadata cannot be read."""
    try:
        about = distribution.metadata
        name, version = about["Name"], about["Version"]
    except Exception:
        name, version = "", ""
    if name:
        return name, version or "?"
    folder = getattr(distribution, "_path", None)
    stem = str(getattr(folder, "stem", "")) or "unknown"
    name, _, version = stem.partition("-")
    return name, version or "?"


def _switched(found: Found, names: set[str]) -> Found:
    plugin = found.plugin
    if names & {_normalized(plugin.name), _normalized(plugin.distribution)}:
        return found
    off = Plugin(plugin.name, plugin.distribution, plugin.version, plugin.module, active=False)
    return Found(off, None)


def _broken(name: str, version: str, failure: Failure) -> Plugin:
    return Plugin(name, name, version, failures=(failure,))


def _normalized(name: str) -> str:
    """Fold a distribution's name as pip does (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def one_line(error: BaseException) -> str:
    """Return an exception's type and message in one line of at most 300 characters."""
    text = " ".join(str(error).split())
    line = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return line if len(line) <= 300 else line[:297] + "..."
