"""One photo from standard input, or to standard output: ``-`` stands for both."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.addresses import Address, place_of
from pixrestore.errors import OutputError, PhotoError, UsageError
from pixrestore.files import output_error, printable
from pixrestore.storing import format_named, format_of, settled_quality

if TYPE_CHECKING:
    from pixrestore.cli.photo_options import Telling
    from pixrestore.images import Photo
    from pixrestore.restoring.handling import Handling
    from pixrestore.restoring.inputs import RestoresPhotos

STREAM = Path("-")


def streams(inputs: Sequence[Path], out: Path | None) -> bool:
    """Tell whether a photo comes from standard input or goes to standard output.

    Raises
    ------
    UsageError
        One does, and there are several photos, or `out` names no place for one.
    """
    if STREAM not in inputs and out != STREAM:
        return False
    if len(inputs) != 1 or place_of(inputs[0]).is_dir():
        raise UsageError("- stands for one photo, but there are several")
    if out in (None, STREAM):
        if sys.stdout.isatty():
            raise UsageError("a photo would fill the screen: redirect the output, or name `out`")
        return True
    place = None if out is None else place_of(out)
    if place is None or place.is_dir() or format_of(place) is None:
        raise UsageError("a photo from standard input has no name: set `out` to a file, or to -")
    return True


def refuse_elsewhere(path: Path | None, what: str) -> None:
    """Raise a `UsageError` for ``-``, and for an address, where something is no single photo."""
    if path == STREAM:
        raise UsageError(f"{what} cannot be written to standard output: name a place for it")
    if path is not None and isinstance(place := place_of(path), Address):
        raise UsageError(f"{what} cannot be written to {place}: name a place on this machine")


def restore_stream(
    source: Path,
    out: Path | None,
    restorer: RestoresPhotos,
    handling: Handling,
    options: Mapping[str, Any],
    telling: Telling,
) -> int:
    """Restore one photo whose source or result, or both, is a stream."""
    from pixrestore.cli.telling import Teller
    from pixrestore.images import encode_photo, write_photo
    from pixrestore.images.writing import written_format
    from pixrestore.restoring.destinations import Destinations
    from pixrestore.restoring.planning import refuse_other_format

    teller = Teller(telling)
    place = None if out is None or out == STREAM else place_of(out)
    if place is not None:
        refuse_other_format(place, handling.format)
    if place is not None and not handling.overwrite and Destinations().of(place).exists(place):
        teller.stream("skipped", f"standard input: skipped, {printable(place)} exists", out)
        return 0
    # Whatever plugins print must not get into the photo.
    with contextlib.redirect_stdout(sys.stderr):
        restorer.check(options)
        photo = _read(source, handling)
        wanted = format_named(handling.format).pillows if handling.format else None
        format = wanted or written_format(photo) if place is None else format_of(place)
        restorer.refuse_unfit(photo, format or "")
        settled_quality(format or "", handling.quality, lossless=photo.lossless)
        start = time.perf_counter()
        restored = restorer.restore_marked(photo, mark=handling.mark, **options)
        seconds = time.perf_counter() - start
        notes = restored.notes
        if place is not None:
            notes += write_photo(restored, place, handling.quality)
        else:
            data = encode_photo(restored, format, handling.quality)
    for note in notes:
        teller.remark(note)
    if place is not None:
        message = f"standard input -> {printable(place)}"
        teller.stream("restored", message, out, notes, seconds)
    else:
        _write(data)
    return 0


def _read(source: Path, handling: Handling) -> Photo:
    from pixrestore.images import read_photo

    how = {"damaged": handling.damaged, "all_pages": handling.all_pages}
    if source != STREAM:
        return read_photo(source, **how)
    try:
        return read_photo(sys.stdin.buffer.read(), **how)
    except PhotoError as error:
        raise PhotoError(f"standard input: {error}") from error
    except OSError as error:
        raise PhotoError(f"cannot read standard input: {error.strerror}") from error


def _write(data: bytes) -> None:
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:  # the photo did not arrive
        raise OutputError("cannot write to standard output: nobody reads it") from error
    except OSError as error:
        raise output_error(STREAM, error) from error
