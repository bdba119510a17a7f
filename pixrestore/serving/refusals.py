"""What is answered where something is wrong: a status, and the line that the shell shows."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.exceptions import HTTPException

from pixrestore.errors import (
    OutOfMemoryError,
    OutputError,
    PhotoError,
    PixrestoreError,
    TooLargeError,
    UnknownNameError,
    UsageError,
)
from pixrestore.serving.work import BusyError, GoneError

_log = logging.getLogger("pixrestore")

# The first that fits counts.
_STATUS: tuple[tuple[type[PixrestoreError], int], ...] = (
    (TooLargeError, 413),
    (PhotoError, 422),
    (UsageError, 422),
    (UnknownNameError, 422),
    (OutputError, 422),
    (OutOfMemoryError, 503),
    (PixrestoreError, 500),
)
# Nobody reads it: who asked has left. It is what nginx counts such requests as.
_GONE = 499


@asynccontextmanager
async def refusing() -> AsyncIterator[None]:
    """Turn what goes wrong within the block into an answer."""
    try:
        yield
    except PixrestoreError as error:
        status = next(status for kind, status in _STATUS if isinstance(error, kind))
        raise HTTPException(status, _line(error)) from error
    except BusyError as error:
        raise HTTPException(503, str(error), {"Retry-After": str(error.seconds)}) from error
    except GoneError:
        raise HTTPException(_GONE) from None
    except MemoryError as error:
        raise HTTPException(503, "not enough memory for this photo") from error
    except HTTPException:
        raise
    except Exception as error:  # one request is no reason for a server to stop
        _log.error("this is a bug, please report it: %s: %s", type(error).__name__, error)
        _log.debug("%s", "".join(traceback.format_exception(error)))
        raise HTTPException(500, "this is a bug; the server's log has a line on it") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
