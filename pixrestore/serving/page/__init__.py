"""The page for people: drop a photo, see what is wrong with it, mend it, take it home."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from pixrestore.serving.page.assets import asset
from pixrestore.serving.page.house import House
from pixrestore.serving.page.offers import Offer, offers_of
from pixrestore.serving.page.privacy import Private
from pixrestore.serving.page.rooms import Rooms, private_folder
from pixrestore.serving.page.texts import LANGUAGES, Words, preferred
from pixrestore.serving.page.visit import Visit

if TYPE_CHECKING:
    from fastapi import FastAPI

    from pixrestore.serving.settings import Settings


def mount_page(app: FastAPI, settings: Settings) -> None:
    """Put the page on an application: at ``/``, which leads to ``/en/`` or ``/zh/``.

    Temporary files lie in one private folder. Those of a page go when it is closed, and all when
    the application stops.

    Parameters
    ----------
    app : fastapi.FastAPI
        Its ``state.restorers`` restore the photos, in the threads of its ``state.work``.
    settings : Settings
        What the server is told.
    """
    rooms = Rooms(private_folder(), Visit)
    house = House(settings, tuple(offers_of(settings)), app.state.restorers, rooms, app.state.work)
    app.add_api_route("/", _start, include_in_schema=False)
    app.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    card = partial(_card, {offer.task: offer for offer in house.offers})
    app.add_api_route("/card/{task}/{model}", card, include_in_schema=False)
    for language in LANGUAGES:
        _mount_one(app, house, Words(language))
    app.add_middleware(Private, languages=LANGUAGES)
    app.router.lifespan_context = _tidied(app.router.lifespan_context, house)


def _mount_one(app: FastAPI, house: House, words: Words) -> None:
    # Gradio asks for these when it is imported and when a component is made.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(house.rooms.folder)
    import gradio

    from pixrestore.serving.page.layout import looks, page_of

    gradio.mount_gradio_app(
        app,
        page_of(house, words),
        f"/{words.language}",
        max_file_size=house.settings.max_bytes,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
        **looks(),
    )


def _tidied(lifespan: Any, house: House) -> Any:
    """Return an application's lifespan at whose end the temporary files go."""

    @asynccontextmanager
    async def tidied(app: FastAPI) -> AsyncIterator[Any]:
        try:
            async with lifespan(app) as state:
                yield state
        finally:
            shutil.rmtree(house.rooms.folder, ignore_errors=True)

    return tidied


async def _start(request: Request) -> Response:
    language = preferred(request.headers.get("accept-language", ""))
    return RedirectResponse(f"{language}/")


async def _icon() -> Response:
    return Response(asset("icon.svg"), media_type="image/svg+xml")


def _card(offers: dict[str, Offer], task: str, model: str) -> Response:
    """Return the text of a model's card."""
    models = offers[task].models if task in offers else {}
    folder = models.get("" if model == "-" else model)
    path = folder and folder / "README.md"
    if not path or not path.is_file():
        return PlainTextResponse("there is no such card\n", 404)
    return PlainTextResponse(path.read_text(encoding="utf-8"))
