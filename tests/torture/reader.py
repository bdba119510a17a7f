"""One altered file: read, restored and written in a process that may not survive it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from pixrestore.errors import OutputError, PhotoError
from pixrestore.geometry import Geometry
from pixrestore.images import Photo, decode_rgb8, read_photo
from pixrestore.inspection import inspect_photo
from pixrestore.restoring.files import restore_files
from pixrestore.restoring.restorer import Restorer
from pixrestore.tasks import Denoise
from torture import photos
from torture.mutations import altered

SMALL = 2_000_000
"""Larger photos are read but not restored, which would only take longer."""


@dataclass
class Ended:
    """How a case ended."""

    outcome: str = ""
    faults: list[str] = field(default_factory=list)
    peak: int = 0
    cpu: float = 0.0


def case(seed: int, number: int) -> tuple[str, bytes]:
    """Return the name and content of an altered file; its name says how it was made."""
    files = photos.files()
    name = list(files)[number % len(files)]
    rng = np.random.default_rng([seed, number])
    content, ways = altered(files[name], rng, list(files.values()))
    return f"{number}-{ways}-{name}", content


def serve(connection: Connection, seed: int) -> None:
    """Try the cases whose numbers come in, one after another."""
    scratch = Path(tempfile.mkdtemp(prefix="torture-"))
    restorers = [
        Restorer(Denoise(), lambda x: x, Geometry(multiple=4, margin=4), adds_colour=adds)
        for adds in (False, True)
    ]
    try:
        while (number := connection.recv()) is not None:
            connection.send(_tried(seed, number, scratch, restorers[number % 2]))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _tried(seed: int, number: int, scratch: Path, restorer: Restorer) -> Ended:
    name, content = case(seed, number)
    path = scratch / "in" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    ended = Ended()
    _forget_peak()
    before, began = _memory("VmRSS"), time.process_time()
    try:
        with warnings.catch_warnings(), _unsaid(scratch / "said", ended):
            warnings.simplefilter("ignore")
            _use(path, restorer, number, ended)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        ended.faults.append(f"{type(error).__name__}: {error} ({where.filename}:{where.lineno})")
    ended.peak = max(0, _memory("VmHWM") - before)
    ended.cpu = time.process_time() - began
    if hashlib.sha256(path.read_bytes()).digest() != hashlib.sha256(content).digest():
        ended.faults.append("the input was changed")
    shutil.rmtree(scratch / "in")
    shutil.rmtree(scratch / "out", ignore_errors=True)
    return ended


def _use(path: Path, restorer: Restorer, number: int, ended: Ended) -> None:
    """Do with a file what users do; anything that is no `PhotoError` is raised."""
    damaged = number % 3 == 0
    photo = _read(path, damaged, ended)
    if number % 2:
        with _refused(ended):
            small = decode_rgb8(path, shorter_side=64)
            if small.dtype != np.uint8 or small.ndim != 3 or small.shape[2] != 3:
                ended.faults.append(f"decode_rgb8 gave {small.dtype} {small.shape}")
    if number % 8 == 1:
        with _refused(ended):
            inspect_photo(path)
    if photo is None or photo.pixels[..., 0].size <= SMALL:
        _restore(path, restorer, damaged, photo, ended)


def _read(path: Path, damaged: bool, ended: Ended) -> Photo | None:
    ended.outcome = "refused"
    with _refused(ended):
        photo = read_photo(path, damaged=damaged)
        ended.outcome = "restored with a note" if photo.notes else "restored"
        pixels = photo.pixels
        if pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
            ended.faults.append(f"pixels of shape {pixels.shape}")
        if pixels.dtype == np.float32 and not (pixels.min() >= 0 and pixels.max() <= 1):
            ended.faults.append("float pixels outside 0 to 1")
        if photo.alpha is not None and photo.alpha.shape != pixels.shape[:2]:
            ended.faults.append(f"alpha of shape {photo.alpha.shape} for {pixels.shape}")
        return photo
    return None


def _restore(
    path: Path, restorer: Restorer, damaged: bool, photo: Photo | None, ended: Ended
) -> None:
    out = path.parent.parent / "out"
    out.mkdir()
    summary = restore_files([path], out, restorer, damaged=damaged, compare=photo is None)
    [result] = summary.results
    if result.status == "failed":
        if not isinstance(result.error, PhotoError | OutputError):
            ended.faults.append(f"restoring failed with {result.error!r}")
        elif photo is not None:
            ended.outcome = "refused when it was to be written"
        if left := list(out.iterdir()):
            ended.faults.append(f"failed, but left {left}")
        return
    if photo is None:
        ended.faults.append("restored, although it cannot be read")
        return
    assert result.result is not None
    made = read_photo(result.result)
    if made.pixels.shape != photo.pixels.shape:
        ended.faults.append(f"the result is {made.pixels.shape}, the photo {photo.pixels.shape}")
    if [path for path in out.rglob("*") if path.name.startswith(".")]:
        ended.faults.append("a hidden file was left")


@contextlib.contextmanager
def _refused(ended: Ended) -> Iterator[None]:
    try:
        yield
    except PhotoError as error:
        text = str(error)
        if len(text.splitlines()) != 1 or len(text) > 1000:
            ended.faults.append(f"a message that is no line: {text[:200]!r}")
        text.encode()


@contextlib.contextmanager
def _unsaid(said: Path, ended: Ended) -> Iterator[None]:
    """Keep what decoders print themselves off the screen, and see that no traceback is among it."""
    kept = os.dup(2)
    with said.open("wb") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        text = said.read_text(errors="replace")
        if "Traceback" in text or "Exception ignored" in text:
            ended.faults.append(f"printed {text[-500:]!r}")


def _forget_peak() -> None:
    with contextlib.suppress(OSError):  # systems other than Linux: the peak is that of all cases
        Path("/proc/self/clear_refs").write_text("5")


def _memory(name: str) -> int:
    """Return a figure of this process in bytes; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0
