"""What the plugins provide, and what went wrong with them."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pixrestore.errors import PixrestoreError, PluginError, UnknownNameError, nearest

if TYPE_CHECKING:
    from pixrestore.loss import Loss
    from pixrestore.task import Task

Architecture = Callable[..., Any]
Status = Literal["ok", "partly", "failed", "off"]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Failure:
    """One thing that went wrong with a plugin.

    Attributes
    ----------
    stage : str
        When: ``find``, ``requirements``, ``import``, ``register``, or the name of a hook.
    cause : str
        What, in one line.
    error : BaseException, optional
        The exception, when there was one.
    """

    stage: str
    cause: str
    error: BaseException | None = field(default=None, compare=False, repr=False)

    @property
    def traceback(self) -> str:
        """The exception's traceback; empty when there was none."""
        if self.error is None or isinstance(self.error, PixrestoreError):
            return ""
        return "".join(traceback.format_exception(self.error))


@dataclass(frozen=True)
class Plugin:
    """A plugin, loaded or not.

    Attributes
    ----------
    name : str
        The name of its entry point.
    distribution, version : str
        Distribution that pip installed; ``pixrestore`` itself for what is built in.
    module : str
        Module that the entry point names.
    tasks, architectures, losses, models : Mapping
        Things that it provides, by name.
    commands : tuple of str
        Names of the commands it adds, filled in by the command line.
    failures : tuple of Failure
        Failures of its hooks. Whatever worked is provided all the same.
    notes : tuple of str
        Remarks for users: a plugin that slows every start, for example.
    active : bool
        False when ``PIXRESTORE_PLUGINS`` leaves it out.
    hooks : Any
        Its own pluggy hook relay, None when it could not be registered.
    """

    name: str
    distribution: str
    version: str
    module: str = ""
    builtin: bool = False
    tasks: Mapping[str, type[Task]] = field(default_factory=dict)
    architectures: Mapping[str, Architecture] = field(default_factory=dict)
    losses: Mapping[str, type[Loss]] = field(default_factory=dict)
    models: Mapping[str, Path] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    active: bool = True
    hooks: Any = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        """Distribution and version, with the entry point's name where that differs."""
        title = f"{self.distribution} {self.version}".strip()
        return title if self.name in ("", self.distribution) else f"{title} ({self.name})"

    @property
    def status(self) -> Status:
        """``ok``; ``partly`` when some of it failed; ``failed`` when it gives nothing; ``off``."""
        if not self.active:
            return "off"
        if not self.failures:
            return "ok"
        given = self.tasks or self.architectures or self.losses or self.models or self.commands
        return "partly" if given else "failed"

    def complaints(self) -> list[str]:
        """Describe each failure in one line: who, when and why."""
        return [f"plugin {self.title}: {f.stage}: {f.cause}" for f in self.failures]

    def remarks(self) -> list[str]:
        """Describe each failure and each note in one line."""
        return [*self.complaints(), *(f"plugin {self.title}: {note}" for note in self.notes)]


@dataclass(frozen=True)
class Plugins:
    """All plugins, and what they provide together."""

    plugins: tuple[Plugin, ...]

    @cached_property
    def tasks(self) -> dict[str, type[Task]]:
        """The tasks by name, without those that two plugins claim."""
        return _undisputed(self._claims("tasks"))

    @cached_property
    def architectures(self) -> dict[str, Architecture]:
        """The architectures by name, without those that two plugins claim."""
        return _undisputed(self._claims("architectures"))

    @cached_property
    def losses(self) -> dict[str, type[Loss]]:
        """The losses by name, without those that two plugins claim; Keras' own are not here."""
        return _undisputed(self._claims("losses"))

    @cached_property
    def models(self) -> dict[str, Path]:
        """The folders of installed models by name, without those that two plugins claim."""
        return _undisputed(self._claims("models"))

    @property
    def failed(self) -> tuple[Plugin, ...]:
        """The plugins with failures."""
        return tuple(plugin for plugin in self.plugins if plugin.failures)

    def task(self, name: str) -> type[Task]:
        """Return the task called `name`.

        Raises
        ------
        UnknownNameError
            If nobody provides it; the message gives the nearest names and the failed plugins.
        PluginError
            If two plugins claim it, or the plugin of that name failed.
        """
        return self._find("task", "tasks", name)

    def architecture(self, name: str) -> Architecture:
        """Return the architecture called `name`; raises as `task` does."""
        return self._find("architecture", "architectures", name)

    def loss(self, name: str, also: Collection[str] = ()) -> type[Loss]:
        """Return the loss called `name`; raises as `task` does.

        `also` are names that the message of an error gives besides.
        """
        return self._find("loss", "losses", name, also)

    def model(self, name: str) -> Path:
        """Return the folder of the installed model called `name`; raises as `task` does."""
        return self._find("model", "models", name)

    def claims(self, kind: str, name: str) -> bool:
        """Tell whether any plugin claims a name of a `kind` (``"tasks"``, ...)."""
        return name in self._claims(kind)

    def disputes(self, kind: str) -> dict[str, list[str]]:
        """List the names of a `kind` (``"tasks"``, ...) that several plugins claim, and by whom."""
        return {
            name: sorted(plugin.title for plugin, _ in claims)
            for name, claims in self._claims(kind).items()
            if not _same(claims)
        }

    def _claims(self, kind: str) -> dict[str, list[tuple[Plugin, Any]]]:
        claims: dict[str, list[tuple[Plugin, Any]]] = {}
        for plugin in self.plugins:
            for name, thing in getattr(plugin, kind).items():
                claims.setdefault(name, []).append((plugin, thing))
        return dict(sorted(claims.items()))

    def _find(self, noun: str, kind: str, name: str, also: Collection[str] = ()) -> Any:
        claims = self._claims(kind).get(name, [])
        if claims and _same(claims):
            return claims[0][1]
        if claims:
            owners = " and ".join(sorted(plugin.title for plugin, _ in claims))
            raise PluginError(
                f"the {noun} {name!r} is claimed by {owners}: uninstall one of them, "
                "or choose plugins with PIXRESTORE_PLUGINS"
            )
        for plugin in self.failed:
            if name in (plugin.name, plugin.distribution.removeprefix("pixrestore-")):
                raise PluginError(f"there is no {noun} {name!r}: {plugin.complaints()[0]}")
        message = f"there is no {noun} {name!r}: {nearest(name, {*self._claims(kind), *also})}"
        failed = [plugin.title for plugin in self.failed]
        if failed:
            message += f" (failed: {', '.join(failed)}; see `pixrestore plugins`)"
        raise UnknownNameError(message)


def _same(claims: list[tuple[Plugin, Any]]) -> bool:
    """Tell whether all claims mean one and the same thing."""
    return all(thing == claims[0][1] for _, thing in claims)


def _undisputed(claims: Mapping[str, list[tuple[Plugin, _T]]]) -> dict[str, _T]:
    return {name: found[0][1] for name, found in claims.items() if _same(found)}
