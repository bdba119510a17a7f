"""The server as an application of FastAPI."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from pixrestore import __version__
from pixrestore.serving.access import Access
from pixrestore.serving.api import api_of
from pixrestore.serving.body import BodyLimit
from pixrestore.serving.leaving import Leaving
from pixrestore.serving.metrics import Counted, Metrics
from pixrestore.serving.reference import POLICY, reference_page
from pixrestore.serving.restorers import Restorers
from pixrestore.serving.settings import Settings
from pixrestore.serving.work import Work

_ABOUT = "Restores photos: send one, and get it back mended."


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application that serves photos to programs, and the page where it is wanted.

    Its ``state`` has what page and API share: ``settings``; ``restorers``, a `Restorers`; and
    ``work``, a `Work`; and ``leaves``, an event to set when the server leaves.

    Parameters
    ----------
    settings : Settings, optional
        What the server is told; by default as `pixrestore serve` without options.

    Returns
    -------
    fastapi.FastAPI

    Raises
    ------
    UnknownNameError, ModelError
        A model of the settings does not exist or is damaged.
    """
    settings = settings or Settings()
    # Pages of documentation that FastAPI makes load scripts from another host.
    app = FastAPI(
        title="pixrestore", version=__version__, description=_ABOUT, docs_url=None, redoc_url=None
    )
    app.state.settings = settings
    app.state.restorers = Restorers(settings.models, settings.engine)
    app.state.work = Work(settings.jobs, settings.queue)
    app.state.metrics = Metrics(app.state.work)
    app.state.leaves = asyncio.Event()
    app.include_router(api_of(app.state.restorers))
    app.add_api_route("/healthz", _healthz, summary="Say that the server is there")
    app.add_api_route("/metrics", _metrics, summary="Counts, as Prometheus reads them")
    app.add_api_route("/docs", _docs, include_in_schema=False)
    # The last that is added is asked first.
    app.add_middleware(BodyLimit, most=settings.max_bytes)
    app.add_middleware(Access, settings=settings)
    app.add_middleware(Counted, metrics=app.state.metrics)
    app.add_middleware(Leaving, leaves=app.state.leaves)
    if settings.page:
        from pixrestore.serving.page import mount_page

        mount_page(app, settings)
    return app


async def _healthz() -> dict[str, str]:
    """Say that the server is there. It needs no token."""
    return {"status": "ok"}


async def _metrics(request: Request) -> Response:
    """Count requests by path and status, photos by task, seconds and memory."""
    text = request.app.state.metrics.text()
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _docs(request: Request) -> Response:
    address = str(request.base_url).rstrip("/")
    page = reference_page(request.app.openapi(), address)
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})
