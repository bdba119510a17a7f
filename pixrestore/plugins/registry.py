"""What the plugins provide, and what went wrong with them."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pixrestore.errors import PixrestoreError, PluginError, UnknownNameError, nearest
from pixrestore.plugins.kinds import Kind
from pixrestore.plugins.meaning import is_meant

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
    provided : Mapping
        Things that it provides, by kind and by name.
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
    provided: Mapping[Kind[Any], Mapping[str, Any]] = field(default_factory=dict)
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
        return "partly" if self.commands or any(self.provided.values()) else "failed"

    def gives(self, kind: Kind[_T]) -> Mapping[str, _T]:
        """Return what it provides of a kind, by name."""
        return self.provided.get(kind, {})

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

    def all(self, kind: Kind[_T]) -> dict[str, _T]:
        """Return what there is of a kind by name, without what two plugins claim."""
        return {name: found[0][1] for name, found in self._claims(kind).items() if _same(found)}

    @property
    def failed(self) -> tuple[Plugin, ...]:
        """The plugins with failures."""
        return tuple(plugin for plugin in self.plugins if plugin.failures)

    def find(self, kind: Kind[_T], name: str, also: Collection[str] = ()) -> _T:
        """Return the thing of a kind that is called `name`.

        Parameters
        ----------
        kind : Kind
            Such as `pixrestore.plugins.kinds.TASKS`.
        name : str
        also : collection of str
            Names that the message of an error gives besides.

        Raises
        ------
        UnknownNameError
            Nobody provides it; the message gives the nearest names and the failed plugins.
        PluginError
            Two plugins claim it, or the plugin of that name failed.
        """
        claims = self._claims(kind).get(name, [])
        if claims and _same(claims):
            return claims[0][1]
        if claims:
            owners = " and ".join(sorted(plugin.title for plugin, _ in claims))
            raise PluginError(
                f"the {kind.noun} {name!r} is claimed by {owners}: uninstall one of them, "
                "or choose plugins with PIXRESTORE_PLUGINS"
            )
        for plugin in self.failed:
            if name in (plugin.name, plugin.distribution.removeprefix("pixrestore-")):
                raise PluginError(f"there is no {kind.noun} {name!r}: {plugin.complaints()[0]}")
        known = {*self._claims(kind), *also}
        meant = [each for each, thing in self.all(kind).items() if is_meant(name, thing)]
        hint = f"did you mean {' or '.join(meant)}?" if meant else nearest(name, known)
        message = f"there is no {kind.noun} {name!r}: {hint}"
        failed = [plugin.title for plugin in self.failed]
        if failed:
            message += f" (failed: {', '.join(failed)}; see `pixrestore plugins`)"
        raise UnknownNameError(message)

    def claims(self, kind: Kind[Any], name: str) -> bool:
        """Tell whether any plugin claims a name of a kind."""
        return name in self._claims(kind)

    def disputes(self, kind: Kind[Any]) -> dict[str, list[str]]:
        """List the names of a kind that several plugins claim, and by whom."""
        return {
            name: sorted(plugin.title for plugin, _ in claims)
            for name, claims in self._claims(kind).items()
            if not _same(claims)
        }

    def _claims(self, kind: Kind[_T]) -> dict[str, list[tuple[Plugin, _T]]]:
        claims: dict[str, list[tuple[Plugin, _T]]] = {}
        for plugin in self.plugins:
            for name, thing in plugin.gives(kind).items():
                claims.setdefault(name, []).append((plugin, thing))
        return dict(sorted(claims.items()))


def _same(claims: Sequence[tuple[Plugin, Any]]) -> bool:
    """Tell whether all claims mean one and the same thing."""
    return all(thing == claims[0][1] for _, thing in claims)
