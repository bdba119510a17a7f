"""The work of a server: a few places for those who ask, and fewer threads that work."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

_Result = TypeVar("_Result")

# How much the last piece of work counts in the mean by which those turned away are told to wait.
_WEIGHT = 0.2
_LONGEST_WAIT = 60


class BusyError(Exception):
    """There is no place left, or the server is about to stop.

    Attributes
    ----------
    seconds : int
        After how long it may be worth asking again.
    """

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class GoneError(Exception):
    """Who asked has left before the work began."""


class Work:
    """Places for requests, and threads that work for some of them.

    A request takes a place before its body is read, so that bodies in memory are as few as the
    places. Whoever has a place is answered, also when the server is told to stop. The page takes
    no places, but its work is done by the same threads.

    Parameters
    ----------
    jobs : int
        Threads, each of which works on one photo at a time.
    queue : int
        Places for requests that wait or send their body, besides those that are worked for.
    """

    def __init__(self, jobs: int, queue: int) -> None:
        self._jobs = jobs
        self._places = jobs + queue
        self._turn = asyncio.Semaphore(jobs)
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="pixrestore-work")
        self._counting = threading.Lock()
        self._mean = 1.0
        self._closed = False
        self.taken = 0
        self.working = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for as long as the block lasts; a `BusyError` where there is none."""
        if self._closed:
            raise BusyError("the server is about to stop", self._wait())
        if self.taken >= self._places:
            raise BusyError("there are too many photos already: try again later", self._wait())
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    async def do(
        self,
        function: Callable[..., _Result],
        *arguments: object,
        left: Callable[[], Awaitable[bool]] | None = None,
    ) -> _Result:
        """Call a function in a thread of the server's, first come, first served.

        Parameters
        ----------
        function : callable
            What is to be done; it must not touch the event loop.
        *arguments
            What it is called with.
        left : callable, optional
            Tells, when the work's turn has come, whether who asked has left. A `GoneError` is
            raised then, and nothing is done.
        """
        async with self._turn:
            if left is not None and await left():
                raise GoneError
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._counted, function, *arguments)

    def call(self, function: Callable[..., _Result], *arguments: object) -> _Result:
        """Do the same for who waits in a thread that is not the event loop's, as the page does.

        The function sees the context variables of who asks.
        """
        context = copy_context()
        return self._threads.submit(self._counted, context.run, function, *arguments).result()

    def _counted(self, function: Callable[..., _Result], *arguments: object) -> _Result:
        """Do a piece of work in the thread that is at hand, and count it."""
        start = time.monotonic()
        with self._counting:
            self.working += 1
        try:
            return function(*arguments)
        finally:
            with self._counting:
                self.working -= 1
                self._mean += _WEIGHT * (time.monotonic() - start - self._mean)

    def close(self) -> None:
        """Give no more places."""
        self._closed = True

    def _wait(self) -> int:
        """Return after how many seconds half of those who wait will have been answered."""
        seconds = self._mean * self.taken / self._jobs / 2
        return max(1, min(_LONGEST_WAIT, math.ceil(seconds)))
