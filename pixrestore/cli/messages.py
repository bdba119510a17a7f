"""What the program says beside its results: one line each, in the words of the command line."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pixrestore.errors import UsageError

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
_log: ContextVar[TextIO | None] = ContextVar("log", default=None)
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
    log(line)
    # Nobody may be listening any more.
    with contextlib.suppress(OSError, ValueError):
        print(f"pixrestore: {line}", file=sys.stderr, flush=True)  # noqa: T201
    return code


def tell_terms(model: Model) -> None:
    """Say at the first use of a model whose terms limit what it may be used for that they do."""
    from pixrestore.model.terms import untold_terms

    if told := untold_terms(model):
        say(told)


def keep_log(path: Path) -> None:
    """Add to a file, from now until `close_log`, whatever is said.

    Raises
    ------
    UsageError
        The name is that of a photo, or stands for standard output.
    OutputError
        The file cannot be written.
    """
    from pixrestore.files import output_error, printable
    from pixrestore.storing import format_of

    if path == Path("-") or format_of(path) is not None:
        raise UsageError(f"`log` needs the name of a text file, not {printable(path)}")
    close_log()
    try:
        # Nothing is worth the end of a job, so any character can be written.
        _log.set(path.open("a", encoding="utf-8", errors="backslashreplace"))
    except OSError as error:
        raise output_error(path, error) from error


def log(line: str) -> None:
    """Add a line to the log, if one is kept."""
    file = _log.get()
    if file is None:
        return
    try:
        # At once, so that whoever follows the file sees it, and a kill loses nothing.
        file.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')}  {line}\n")
        file.flush()
    except OSError as error:
        _log.set(None)
        say(f"the log ends here, since it cannot be written: {error.strerror}")


def close_log() -> None:
    """Keep no log any more."""
    if (file := _log.get()) is not None:
        _log.set(None)
        with contextlib.suppress(OSError):
            file.close()
