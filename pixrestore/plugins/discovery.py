"""Which plugins are installed, which are wanted, and which fit this version."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Protocol

from pixrestore.plugins.registry import Failure, Plugin

GROUP = "pixrestore"
VARIABLE = "PIXRESTORE_PLUGINS"


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
