"""The API for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from pixrestore.serving.body import PHOTO, read_body
from pixrestore.serving.catalogue import parameters, tasks_offered
from pixrestore.serving.photos import inspect_body, restore_body
from pixrestore.serving.refusals import refusing

if TYPE_CHECKING:
    from collections.abc import Callable

    from pixrestore.serving.body import Body
    from pixrestore.serving.restorers import Restorers

_NOTES, _TASKS = "X-Pixrestore-Notes", "X-Pixrestore-Tasks"
_ERROR = {
    "content": {
        "application/json": {
            "schema": {"type": "object", "properties": {"detail": {"type": "string"}}}
        }
    }
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    408: {"description": "the photo did not arrive in time", **_ERROR},
    413: {"description": "more bytes or pixels than are allowed; not decoded", **_ERROR},
    422: {"description": "a bad photo, or an option that makes no sense", **_ERROR},
    503: {"description": "busy: ask again after as many seconds as Retry-After says", **_ERROR},
}
_PICTURE = {"type": "string", "format": "binary"}


def api_of(restorers: Restorers) -> APIRouter:
    """Make the API; its description names the tasks and options that are installed now."""
    api = APIRouter(prefix="/api")
    api.add_api_route("/tasks", _tasks, summary="List the tasks")
    api.add_api_route(
        "/inspect",
        _inspect,
        methods=["POST"],
        summary="Say what a photo is, and what seems wrong with it",
        responses=_ERRORS,
        openapi_extra={"requestBody": _described_body({})},
    )
    guides = {g["name"]: g for task in tasks_offered(restorers) for g in task["guides"]}
    pictures = {
        name: {"type": "array", "items": _PICTURE, "description": guide["help"]}
        for name, guide in guides.items()
    }
    api.add_api_route(
        "/restore",
        _restore,
        methods=["POST"],
        response_class=Response,
        summary="Restore a photo; the answer is a file of the same format",
        responses={200: {"content": {"image/*": {"schema": _PICTURE}}}, **_ERRORS},
        openapi_extra={
            "parameters": parameters(restorers),
            "requestBody": _described_body(pictures),
        },
    )
    return api


def _tasks(request: Request) -> list[dict[str, Any]]:
    """List all installed tasks with their options, the ranges of these, and their guides."""
    return tasks_offered(request.app.state.restorers)


async def _inspect(request: Request) -> dict[str, Any]:
    """Say what a photo is, what seems wrong with it, and which tasks would mend it.

    `request` in the answer is the address that does it; it is empty when nothing need be mended.
    """
    most = request.app.state.settings.max_pixels
    found = await _worked(request, lambda body: inspect_body(body, most))
    address = f"/api/restore?{'&'.join(f'task={quote(t)}' for t in found.tasks)}"
    data = {name: value for name, value in found.as_data().items() if name != "photo"}
    return {**data, "request": address if found.tasks else ""}


async def _restore(request: Request) -> Response:
    """Restore a photo by one task, or by several in the order in which they are named.

    The photo is the body, or the part `photo` of a form, whose other parts may be options, and
    guides: pictures of the photo's size, or places such as `120,340=#c03020`. Format, depth,
    profile and metadata are kept.
    """
    state = request.app.state
    said, most = request.query_params.multi_items(), state.settings.max_pixels
    restored = await _worked(request, lambda body: restore_body(body, said, state.restorers, most))
    for task in restored.tasks:
        state.metrics.photos.labels(task).inc()
    headers = {_TASKS: ",".join(restored.tasks), "Cache-Control": "no-store"}
    if restored.notes:
        headers[_NOTES] = "; ".join(restored.notes).encode("ascii", "backslashreplace").decode()
    return Response(restored.content, media_type=restored.media_type, headers=headers)


async def _worked(request: Request, function: Callable[[Body], Any]) -> Any:
    """Take a place, read the body, and do something with it in a thread."""
    work = request.app.state.work
    async with refusing():
        with work.place():
            body = await read_body(request)
            return await work.do(function, body, left=request.is_disconnected)


def _described_body(pictures: dict[str, Any]) -> dict[str, Any]:
    form = {"type": "object", "properties": {PHOTO: _PICTURE, **pictures}, "required": [PHOTO]}
    return {
        "required": True,
        "content": {"image/*": {"schema": _PICTURE}, "multipart/form-data": {"schema": form}},
    }
