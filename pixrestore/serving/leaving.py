"""Ending what never ends by itself: the streams of events that pages keep open."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Leaving:
    """Tells the application, once the server leaves, that all who still listen have gone.

    Streams then end as they do when a browser closes, and not by being cut off.

    Parameters
    ----------
    app : ASGI application
    leaves : asyncio.Event
        Set when the server leaves.
    """

    def __init__(self, app: ASGIApp, leaves: asyncio.Event) -> None:
        self._app = app
        self._leaves = leaves

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes, until the server leaves."""

        async def received() -> Message:
            comes = asyncio.ensure_future(receive())
            leaves = asyncio.ensure_future(self._leaves.wait())
            try:
                await asyncio.wait({comes, leaves}, return_when=asyncio.FIRST_COMPLETED)
                return comes.result() if comes.done() else {"type": "http.disconnect"}
            finally:
                comes.cancel()
                leaves.cancel()

        await self._app(scope, received if scope["type"] == "http" else receive, send)
