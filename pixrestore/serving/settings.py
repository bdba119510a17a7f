"""What a server is told when it starts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pixrestore.engines import Engine
from pixrestore.errors import UsageError

LOCAL = "127.0.0.1"
PORT = 7860


@dataclass(frozen=True)
class Settings:
    """What a server is told when it starts.

    Attributes
    ----------
    host : str
        Address on which it listens; this machine only by default.
    port : int
        Port on which it listens; 0 takes any that is free.
    token : str
        What clients must know; empty where nobody is asked for it.
    page : bool
        Offer the page for people at ``/``.
    hosts : tuple of str
        Names by which browsers reach the server, besides ``localhost`` and any address.
    models : tuple of str
        Model folders or names of installed models, each to be used for its task; a task's own by
        default.
    engine : {"auto", "onnx", "keras"}
        Engine that runs the networks.
    max_bytes : int
        Largest body of a request.
    max_megapixels : float
        Largest photo, and largest result, in millions of pixels.
    queue : int
        Requests that wait or send their photo while others are worked on; more are turned away.
    jobs : int
        Photos that are worked on at a time.

    Raises
    ------
    UsageError
        The token cannot be sent, or a limit is no number.
    """

    host: str = LOCAL
    port: int = PORT
    token: str = ""
    page: bool = True
    hosts: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    engine: Engine = "auto"
    max_bytes: int = 64_000_000
    max_megapixels: float = 60.0
    queue: int = 8
    jobs: int = 1

    def __post_init__(self) -> None:
        # A token travels in headers, cookies and addresses.
        if not (self.token.isascii() and self.token.isprintable()) or " " in self.token:
            raise UsageError("`token` must be of ASCII characters without spaces")
        if not 0 < self.max_megapixels < math.inf:
            raise UsageError(f"`max_megapixels` must be a number, not {self.max_megapixels}")

    @property
    def max_pixels(self) -> int:
        """Largest photo, and largest result, in pixels."""
        return math.floor(self.max_megapixels * 1_000_000)
