"""Nothing leaves the machine: what the page may load, and what it says about itself."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Gradio makes functions of text and loads workers from memory; nothing comes from other hosts.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    b"content-security-policy": _POLICY.encode(),
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
# What Gradio's page says about Gradio to those who share links to it.
_SHARING = re.compile(rb"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>")
_LOCALES = {b"en": b"en", b"zh": b"zh-CN"}
# Gradio's own texts follow the browser's languages; here they follow the page.
_SPEAKS = b"""<script>
for (const [name, value] of Object.entries({ language: "%b", languages: ["%b"] }))
  Object.defineProperty(navigator, name, { get: () => value });
</script>"""


class Private:
    """Middleware: the pages load nothing from other hosts, whatever they are made of.

    Parameters
    ----------
    app : ASGI application
    languages : collection of str
        Languages of the pages; each is the first part of its page's path.
    """

    def __init__(self, app: App, languages: Collection[str]) -> None:
        self._app = app
        self._languages = languages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, that for a page with what keeps it private."""
        language = scope.get("path", "").split("/")[1:2]
        if scope["type"] == "http" and language and language[0] in self._languages:
            send = _Sender(send, language[0].encode()).send
        await self._app(scope, receive, send)


class _Sender:
    """Sends one response on, its headers completed, and a page's text changed."""

    def __init__(self, send: Send, language: bytes) -> None:
        self._send, self._language = send, language
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.lower(): value for name, value in message["headers"]}
            kept = [one for one in message["headers"] if one[0].lower() not in _HEADERS]
            message["headers"] = [*kept, *_HEADERS.items()]
            if headers.get(b"content-type", b"").startswith(b"text/html"):
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            await self._send_page(self._start)
            return
        await self._send(message)

    async def _send_page(self, start: Message) -> None:
        body = _SHARING.sub(b"", self._body)
        body = body.replace(b'lang="en"', b'lang="' + self._language + b'"', 1)
        body = body.replace(b"<head>", b"<head>" + _SPEAKS % ((_LOCALES[self._language],) * 2), 1)
        headers = [one for one in start["headers"] if one[0].lower() != b"content-length"]
        start["headers"] = [*headers, (b"content-length", str(len(body)).encode())]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})
