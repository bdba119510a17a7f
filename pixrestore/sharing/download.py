"""Files from the web, with a bound on their size."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pixrestore.description import MOST_BYTES
from pixrestore.errors import ModelError, UsageError

_SECONDS = 60.0
_CHUNK = 1 << 20
_CAUSES = (
    urllib.error.URLError,
    http.client.HTTPException,
    ConnectionError,
    ssl.SSLError,
    TimeoutError,
    ValueError,
)


def is_address(source: str) -> bool:
    """Tell whether a source is an address on the web."""
    return urlsplit(source).scheme in ("http", "https") and "://" in source


def download(address: str, path: Path, *, trusted: bool) -> None:
    """Download a file.

    Parameters
    ----------
    address : str
        Of https; of http only where `trusted`.
    path : Path
        Where to write it.
    trusted : bool
        A checksum will tell whether it is the right file.

    Raises
    ------
    UsageError
        It is an address of http, or leads to one, and nothing will tell whether it is the right
        file. Or it holds a password.
    ModelError
        It is not there, is too large, or the connection fails.
    """
    _check_scheme(address, trusted)
    if "@" in urlsplit(address).netloc:
        raise UsageError(f"leave user and password out of {public(address)}: they are not sent")
    request = urllib.request.Request(address, headers={"User-Agent": "pixrestore"})
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer, path.open("wb") as file:
            _check_scheme(answer.geturl(), trusted)
            size = 0
            while part := answer.read(_CHUNK):
                size += len(part)
                if size > MOST_BYTES:
                    raise ModelError(
                        f"{public(address)} is refused: it is larger than {MOST_BYTES >> 30} GB"
                    )
                file.write(part)
            if answer.length:  # what it promised and did not send
                raise http.client.IncompleteRead(b"", answer.length)
    except urllib.error.HTTPError as error:
        error.close()
        raise ModelError(f"{public(address)} cannot be downloaded: {error}") from error
    except _CAUSES as error:
        cause = getattr(error, "reason", None) or error
        raise ModelError(f"{public(address)} cannot be downloaded: {cause}") from error


def public(address: str) -> str:
    """Return an address without what may be secret in it: user, password, query."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _check_scheme(address: str, trusted: bool) -> None:
    scheme = urlsplit(address).scheme
    if scheme == "https" or (scheme == "http" and trusted):
        return
    raise UsageError(f"{public(address)} could be altered on its way: give its `sha256`")
