"""A server with the page in a process of its own, and a browser that uses it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE = 180  # seconds: machines that run tests may be slow and busy

_SERVER = """
import sys, uvicorn
from pixrestore.serving.app import create_app
from pixrestore.serving.settings import Settings
port = int(sys.argv[1])
uvicorn.run(create_app(Settings(port=port)), port=port, log_level="error")
"""


def chromium() -> str | None:
    """Return the Chromium of this system, or the one that Playwright has installed."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        with sync_playwright() as playwright:
            own = playwright.chromium.executable_path
        found = own if Path(own).exists() else None
    return found


@contextlib.contextmanager
def served(folder: Path, plugins: Sequence[str] = ()) -> Iterator[str]:
    """Serve the page with plugins of this repository; temporary files lie in `folder`/tmp."""
    temporary = folder / "tmp"
    temporary.mkdir(parents=True)
    paths = [str(REPOSITORY), str(folder)]
    for plugin in plugins:
        _install(plugin, folder)
        paths.append(str(REPOSITORY / "plugins" / f"pixrestore-{plugin}"))
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PIXRESTORE_PLUGINS": ",".join(plugins),
        "TMPDIR": str(temporary),
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", _SERVER, str(port)]
    server = subprocess.Popen(command, env=environment, cwd=folder)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/healthz", server)
        yield address
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def _install(plugin: str, folder: Path) -> None:
    """Put what pip would leave of a plugin into `folder`."""
    info = folder / f"pixrestore_{plugin}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: pixrestore-{plugin}\nVersion: 0.1.0\n"
    )
    (info / "entry_points.txt").write_text(f"[pixrestore]\n{plugin} = pixrestore_{plugin}\n")


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    late = time.monotonic() + _PATIENCE
    while time.monotonic() < late:
        assert server.poll() is None, "the server has ended"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.5)
    raise AssertionError("the server does not answer")
