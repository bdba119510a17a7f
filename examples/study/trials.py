"""Trials: the same photos, trained on with different settings, each in a process of its own."""

from __future__ import annotations

import csv
import dataclasses
import json
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from study.photos import Parts


@dataclass(frozen=True)
class Trial:
    """A name, what it is in words, and the settings that `pixrestore.train` gets.

    `damage` holds options of `task` to measure and to draw with, beside those of its benchmark.
    """

    name: str
    title: str
    settings: Mapping[str, Any]
    task: str = "colorize"
    damage: Mapping[str, Any] = field(default_factory=dict)


def run(trial: Trial, parts: Parts, out: Path) -> dict[str, Any]:
    """Train and measure; go on where an earlier call was stopped.

    Returns
    -------
    dict
        Of the training: ``val_loss``, ``steps``, ``minutes``, ``parameters``, ``memory`` (peak,
        bytes), ``photos``, ``seen`` (crops of them, in all). Of the test photos: ``tested``,
        ``psnr``, ``ssim``, ``untouched_psnr``; of colour ``ciede2000``, ``untouched_ciede2000``,
        ``colourfulness`` (a share of the true photos'); ``answer_psnr`` where the answer is a
        picture.
    """
    folder = out / trial.name

    def trained() -> dict[str, Any]:
        # What one trial leaves in memory must not count as another's.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(_train, trial, parts, folder).result()

    return {
        **_once(folder / "result.json", trained),
        **_once(folder / "measured.json", lambda: _measure(trial, folder, parts.test)),
    }


def history(trial: Trial, out: Path) -> list[dict[str, float]]:
    """Return the rows of a trial's ``history.csv``."""
    with (out / trial.name / "history.csv").open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def draw(trial: Trial, out: Path, photos: Path, side: int) -> dict[str, list[Path]]:
    """Save what the trial's model makes of photos, cut to squares of `side` pixels.

    Returns
    -------
    dict
        Pictures by kind, in the order of the photos: ``degraded``, ``restored``, ``true``, and
        ``answer`` where the answer is a picture.
    """
    from pixrestore import load
    from pixrestore.images import Photo, decode_rgb8, find_photos, to_dtype, write_photo
    from pixrestore.images.cropping import central_square

    folder = out / trial.name / "pictures"
    folder.mkdir(exist_ok=True)
    restorer = load(out / trial.name)
    task = _damaging(trial, restorer.task)
    drawn: dict[str, list[Path]] = {}
    for index, path in enumerate(find_photos(photos)):
        clean = central_square(decode_rgb8(path), side, "scene")
        degraded = task.corrupt(clean, np.random.default_rng(index))
        pictures = {
            "degraded": np.clip(degraded, 0, 1),
            "restored": restorer.restore_pixels(degraded),
            "true": clean,
        }
        answer = restorer.answer(degraded)
        if answer.shape == clean.shape:
            pictures["answer"] = np.clip(answer, 0, 1)
        for kind, picture in pictures.items():
            place = folder / f"{path.stem}-{kind}.png"
            write_photo(Photo(to_dtype(picture, np.uint8)), place)
            drawn.setdefault(kind, []).append(place)
    return drawn


def _once(path: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what an earlier call made, or make and keep it."""
    if not path.is_file():
        made = make()
        path.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def _train(trial: Trial, parts: Parts, folder: Path) -> dict[str, Any]:
    from pixrestore import train

    # The first time this starts the run; an end may have been moved since.
    train(trial.task, parts.train, folder, valid=parts.valid, resume=True, **trial.settings)
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    told = ("steps", "minutes", "parameters", "photos")
    return {
        "val_loss": model["figures"]["validation"]["loss"],
        **{name: model["training"][name] for name in told},
        "seen": model["training"]["steps"] * model["training"]["recipe"]["batch"],
        "memory": _peak_memory(),
    }


def _measure(trial: Trial, folder: Path, test: Path) -> dict[str, Any]:
    from pixrestore import evaluate

    measured = evaluate(trial.task, test, model=folder, **trial.damage)
    quality = measured.quality()
    figures = quality["restored"]
    if measured.true:
        figures["colourfulness"] /= measured.true["colourfulness"]
    untouched = {f"untouched_{name}": figure for name, figure in quality["input"].items()}
    answer = _answer_psnr(trial, folder, test)
    return {"tested": len(measured.photos), **figures, **untouched, "answer_psnr": answer}


def _answer_psnr(trial: Trial, folder: Path, test: Path) -> float | None:
    """Return the mean PSNR of what the network says, in dB, where that is a picture."""
    from pixrestore import load
    from pixrestore.images import decode_rgb8, find_photos
    from pixrestore.images.metrics import psnr

    restorer = load(folder)
    task = _damaging(trial, restorer.task)
    reached = []
    for index, path in enumerate(find_photos(test)):
        clean = decode_rgb8(path).astype(np.float32) / np.float32(255)
        answer = restorer.answer(task.corrupt(clean, np.random.default_rng((0, index))))
        if answer.shape != clean.shape:
            return None
        reached.append(psnr(clean, np.clip(answer, 0, 1)))
    return float(np.mean(reached))


def _damaging(trial: Trial, task: Any) -> Any:
    """Return the task as it damages photos to be measured, as `evaluate` has it."""
    return dataclasses.replace(task, **{**type(task).benchmark, **trial.damage})


def _peak_memory() -> int:
    """Return the most memory that this process has held: the GPU's where there is one."""
    import tensorflow as tf

    if tf.config.list_logical_devices("GPU"):
        return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most
