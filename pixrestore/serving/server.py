"""The server's process: its socket, its start and its end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import uvicorn

from pixrestore.errors import OutputError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from pixrestore.serving.settings import Settings

_WAITING = 128
# After the last photo is answered: for last bytes on their way.
_LAST_SECONDS = 5
_ENDING = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]


def listening_socket(settings: Settings) -> socket.socket:
    """Open the socket on which the server will listen.

    Raises
    ------
    OutputError
        The port is taken, or the address is none of this machine's.
    """
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address, family=family, backlog=_WAITING)
    except OSError as error:
        why = error.strerror or error
        raise OutputError(f"cannot listen on {host}, `port` {port}: {why}") from error


def address_of(listening: socket.socket) -> str:
    """Return where people on this machine reach a listening socket."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: FastAPI, listening: socket.socket, started: Callable[[], None]) -> bool:
    """Serve until the process is told to end, and answer what was accepted until then.

    Parameters
    ----------
    app : fastapi.FastAPI
        From `create_app`.
    listening : socket.socket
        From `listening_socket`.
    started : callable
        Called once requests are answered.

    Returns
    -------
    bool
        False where a second Ctrl-C ended it before all was answered.
    """
    config = uvicorn.Config(
        app,
        log_config=None,  # what goes wrong is logged as the library logs
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who may speak for others is not known here
        timeout_graceful_shutdown=_LAST_SECONDS,
    )
    server = _Server(config, app, started)
    server.run(sockets=[listening])
    return not server.force_exit


class _Server(uvicorn.Server):
    """A server that ends once all that was accepted is answered."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._work = app.state.work
        self._metrics = app.state.metrics
        self._leaves = app.state.leaves
        self._tell_started = started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End by a signal as asked for, which is no failure of the program."""
        before = {
            one: signal.signal(one, self.handle_exit)
            for one in _ENDING
            if signal.getsignal(one) is not signal.SIG_IGN  # as under nohup
        }
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody else in, answer whoever is there, and end."""
        for server in self.servers:
            server.close()
        self._work.close()
        while (self._work.taken or self._metrics.answering) and not self.force_exit:
            await asyncio.sleep(0.05)
        self._leaves.set()
        await super().shutdown(sockets)
