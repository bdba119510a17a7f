"""Altered files of every kind that is read."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from torture.reader import Ended, case, serve
from torture.tally import Tally

SECONDS = 600.0
"""A file that takes longer is taken for one that never ends, however busy the machine is."""

CPU = 60.0
"""Seconds of a processor that a file of some tens of kilobytes may take."""

MEMORY = 1_500_000_000
"""Bytes that a file of some tens of kilobytes may take."""

KIND = "altered files"


def fuzz(tally: Tally, count: int, *, first: int = 0, jobs: int = 1) -> None:
    """Read and restore `count` altered files, from number `first` on, in `jobs` processes."""
    numbers, lock = iter(range(first, first + count)), Lock()

    def following() -> int | None:
        with lock:
            return next(numbers, None)

    def work() -> None:
        for number, ended in _ended(tally.seed, following):
            _count(tally, number, ended)

    with ThreadPoolExecutor(jobs) as pool:
        for worker in [pool.submit(work) for _ in range(jobs)]:
            worker.result()


def _count(tally: Tally, number: int, ended: Ended) -> None:
    name, content = case(tally.seed, number)
    if ended.peak > MEMORY:
        ended.faults.append(f"{ended.peak / 1e6:.0f} MB for a file of {len(content)} bytes")
    if ended.cpu > CPU:
        ended.faults.append(f"{ended.cpu:.0f} s of a processor for {len(content)} bytes")
    tally.count(KIND, name, ended.outcome, ended.faults, content=content, peak=ended.peak)


def _ended(seed: int, following: Callable[[], int | None]) -> Iterator[tuple[int, Ended]]:
    """Try case after case in a process, and in a new one where that dies or hangs."""
    context = multiprocessing.get_context("spawn")
    number = following()
    while number is not None:
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, seed), daemon=True)
        process.start()
        theirs.close()
        try:
            while number is not None:
                ours.send(number)
                if not ours.poll(SECONDS):
                    process.kill()
                    yield number, Ended("hung", [f"not done after {SECONDS:g} s"])
                    break
                yield number, ours.recv()
                number = following()
            else:
                ours.send(None)
        except (EOFError, ConnectionError):
            process.join()
            yield number, Ended("crashed", [f"the process died: {process.exitcode}"])
        process.join()
        if number is not None:
            number = following()
