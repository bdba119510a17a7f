"""Models whose files somebody, or a bad disk, has altered."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import pixrestore
from pixrestore.images import read_photo
from torture import photos
from torture.mutations import bits, cut, numbers, values
from torture.program import HEAVY, LIGHT, Program
from torture.tally import Tally

KIND = "altered models"
MEMORY = 2_000_000_000
"""Bytes that the whole program may take, whatever a description says."""

SECONDS = 300.0

_BASE = Path(pixrestore.__file__).parent / "models" / "denoise"
_HOSTILE: tuple[Any, ...] = (
    None, True, 0, -1, 1, 4096, 10**9, 10**30, 1e308, float("nan"), float("inf"), "", "x" * 1000,
    "../../etc/passwd", "\0", "日本", [], {}, [[]], [4096, 4096, 4096], [-1], [10**9] * 1000,
    {"a": {"b": {}}}, "__import__('os')",
)  # fmt: skip

Spoil = Callable[[Path, np.random.Generator], str]


def _description(folder: Path, rng: np.random.Generator) -> str:
    """Put something else in place of one to three values, or leave them out."""
    path = folder / "model.json"
    whole = json.loads(path.read_text())
    said = []
    for _ in range(int(rng.integers(1, 4))):
        places = list(_places(whole))
        holder, key = places[int(rng.integers(len(places)))]
        if rng.random() < 0.15:
            del holder[key]
            said.append(f"no {key}")
        else:
            value = copy.deepcopy(_HOSTILE[int(rng.integers(len(_HOSTILE)))])
            holder[key] = value
            said.append(f"{key} {str(value)[:20]}")
    path.write_text(json.dumps(whole))
    return "description: " + ", ".join(said)


def _places(value: Any) -> Any:
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _bytes_of(name: str) -> Spoil:
    """Return what alters the bytes of a file, and signs it again in two of three cases."""

    def spoil(folder: Path, rng: np.random.Generator) -> str:
        path = folder / name
        way = (bits, values, cut, numbers)[int(rng.integers(4))]
        path.write_bytes(way(bytearray(path.read_bytes()), rng, []))
        if rng.random() < 0.67:
            sign(folder)
        return f"{name}: {way.__name__}"

    return spoil


def sign(folder: Path) -> None:
    """Write the checksums that files have now, as whoever altered them can."""
    path = folder / "model.json"
    try:
        description = json.loads(path.read_text())
    except ValueError:  # it was what was altered
        return
    for part, name in (("weights", "model.weights.h5"), ("graph", "model.onnx")):
        content = (folder / name).read_bytes()
        description[part] = description.get(part) or {}
        description[part] |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    path.write_text(json.dumps(description))


def _weights(folder: Path, rng: np.random.Generator) -> str:
    """Replace a set of weights: by other values, another shape or type, or a place outside."""
    outside = folder.parent / "outside"
    outside.write_bytes(b"not yours" * 1000)
    with h5py.File(folder / "model.weights.h5", "r+") as file:
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
        name = names[int(rng.integers(len(names)))]
        shape = file[name].shape
        del file[name]
        how = int(rng.integers(7))
        if how == 0:
            file[name] = np.full(shape, rng.choice([np.nan, np.inf, 1e38]), np.float32)
        elif how == 1:
            file[name] = np.zeros((*shape, 3), np.float32)
        elif how == 2:
            file[name] = np.full(shape, b"text")
        elif how == 3:  # takes no room in the file
            file.create_dataset(name, (1 << 40,), np.float32, chunks=(1 << 20,))
        elif how == 4:
            file.create_dataset(name, (9,), np.uint8, external=[(str(outside), 0, 9)])
        elif how == 5:
            file[name] = h5py.ExternalLink(str(outside), "x")
        else:
            file[name] = h5py.SoftLink("/")
    sign(folder)
    return f"weights: {('numbers', 'shape', 'text', 'size', 'outside', 'link', 'loop')[how]}"


_WAYS: tuple[Spoil, ...] = (
    _description,
    _description,
    _weights,
    _bytes_of("model.json"),
    _bytes_of("model.weights.h5"),
    _bytes_of("model.onnx"),
)


def alter_models(tally: Tally, count: int, scratch: Path) -> None:
    """Restore a photo with `count` altered models."""
    scratch.mkdir(parents=True)
    (scratch / "photo.png").write_bytes(photos.files()["rgb.png"])
    # Keras reads what ONNX Runtime does not, such as the architecture's arguments.
    keras = count >= 100
    with Program(scratch, HEAVY if keras else LIGHT) as program:
        for number in range(count):
            rng = np.random.default_rng([tally.seed, 6, number])
            folder = Path(shutil.copytree(_BASE, scratch / f"model-{number}"))
            said = _WAYS[number % len(_WAYS)](folder, rng)
            # A quarter of each way: the ways follow from the number too.
            engine = "keras" if keras and number // len(_WAYS) % 4 == 3 else "onnx"
            _try(tally, f"{number} {said}, {engine}", folder, program, scratch, engine)
            shutil.rmtree(folder)


def _try(
    tally: Tally, case: str, folder: Path, program: Program, scratch: Path, engine: str
) -> None:
    out = scratch / "out.png"
    words = f"denoise photo.png --model {folder.name} --out {out.name} --engine {engine}"
    done = program.run(*words.split(), folder=scratch, seconds=SECONDS)
    # A description may ask for another task (2), one that nobody has (3), or for TensorFlow (11).
    faults = done.faults(0, 2, 3, 5, 9, 11)
    if (
        done.code == 0
        and read_photo(out).pixels.shape != read_photo(scratch / "photo.png").pixels.shape
    ):
        faults.append("the result has another size")
    if done.code and out.exists():
        faults.append("failed, but left a result")
    if done.peak > MEMORY:
        faults.append(f"took {done.peak / 1e6:.0f} MB")
    outcome = "used" if done.code == 0 else "refused"
    tally.count(KIND, case, outcome, faults, peak=done.peak)
    out.unlink(missing_ok=True)
