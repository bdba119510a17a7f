"""Load the server on loopback, and set it beside the plain library in one process.

    python benchmarks/serving.py                    # all, some minutes on two processors
    python benchmarks/serving.py --photos 12 --tiny 500
    python benchmarks/serving.py --jobs 2           # two photos at a time
    python benchmarks/serving.py --batches          # whether photos of one size gain by a batch

Requests arrive evenly at 1 and at 5 times the rate at which the plain library restores the photo.
Every request must be answered: with a photo, or with 503 and when to come back. Clients share the
processors with the server.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import io
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from speed.machine import description
from speed.measuring import PIXRESTORE

import pixrestore

SAMPLES = Path(pixrestore.__file__).parent / "samples"
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP")


@dataclass(frozen=True)
class Answer:
    """Status of an answer, 0 where none came, and the seconds that it took."""

    status: int
    seconds: float


class Server:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self._netloc = urlsplit(address).netloc

    def post(self, path: str, content: bytes) -> Answer:
        """Send a photo on a connection of its own, as strangers do."""
        start = time.perf_counter()
        try:
            status, _ = self._ask("POST", path, content)
        except OSError:
            status = 0
        return Answer(status, time.perf_counter() - start)

    def memory(self) -> float:
        """Return its resident memory in MB."""
        text = self._ask("GET", "/metrics")[1].decode()
        return float(re.search(r"^process_resident_memory_bytes (\S+)", text, re.M)[1]) / 1e6

    def _ask(self, method: str, path: str, content: bytes | None = None) -> tuple[int, bytes]:
        with contextlib.closing(http.client.HTTPConnection(self._netloc, timeout=300)) as asked:
            asked.request(method, path, content)
            answer = asked.getresponse()
            return answer.status, answer.read()


@contextlib.contextmanager
def server(*words: str) -> Iterator[Server]:
    command = [*PIXRESTORE, "serve", "--no-page", "--port", "0", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        told = re.match(r"serving at (\S+)", process.stdout.readline())
        if told is None:
            sys.exit("the server does not start")
        yield Server(process, told[1])
    finally:
        process.terminate()
        process.wait()


def saved(pixels: np.ndarray, format: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format)
    return stream.getvalue()


def photo(width: int, height: int) -> bytes:
    """Return a noisy JPEG of that size."""
    with Image.open(SAMPLES / "rocket.jpg") as image:
        pixels = np.asarray(image.convert("RGB").resize((width, height)), float)
    noisy = pixels + np.random.default_rng(0).normal(0, 20, pixels.shape)
    return saved(np.clip(noisy, 0, 255).astype(np.uint8), "JPEG")


def plainly(task: str, content: bytes, photos: int) -> list[Answer]:
    """Restore photos one after the other with the library alone."""
    answers = []
    for _ in range(photos + 1):
        start = time.perf_counter()
        pixrestore.restore(content, task)
        answers.append(Answer(200, time.perf_counter() - start))
    return answers[1:]  # the first one loads the model


def evenly(ask: Callable[[], Answer], rate: float, count: int) -> tuple[list[Answer], float]:
    """Ask `count` times at an even rate, whether or not answers have come; also the seconds."""
    pause = threading.Event()
    start = time.perf_counter()
    with ThreadPoolExecutor(count) as clients:
        asked = []
        for number in range(count):
            pause.wait(max(0.0, start + number / rate - time.perf_counter()))
            asked.append(clients.submit(ask))
        answers = [one.result() for one in asked]
    return answers, time.perf_counter() - start


def row(what: str, answers: Sequence[Answer], seconds: float) -> str:
    """Return a line of the table."""
    good = [answer.seconds for answer in answers if answer.status == 200]
    busy = sum(answer.status == 503 for answer in answers)
    lost = len(answers) - len(good) - busy
    middle, late = np.percentile(good, [50, 99])
    cells = (what, len(answers), f"{len(good) / seconds:.2f}", f"{middle:.2f} s", f"{late:.2f} s")
    return f"| {' | '.join(map(str, (*cells, busy, lost)))} |"


def load(given: argparse.Namespace) -> None:
    """Print photos a second and how long they take, plainly and from the server."""
    content = photo(*given.size)
    path = f"/api/restore?task={given.task}"
    words = ("--jobs", str(given.jobs), "--queue", str(given.queue))
    print("| | requests | photos/s | p50 | p99 | told to come back | lost |")
    print("|---|---|---|---|---|---|---|")
    with server(*words) as asked:
        asked.post(path, content)
        plain = plainly(given.task, content, given.photos)
        spent = sum(answer.seconds for answer in plain)
        print(row("plain library", plain, spent), flush=True)
        rate = len(plain) / spent
        one_by_one = [asked.post(path, content) for _ in range(given.photos)]
        spent = sum(answer.seconds for answer in one_by_one)
        print(row("server, one after the other", one_by_one, spent), flush=True)
        for times in (1, 5):
            count = given.photos * times
            answers, spent = evenly(lambda: asked.post(path, content), rate * times, count)
            print(row(f"server, {times} × that rate", answers, spent), flush=True)


def endurance(given: argparse.Namespace) -> None:
    """Print memory over many tiny requests, and what becomes of hostile ones."""
    tiny = photo(32, 32)
    path = "/api/restore?task=denoise"
    with server() as asked:
        for _ in range(50):
            asked.post(path, tiny)
        memory = {50: asked.memory()}
        start, bad = time.perf_counter(), 0
        for number in range(51, given.tiny + 1):
            bad += asked.post(path, tiny).status != 200
            if number % max(1, given.tiny // 5) == 0:
                memory[number] = asked.memory()
        rate = (given.tiny - 50) / (time.perf_counter() - start)
        shown = ", ".join(f"{value:.0f} MB after {number}" for number, value in memory.items())
        print(f"\ntiny photos: {rate:.0f} a second, {bad} not answered with 200; {shown}")
        statuses: dict[int, int] = {}
        for content in hostile(given.hostile):
            status = asked.post(path, content).status
            statuses[status] = statuses.get(status, 0) + 1
        alive = asked.process.poll() is None and asked.post(path, tiny).status == 200
        shown = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
        print(f"hostile uploads: {shown}; the server {'lives' if alive else 'is dead'}, ", end="")
        print(f"{asked.memory():.0f} MB")


def hostile(count: int) -> Iterator[bytes]:
    """Yield files that were cut short, altered or made up."""
    rng = np.random.default_rng(0)
    with Image.open(SAMPLES / "cat.jpg") as image:
        pixels = np.asarray(image.convert("RGB"))
    files = [saved(pixels, format) for format in FORMATS]
    for number in range(count):
        content = bytearray(files[number % len(files)])
        kind = number // len(files) % 3
        if kind == 0:
            content = content[: int(rng.integers(0, len(content)))]
        elif kind == 1:
            for place in rng.integers(0, min(2000, len(content)), 5):
                content[place] = rng.integers(0, 256)
        else:
            content[64:] = rng.bytes(len(content) - 64)
        yield bytes(content)


def batches(given: argparse.Namespace) -> None:
    """Print what a photo costs a scene task's network, alone and in a batch of one size."""
    restorer = pixrestore.load("colorize")
    seen = np.random.default_rng(0).random((1, 128, 192, 1), np.float32)
    print("| photos in a batch | ms a photo |")
    print("|---|---|")
    sizes = (1, 2, 4, 8)
    times: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(given.photos):
        for size in sizes:
            # A photo and its mirror image are a batch of two already.
            batch = np.repeat(seen, 2 * size, 0)
            start = time.perf_counter()
            restorer.network(batch)
            times[size].append((time.perf_counter() - start) / size)
    for size, taken in times.items():
        print(f"| {size} | {1000 * min(taken[1:]):.1f}, median {1000 * np.median(taken[1:]):.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--task", default="denoise")
    parser.add_argument("--size", type=int, nargs=2, default=(768, 512), metavar=("W", "H"))
    parser.add_argument("--photos", type=int, default=40, help="photos of each measurement")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--queue", type=int, default=8)
    parser.add_argument("--tiny", type=int, default=5000, help="tiny requests; 0 for none")
    parser.add_argument("--hostile", type=int, default=300, help="hostile uploads")
    parser.add_argument("--batches", action="store_true", help="measure batches, and nothing else")
    given = parser.parse_args()
    print(description(), end="\n\n", flush=True)
    if given.batches:
        batches(given)
        return
    load(given)
    if given.tiny > 50:
        endurance(given)


if __name__ == "__main__":
    main()
