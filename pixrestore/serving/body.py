"""The body of a request: how large it may be, and what it brings."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, UploadFile
from starlette.exceptions import HTTPException

from pixrestore.errors import UsageError
from pixrestore.serving.uploads import files_only

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PHOTO = "photo"
"""The part of a form that is the photo."""

# The page sends the photos of an album in one request.
_ALBUMS = "/gradio_api/upload"

# A body holds one of a few places, so it must not take for ever to arrive.
_SECONDS = 120.0
# For how long a body that is too large is read and forgotten.
_DISCARDING = 5.0
# A photo and four guides, each of which may decode to as much as a photo.
_MOST_FILES = 5
_MOST_TEXTS = 100


class BodyLimit:
    """Refuses bodies of more than `most` bytes: by what they say first, else as they come.

    Uploads of the page may be larger: `files_only` says how they are bounded.

    Parameters
    ----------
    app : ASGI application
    most : int
        Bytes.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what a request brings while it is read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["path"].endswith(_ALBUMS):
            await self._app(scope, files_only(receive, headers.get("content-type", "")), send)
            return
        said = headers.get("content-length", "")
        claimed = int(said) if said.isdecimal() else 0
        asks_first = headers.get("expect", "").lower() == "100-continue"
        came = 0

        async def counted() -> Message:
            nonlocal came
            if claimed > self._most and asks_first:
                raise self._error()
            message = await receive()
            came += len(message.get("body", b""))
            if max(claimed, came) > self._most:
                await _discard(receive, message)
                raise self._error()
            return message

        await self._app(scope, counted, send)

    def _error(self) -> HTTPException:
        return HTTPException(413, f"a request may have {self._most / 1e6:g} MB at most")


async def _discard(receive: Receive, message: Message) -> None:
    """Let a body pass, so that who sends it reads the answer and not of a broken connection."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DISCARDING):
            while message.get("more_body"):
                message = await receive()


@dataclass(frozen=True)
class Body:
    """What a request brings.

    Attributes
    ----------
    photo : bytes
        The photo's file.
    pictures : list of (str, bytes)
        Other files: guides, by their names.
    texts : list of (str, str)
        Options, and guides that are places, by their names.
    """

    photo: bytes
    pictures: list[tuple[str, bytes]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)


async def read_body(request: Request) -> Body:
    """Read what a request brings: the parts of a form, or else a photo as it is.

    Raises
    ------
    HTTPException
        413 where it is too large, 408 where it does not arrive in time, 400 where it is no form.
    UsageError
        The form has no part, or two, for the photo.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
                return await _form(request)
            # Whatever it calls itself: curl says of any --data that it is a form.
            return Body(await request.body())
    except TimeoutError:
        raise HTTPException(408, f"the photo did not arrive within {_SECONDS:g} seconds") from None


async def _form(request: Request) -> Body:
    photos: list[bytes] = []
    pictures: list[tuple[str, bytes]] = []
    texts: list[tuple[str, str]] = []
    async with request.form(max_files=_MOST_FILES, max_fields=_MOST_TEXTS) as form:
        for name, part in form.multi_items():
            if not isinstance(part, UploadFile):
                texts.append((name, part))
            elif name == PHOTO:
                photos.append(await part.read())
            else:
                pictures.append((name, await part.read()))
    if len(photos) != 1:
        raise UsageError(f"the form must have one file called `{PHOTO}`, not {len(photos)}")
    return Body(photos[0], pictures, texts)
