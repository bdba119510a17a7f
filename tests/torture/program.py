"""The program, run again and again, measured, and killed where that is wanted.

A process that has imported what commands need starts each of them by a fork: that takes a moment in
place of many seconds. Commands may also be started as users start them.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

TESTS = Path(__file__).parents[1]

# What commands import, so that a fork has it: what restores photos, and what trains.
LIGHT = (
    "pixrestore.cli.app, pixrestore.engines.opening, pixrestore.engines.onnx, onnxruntime, "
    "pixrestore.restoring.files, pixrestore.evaluation.measure, pixrestore.evaluation.page, "
    "skimage.metrics, scipy.ndimage, PIL.Image, tifffile, imagecodecs, h5py"
)
HEAVY = f"{LIGHT}, tensorflow, keras, tf2onnx, onnx, pixrestore.training.start"


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, negative where a signal ended it, and what it printed."""

    code: int
    out: str
    err: str
    peak: int = 0
    seconds: float = 0.0

    def faults(self, *codes: int) -> list[str]:
        """Return what is wrong with it, where only these exit codes are right."""
        found = []
        lines = self.err.splitlines()
        if self.code not in codes:
            found.append(f"exit code {self.code}, not {' or '.join(map(str, codes))}: {lines[-3:]}")
        if "Traceback" in self.err + self.out or "Exception ignored" in self.err:
            found.append(f"a traceback: {self.err[-500:]!r}")
        elif self.code > 0 and (not lines or not lines[-1].startswith("pixrestore: ")):
            found.append(f"no line that says why: {lines[-3:]}")
        return found


class Running:
    """A command that is under way."""

    def __init__(self, pid: int, said: Path, wait: Any) -> None:
        self.pid = pid
        self._said, self._wait, self._began = said, wait, time.monotonic()

    def kill(self) -> None:
        """End it without a warning."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds: float = 300) -> Done:
        """Wait for its end, and kill it after `seconds`, which gives the code -9."""
        timer = threading.Timer(seconds, self.kill)
        timer.start()
        try:
            status, peak = self._wait()
        finally:
            timer.cancel()
        took = time.monotonic() - self._began
        texts = [
            self._said.with_suffix(end).read_text(errors="replace") for end in (".out", ".err")
        ]
        return Done(os.waitstatus_to_exitcode(status), *texts, peak, took)


class Program:
    """Starts commands; a context manager.

    Parameters
    ----------
    scratch : Path
        Folder for what commands print.
    modules : str
        What forks have imported; empty to start each command afresh.
    """

    def __init__(self, scratch: Path, modules: str = "") -> None:
        self._scratch, self._count, self._server = scratch, 0, None
        self._environment = {**os.environ, "PIXRESTORE_PLUGINS": "", "PYTHONPATH": str(TESTS)}
        if modules:
            self._server = subprocess.Popen(
                [sys.executable, "-c", f"import {modules}\nimport torture.program as p; p.serve()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=self._environment,
            )

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.communicate()

    def start(self, *words: object, folder: Path, **how: Any) -> Running:
        """Start ``pixrestore WORDS`` in a folder.

        `stdin` and `stdout` name files, and `limit` is the size in bytes of the largest file that
        may be written.
        """
        self._count += 1
        said = self._scratch / f"said-{id(self):x}-{self._count}"
        asked = {
            "words": [str(word) for word in words],
            "folder": str(folder),
            "stdin": str(how.get("stdin", os.devnull)),
            "stdout": str(how.get("stdout", said.with_suffix(".out"))),
            "stderr": str(said.with_suffix(".err")),
            "limit": how.get("limit", 0),
        }
        for end in (".out", ".err"):  # also for what is killed before it could
            said.with_suffix(end).touch()
        return self._forked(asked, said) if self._server else self._fresh(asked, said)

    def run(self, *words: object, folder: Path, seconds: float = 300, **how: Any) -> Done:
        """Run a command to its end."""
        return self.start(*words, folder=folder, **how).wait(seconds)

    def _forked(self, asked: dict[str, Any], said: Path) -> Running:
        server = self._server
        assert server is not None
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        pid = int(server.stdout.readline())
        return Running(pid, said, lambda: json.loads(server.stdout.readline()))

    def _fresh(self, asked: dict[str, Any], said: Path) -> Running:
        with (
            Path(asked["stdin"]).open("rb") as stdin,
            Path(asked["stdout"]).open("wb") as out,
            Path(asked["stderr"]).open("wb") as err,
        ):
            child = subprocess.Popen(
                [sys.executable, "-m", "pixrestore", *asked["words"]],
                cwd=asked["folder"],
                stdin=stdin,
                stdout=out,
                stderr=err,
                env=self._environment,
            )

        def wait() -> tuple[int, int]:
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            return status, used.ru_maxrss * 1024

        return Running(child.pid, said, wait)


def serve() -> None:
    """Fork for each line of standard input, and tell the process's number and how it ended."""
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(asked)
        print(pid, flush=True)
        _, status, used = os.wait4(pid, 0)
        print(json.dumps([status, used.ru_maxrss * 1024]), flush=True)


def _become(asked: dict[str, Any]) -> None:
    """Be the command, as if started by itself; never returns."""
    from pixrestore.cli import main

    code = 70
    writers = [_writer(Path(asked[name]), asked["limit"]) for name in ("stdout", "stderr")]
    try:
        os.chdir(asked["folder"])
        os.dup2(os.open(asked["stdin"], os.O_RDONLY), 0)
        for number, (descriptor, _) in enumerate(writers, 1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
        if asked["limit"]:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (asked["limit"], asked["limit"]))
        sys.argv = ["pixrestore", *asked["words"]]
        code = main(asked["words"])
        sys.stdout.flush()
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for number, (_, process) in enumerate(writers, 1):
            os.close(number)
            if process is not None:
                process.wait()
        os._exit(code)


def _writer(path: Path, limit: int) -> tuple[int, subprocess.Popen[bytes] | None]:
    """Return where to write what goes to a file, through a process if there is to be a limit.

    The limit is for results, and would hold for what is printed to a file as well.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    if not limit:
        return file, None
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file)
    os.close(file)
    assert process.stdin is not None
    descriptor = os.dup(process.stdin.fileno())
    process.stdin.close()
    return descriptor, process
