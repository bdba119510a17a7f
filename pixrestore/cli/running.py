"""Running a command: one line for every error, and an exit code that says which kind it was."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Any, TextIO

from pixrestore.cli import messages
from pixrestore.cli.messages import DEBUG, say
from pixrestore.errors import OutOfMemoryError, OutputError, PixrestoreError, UsageError
from pixrestore.training.interrupts import answering_requests, last_signal

BUG = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130  # as shells report SIGINT
_SIGNALLED = 128


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on `arguments` and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    messages.speak_of()
    _print_anything()
    try:
        _show_warnings_in_one_line()
        _show_log()
        with answering_requests():
            code = _invoke(given)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        number = last_signal()
        by = "" if number == signal.SIGINT else f" by {signal.Signals(number).name}"
        return say(f"stopped{by}", _SIGNALLED + number)
    except BrokenPipeError:
        return _close_quietly()
    except Exception as error:
        if debugging():
            traceback.print_exception(error)
        return _explain(error)
    finally:
        messages.close_log()


def _print_anything() -> None:
    """Spell out what a console has no characters for: no text is worth the end of a job."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def debugging() -> bool:
    """Tell whether the user asked for tracebacks."""
    return os.environ.get(DEBUG, "") not in ("", "0")


def _invoke(given: list[str]) -> int:
    from pixrestore.cli.app import build_app

    try:
        result = build_app()(given, prog_name="pixrestore", standalone_mode=False)
    except SystemExit as error:  # typer's own answer to a reader that has left
        if isinstance(error.__context__, BrokenPipeError):
            raise error.__context__ from None
        raise
    if result == INTERRUPTED:
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def _explain(error: Exception) -> int:
    """Print one line about an error; return its exit code."""
    if isinstance(error, PixrestoreError):
        return say(str(error), error.exit_code)
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # typer's usage errors
        return say(_usage(error), UsageError.exit_code)
    if isinstance(error, MemoryError):
        return say("out of memory", OutOfMemoryError.exit_code)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return say(f"{where}{error.strerror}", OutputError.exit_code)
    hint = "" if debugging() else f"; {DEBUG}=1 shows where"
    text = f"{type(error).__name__}: {error}"
    culprit = _plugin_behind(error)
    if culprit:
        return say(f"plugin {culprit} failed: {text}{hint}", BUG)
    return say(f"this is a bug in pixrestore, please report it: {text}{hint}", BUG)


def _usage(error: Any) -> str:
    message = str(error.format_message()).rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else messages.command_path()
    return f"{message} (see {command} --help)"


def _plugin_behind(error: Exception) -> str:
    """Return the title of the plugin in whose code an error arose, if any."""
    from pixrestore.plugins.loading import load_plugins

    frames = [
        frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
    packages = {name.partition(".")[0] for name in frames}
    for plugin in load_plugins().plugins:
        package = plugin.module.partition(":")[0].partition(".")[0]
        if not plugin.builtin and package in packages:
            return plugin.title
    return ""


def _close_quietly() -> int:
    """Leave without a word: whoever read our output has enough."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return 0


def _show_warnings_in_one_line() -> None:
    """Show what users should know, and leave out what is meant for developers."""
    if sys.warnoptions or debugging():
        return
    for category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ResourceWarning):
        warnings.simplefilter("ignore", category)

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        say(f"warning: {message}")

    warnings.showwarning = show


class _OneLine(logging.Handler):
    """Show what the library logs as the command line shows everything else."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line."""
        say(record.getMessage())


def _show_log() -> None:
    logger = logging.getLogger("pixrestore")
    if not logger.handlers:
        logger.addHandler(_OneLine(logging.WARNING))
