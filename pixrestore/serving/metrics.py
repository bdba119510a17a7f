"""What a server counts, in the form that Prometheus reads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pixrestore.serving.work import Work

API = "/api/"
# Bounded, as each label is a time series: what else is asked for is counted together.
_PATHS = ("/api/restore", "/api/inspect", "/api/tasks", "/healthz", "/metrics", "/docs")
_METHODS = ("GET", "POST", "HEAD")
_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)


class Metrics:
    """The counts of one server.

    Parameters
    ----------
    work : Work
        Whose places and work are shown.
    """

    def __init__(self, work: Work) -> None:
        own = self._registry = CollectorRegistry()
        ProcessCollector(registry=own)
        labels = ["path", "method", "status"]
        self._requests = Counter(
            "pixrestore_requests", "Requests that were answered.", labels, registry=own
        )
        self._seconds = Histogram(
            "pixrestore_request_seconds",
            "From the first word of a request to the last of its answer.",
            ["path"],
            registry=own,
            buckets=_SECONDS,
        )
        self.photos = Counter(
            "pixrestore_photos", "Photos that were restored.", ["task"], registry=own
        )
        places = Gauge("pixrestore_places_taken", "Requests that have a place.", registry=own)
        places.set_function(lambda: work.taken)
        working = Gauge(
            "pixrestore_working", "Requests that are worked for, the page's too.", registry=own
        )
        working.set_function(lambda: work.working)
        self.answering = 0

    def text(self) -> bytes:
        """Return the counts as they are."""
        return generate_latest(self._registry)

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request."""
        path = scope["path"] if scope["path"] in _PATHS else "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._requests.labels(path, method, str(status)).inc()
        self._seconds.labels(path).observe(seconds)


class Counted:
    """Counts requests, and those to the API that have not been answered to the last byte.

    Parameters
    ----------
    app : ASGI application
    metrics : Metrics
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request once its answer has been sent."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, start = 500, time.monotonic()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        held = scope["path"].startswith(API)
        self._metrics.answering += held
        try:
            await self._app(scope, receive, noted)
        finally:
            self._metrics.answering -= held
            self._metrics.count(scope, status, time.monotonic() - start)
