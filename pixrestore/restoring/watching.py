"""Folders that fill: what arrives in them is restored once it is complete."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pixrestore.errors import UsageError
from pixrestore.files import printable
from pixrestore.restoring.arrivals import Arrivals
from pixrestore.restoring.files import restore_files
from pixrestore.restoring.inputs import RestoresPhotos
from pixrestore.restoring.planning import target_of
from pixrestore.restoring.results import FileResult, Summary

_EXTRA = "pixrestore[watch]"

_TICK_MS = 500
# Between looks: at least this long, and ten times as long as one takes, since folders may be huge.
_LOOK_SECONDS = 0.5
_LOOK_SHARE = 10.0
# Disks of other machines tell of no changes.
_IDLE_LOOK_SECONDS = 20.0


def watch_folders(
    folders: Sequence[Path | str],
    output: Path | str | None,
    restorer: RestoresPhotos,
    *,
    report: Callable[[FileResult], None] | None = None,
    planned: Callable[[int], None] | None = None,
    options: Mapping[str, Any] | None = None,
    stop: threading.Event | None = None,
    **handling: Any,
) -> Summary:
    """Restore the photos in folders, and those that arrive, until a request to stop.

    A photo is restored once it is complete: nobody writes into it, and it has not changed for a
    second. Where the system does not tell who writes, it must not have changed for five seconds.
    A photo that failed, or with ``overwrite`` any photo, is restored again when it changes.

    Parameters
    ----------
    folders : sequence of paths
        Folders, which are watched with those below them.
    output, restorer, report, planned, options, **handling
        As in `restore_files`; `planned` is called whenever photos have arrived.
    stop : threading.Event, optional
        Ends it when it is set, as Ctrl-C and ``kill`` do, which raise no `KeyboardInterrupt` here.

    Returns
    -------
    Summary

    Raises
    ------
    UsageError
        watchfiles is not installed, an input is no folder, or damaged photos are asked for, of
        which those that are still being copied cannot be told.
    PhotoError
        A folder is gone.
    OutputError
        Nothing more can be written, as on a full disk.
    """
    places = [Path(folder) for folder in folders]
    _refuse(places, handling)
    summary = Summary()

    def done(result: FileResult) -> None:
        summary.results.append(result)
        if report is not None:
            report(result)

    def restore(arrived: Sequence[Path]) -> None:
        how: dict[str, Any] = {
            "report": done,
            "planned": planned if arrived else None,
            "options": options,
        }
        only = frozenset(arrived).__contains__
        summary.unread = restore_files(
            places, output, restorer, only=only, **how, **handling
        ).unread

    try:
        restore([])  # what is wrong with the options is told before any photo arrives
        target = None if output is None else Path(output)
        parts = [(place, target_of(place, target, restorer.label)) for place in places]
        for arrived in _rounds(Arrivals(parts), places, stop):
            restore(arrived)
    except KeyboardInterrupt:
        pass
    return summary


def _refuse(places: Sequence[Path], handling: Mapping[str, Any]) -> None:
    if find_spec("watchfiles") is None:
        raise UsageError(f"watching needs watchfiles: pip install '{_EXTRA}'")
    for place in places:
        if not place.is_dir():
            raise UsageError(f"`watch` is for folders, and {printable(place)} is none")
    if handling.get("damaged"):
        raise UsageError("`watch` and `damaged`: a photo that is being copied would look damaged")


def _rounds(arrivals: Arrivals, places: Sequence[Path], stop: threading.Event | None) -> Any:
    """Yield the photos that have become complete, whenever there are some."""
    from watchfiles import watch

    looked, cost, changed = -_IDLE_LOOK_SECONDS, 0.0, True
    ticks = watch(
        *places,
        watch_filter=None,
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        ignore_permission_denied=True,
    )
    for changes in ticks:
        changed = changed or bool(changes)
        idle = time.monotonic() - looked
        due = idle >= max(_LOOK_SECONDS, _LOOK_SHARE * cost) if changed else False
        if due or idle >= _IDLE_LOOK_SECONDS:
            looked, changed = time.monotonic(), False
            arrivals.look()
            cost = time.monotonic() - looked
        if arrived := arrivals.complete():
            yield arrived
