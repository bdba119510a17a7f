"""Threads, forks and other processes that use one restorer, and files that lack their ends."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import numpy as np
import tifffile
from PIL import Image

import pixrestore
from pixrestore.errors import PhotoError
from pixrestore.images import Photo, encode_photo, read_photo
from torture import photos
from torture.tally import Tally

SHARED = "one restorer in threads and processes"
DAMAGED = "files cut off, with --damaged"


def share(tally: Tally, count: int) -> None:
    """Restore `count` parts of a photo at the same time, in threads, after forks and pickled."""
    restorer = pixrestore.load("denoise")
    rng = np.random.default_rng([tally.seed, 4])
    picture = photos.picture()
    parts = [picture[: int(rng.integers(8, 72)), : int(rng.integers(8, 96))] for _ in range(count)]
    expected = [restorer.restore(part) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        _compare(tally, "thread", list(pool.map(restorer.restore, parts)), expected)
    _compare(tally, "pickled", [_copy(restorer, part) for part in parts[:4]], expected[:4])
    if hasattr(os, "fork"):
        _compare(tally, "fork", [_child(restorer, part) for part in parts[:8]], expected[:8])


def _compare(tally: Tally, how: str, found: list, expected: list) -> None:
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        same = one is not None and np.array_equal(one, other)
        faults = [] if same else ["the photo differs from that of one thread"]
        tally.count(SHARED, f"{how} {number}", "restored alike", faults)


def _copy(restorer: pixrestore.Restorer, part: np.ndarray) -> np.ndarray:
    return pickle.loads(pickle.dumps(restorer)).restore(part)


def _child(restorer: pixrestore.Restorer, part: np.ndarray) -> np.ndarray | None:
    """Restore in a forked child; None where it does not answer."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_answer, args=(restorer, part, theirs))
    child.start()
    answer = None
    with contextlib.suppress(EOFError):
        answer = ours.recv() if ours.poll(120) else None
    child.kill()
    child.join()
    return answer


def _answer(restorer: pixrestore.Restorer, part: np.ndarray, connection: Connection) -> None:
    connection.send(restorer.restore(part))


def cut_off(tally: Tally, count: int) -> None:
    """Cut files off at `count` places each; what is there, and no more, must come back."""
    rng = np.random.default_rng([tally.seed, 5])
    for name, content in _whole().items():
        sound = read_photo(content).pixels
        for _ in range(count):
            end = int(rng.uniform(0.3, 0.97) * len(content))
            faults = _restored(content[:end], sound)
            tally.count(DAMAGED, f"{name} at {end}", "restored", faults, content=content[:end])


def _whole() -> dict[str, bytes]:
    """Return files that hold their rows one after another."""
    picture = np.ascontiguousarray(np.tile(photos.picture(), (4, 1, 1)))
    image, stream = Image.fromarray(picture), io.BytesIO()
    image.save(stream, "JPEG", quality=90, subsampling=0)
    made = {"rows.jpg": stream.getvalue()}
    deep = picture.astype(np.uint16) * 257
    made["rows.png"] = encode_photo(Photo(picture), "PNG")
    made["deep-rows.png"] = encode_photo(Photo(deep), "PNG")
    for how in (None, "zlib", "lzw", "jpeg"):
        stream = io.BytesIO()
        pixels = picture if how == "jpeg" else deep
        tifffile.imwrite(stream, pixels, photometric="rgb", compression=how, rowsperstrip=16)
        made[f"{how}-rows.tif"] = stream.getvalue()
    return made


def _restored(content: bytes, sound: np.ndarray) -> list[str]:
    """Return what is wrong with the photo that is read from a file cut off."""
    faults = []
    with contextlib.suppress(PhotoError):
        read_photo(content)
        faults.append("was read without a word")
    try:
        photo = read_photo(content, damaged=True)
    except PhotoError as error:
        return [*faults, f"was refused: {error}"]
    if photo.pixels.shape != sound.shape:
        return [*faults, f"has shape {photo.pixels.shape}"]
    told = [note for note in photo.notes if "% of its pixels" in note]
    if len(told) != 1:
        return [*faults, f"notes are {photo.notes}"]
    missing = float(told[0].partition(": ")[2].replace("under ", "").partition(" %")[0]) / 100
    right = np.all(photo.pixels == sound, axis=(1, 2))
    there = int(np.argmin(right)) if not right.all() else len(right)
    # Blocks of a JPEG have 16 rows, strips of these TIFFs too: one may be there in part.
    if there < (1 - missing) * len(right) - 17:
        faults.append(f"{missing:.1%} are said to be missing, but only {there} rows are there")
    return faults
