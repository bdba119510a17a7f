"""What the program says beside its results: one line each, in the words of the command line."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixrestore.model.folder import Model

DEBUG = "PIXRESTORE_DEBUG"

_PARAMETER = re.compile(r"`([a-z][a-z0-9_]*)`")


@dataclass(frozen=True)
class Spoken:
    """The command that messages are about.

    Attributes
    ----------
    path : str
        As users type it, such as ``pixrestore restore``.
    flags : Mapping[str, str]
        By the name of a parameter, the flag that gives it.
    """

    path: str = "pixrestore"
    flags: Mapping[str, str] = field(default_factory=dict)


_NOBODY = Spoken()
_spoken: ContextVar[Spoken] = ContextVar("spoken", default=_NOBODY)


def speak_of(path: str = _NOBODY.path, params: Iterable[Any] = ()) -> None:
    """Say from now on what concerns a command with these parameters; none by default."""
    flags: dict[str, str] = {}
    for param in params:
        long = [flag for flag in getattr(param, "opts", ()) if flag.startswith("--")]
        for flag in long[:1]:
            # Python's name may differ: `form` is --to.
            flags.setdefault(str(param.name), flag)
            flags[flag[2:].replace("-", "_")] = flag
    if "arch" in flags:  # short in the shell for what a recipe spells out
        flags.setdefault("architecture", flags["arch"])
    _spoken.set(Spoken(path, flags))


def command_path() -> str:
    """Return the command that messages are about, as users type it."""
    return _spoken.get().path


def in_flags(text: str) -> str:
    """Return a message with the flags of the command where the library names parameters.

    The library says `` `working_size` `` where users type ``--working-size``. What is no option
    of the command stays as it is.
    """
    flags = _spoken.get().flags
    return _PARAMETER.sub(lambda found: flags.get(found[1], found[0]), text)


def say(message: str, code: int = 0) -> int:
    """Print one line beside the results, and return `code`."""
    line = " ".join(in_flags(message).split())
    # Nobody may be listening any more.
    with contextlib.suppress(OSError, ValueError):
        print(f"pixrestore: {line}", file=sys.stderr, flush=True)  # noqa: T201
    return code


def tell_terms(model: Model) -> None:
    """Say at the first use of a model whose terms limit what it may be used for that they do."""
    from pixrestore.model.terms import untold_terms

    if told := untold_terms(model):
        say(told)
