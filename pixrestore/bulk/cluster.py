"""Batches on Ray: a local one, or a cluster that others have started."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import ray
import ray.data
from ray.exceptions import RayError

from pixrestore.bulk.batches import restore_batch
from pixrestore.bulk.rows import Columns, Row, columns_of, failure, rows_of
from pixrestore.errors import PixrestoreError

Pair = tuple[str, str]

# A worker has a batch at hand while it does another, and no more: nothing piles up.
_AT_HAND = 2


class Worker:
    """What one process of the cluster does; it loads the model once.

    Parameters
    ----------
    settings : Mapping
        Those of `restore_batch`.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    def __call__(self, batch: Mapping[str, Any]) -> Columns:
        """Restore a batch; an error that all batches would meet becomes rows that say so."""
        try:
            return restore_batch(batch, **self._settings)
        except Exception as error:
            if not isinstance(error, PixrestoreError):
                error = PixrestoreError(f"{type(error).__name__}: {error}")
            pairs = zip(batch["input"], batch["output"], strict=True)
            return columns_of([failure(*pair, error, stopping=True) for pair in pairs])


@contextlib.contextmanager
def joined(address: str | None) -> Iterator[int]:
    """Join a cluster, or start a local one; yield how many processors it has.

    A Ray that this process has joined already is used, and stays.

    Raises
    ------
    PixrestoreError
        There is no cluster at `address`.
    """
    ours = not ray.is_initialized()
    if ours:
        _join(address)
    level = logging.getLogger("ray.data").level
    # It shows tracebacks of lost workers, whose photos are tried again.
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    try:
        yield int(ray.cluster_resources().get("CPU", 1))
    finally:
        logging.getLogger("ray.data").setLevel(level)
        if ours:
            ray.shutdown()


def _join(address: str | None) -> None:
    # Nobody has been asked whether Ray may report that it is used.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # It prints remarks for its own developers otherwise.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    own = threading.current_thread() is threading.main_thread()
    asked = signal.getsignal(signal.SIGTERM) if own else None
    try:
        with _no_errors_printed():
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError, RayError) as error:
        first = str(error).strip().partition("\n")[0]
        raise PixrestoreError(f"cannot join Ray: {first}") from error
    finally:
        if asked is not None:  # Ray takes it
            signal.signal(signal.SIGTERM, asked)


@contextlib.contextmanager
def _no_errors_printed() -> Iterator[None]:
    """Leave out what Ray's own library prints while it starts, past Python's streams."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def restored(
    pairs: Sequence[Pair],
    settings: Mapping[str, Any],
    *,
    workers: int,
    size: int,
    retries: int,
) -> Iterator[list[Row]]:
    """Restore photos in batches, and yield what became of those of each.

    Parameters
    ----------
    pairs : sequence of tuple
        Paths of photos and of their results.
    settings : Mapping
        Those of `restore_batch`.
    workers : int
        Processes, of a processor each.
    size : int
        Photos of a batch.
    retries : int
        How often a batch is given to another worker when its own is lost.

    Yields
    ------
    list of Row
        Batches that were lost each time are missing.

    Raises
    ------
    PixrestoreError
        Ray cannot go on.
    """
    tables = [
        pa.table({"input": sources, "output": results})
        for sources, results in (
            zip(*pairs[start : start + size], strict=True) for start in range(0, len(pairs), size)
        )
    ]
    photos = ray.data.from_arrow(tables)
    photos.context.enable_progress_bars = False
    photos.context.max_errored_blocks = -1  # a lost batch does not end the job
    with warnings.catch_warnings():
        # Without a limit a photo that ends each worker would be tried for ever.
        warnings.filterwarnings("ignore", message="`ray_remote_args` is deprecated")
        rows = photos.map_batches(
            Worker,
            fn_constructor_args=[dict(settings)],
            batch_size=None,
            batch_format="numpy",
            num_cpus=1,
            compute=ray.data.ActorPoolStrategy(
                size=min(workers, len(tables)), max_tasks_in_flight_per_actor=_AT_HAND
            ),
            max_task_retries=retries,
        )
    try:
        for table in rows.iter_batches(batch_size=None, batch_format="pyarrow"):
            yield rows_of(table.to_pydict())
    except RayError as error:
        first = str(error).strip().partition("\n")[0]
        raise PixrestoreError(f"Ray cannot go on: {first}") from error
