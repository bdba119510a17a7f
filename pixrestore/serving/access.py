"""Who may ask: the right host, the right origin, the right token."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import URL
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from pixrestore.serving.settings import Settings

# What only says that the server is there, and so asks for no token.
_OPEN = "/healthz"


class Access:
    """Turns away who may not ask, before anything else looks at a request.

    - A page of another site can reach this server under a name of its own (DNS rebinding). So
      ``Host`` must be an address, ``localhost`` or a name that the settings allow.
    - It can also send requests whose answers it may not read. So ``Origin``, where a browser
      names one, must be the server itself.
    - Where the settings have a token, it comes as ``Authorization: Bearer TOKEN``. Browsers open
      ``/?token=TOKEN`` once, which leaves a cookie.

    Parameters
    ----------
    app : ASGI application
        What answers everybody else.
    settings : Settings
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._token = settings.token.encode()
        self._cookie = f"pixrestore-{settings.port}"  # cookies of all ports of a host are one heap
        names = ("localhost", settings.host, *settings.hosts)
        self._names = {name.lower().rstrip(".") for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that may not be, and hand on all others."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        refusal = self._foreign(asked) or self._stranger(asked)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

    def _foreign(self, asked: HTTPConnection) -> Response | None:
        host = asked.headers.get("host", "")
        if not self._is_ours(host):
            return _refusal(
                400, f"this server does not go by {_shown(host)}: start it with --allow-host"
            )
        origin = asked.headers.get("origin")
        if origin is not None and _netloc(origin) != host.lower():
            return _refusal(403, f"pages of {_shown(origin)} may not use this server")
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name in self._names or _is_address(name)

    def _stranger(self, asked: HTTPConnection) -> Response | None:
        """Return what is answered to who does not know the token, or has just shown it."""
        if not self._token or asked.url.path == _OPEN:
            return None
        scheme, _, said = asked.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._knows(said.strip()):
            return None
        if self._knows(asked.cookies.get(self._cookie, "")):
            return None
        if asked.scope.get("method") == "GET" and self._knows(asked.query_params.get("token", "")):
            return self._welcome(asked)
        text = "a token is needed: send it as `Authorization: Bearer TOKEN`, or open /?token=TOKEN"
        return _refusal(401, text, {"WWW-Authenticate": "Bearer"})

    def _knows(self, said: str) -> bool:
        # Takes as long however much of it is right.
        return hmac.compare_digest(said.encode("utf-8", "surrogateescape"), self._token)

    def _welcome(self, asked: HTTPConnection) -> Response:
        """Let the browser keep the token, and take it out of the address that it shows."""
        rest = [(k, v) for k, v in asked.query_params.multi_items() if k != "token"]
        path = "/" + asked.url.path.lstrip("/")  # never the name of another host
        answer = RedirectResponse(str(URL(path=path, query=urlencode(rest))), 303)
        secure = asked.url.scheme == "https"
        token = self._token.decode()
        answer.set_cookie(self._cookie, token, httponly=True, samesite="lax", secure=secure)
        return answer


def _refusal(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": text}, status, headers)


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _shown(text: str) -> str:
    return ascii(text[:100])
