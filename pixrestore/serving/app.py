"""The server as an application of FastAPI."""

from __future__ import annotations

from fastapi import FastAPI

from pixrestore import __version__
from pixrestore.serving.restorers import Restorers
from pixrestore.serving.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application that serves photos, and the page where it is wanted.

    ``app.state.restorers`` is a `Restorers`, which page and API share.

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
    app = FastAPI(title="pixrestore", version=__version__, docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.state.restorers = Restorers(settings.models, settings.engine)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """Say that the server is there."""
        return {"status": "ok"}

    if settings.page:
        from pixrestore.serving.page import mount_page

        mount_page(app, settings)
    return app
