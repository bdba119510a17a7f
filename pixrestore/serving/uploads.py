"""Uploads of the page, which bring the photos of an album in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.formparsers import MultiPartException

if TYPE_CHECKING:
    from starlette.types import Message, Receive


def files_only(receive: Receive, content_type: str) -> Receive:
    """Return what receives an upload for Gradio, and refuses parts that are no files.

    Gradio limits each file of an upload, and how many there are, and keeps them on the disk. Texts
    it would keep in memory, however long they are.

    Parameters
    ----------
    receive : callable
        Receives the request's body.
    content_type : str
        What the request says its body is.
    """
    form = _Form(content_type)

    async def followed() -> Message:
        message = await receive()
        form.follow(message.get("body", b""))
        return message

    return followed


class _Form:
    """A form as it comes; a `MultiPartException`, which Gradio tells, where a part is no file."""

    def __init__(self, content_type: str) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        self._name = self._value = self._disposition = b""
        self._parser = boundary and MultipartParser(
            boundary,
            {
                "on_header_field": self._on_name,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_part,
            },
        )

    def follow(self, chunk: bytes) -> None:
        if self._parser:
            try:
                self._parser.write(chunk)
            except MultipartParseError:  # Gradio finds the same, and says so
                self._parser = None

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""

    def _on_part(self) -> None:
        if b"filename" not in parse_options_header(self._disposition)[1]:
            raise MultiPartException("an upload may have files only")
        self._disposition = b""
