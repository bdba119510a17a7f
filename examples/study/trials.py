"""Trials: the same photos, trained on with different settings, each in a process of its own."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from study.photos import Parts

_RESULT = "result.json"
_PICTURES = 8


@dataclass(frozen=True)
class Trial:
    """A name, what it is in words, and the settings that `pixrestore.train` gets."""

    name: str
    title: str
    settings: Mapping[str, Any]


def run(trial: Trial, parts: Parts, out: Path) -> dict[str, Any]:
    """Train, measure and draw; go on where an earlier call was stopped.

    Returns
    -------
    dict
        ``val_loss``, ``psnr``, ``ciede2000``, ``colourfulness`` (a share of the true photos'),
        ``answer_psnr`` where the answer is a picture, ``steps``, ``minutes``, ``parameters``,
        ``memory`` (peak, bytes).
    """
    result = out / trial.name / _RESULT
    if not result.is_file():
        # What one trial leaves in memory must not count as another's.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found = pool.submit(_run, trial, parts, out / trial.name).result()
        result.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return json.loads(result.read_text(encoding="utf-8"))


def history(trial: Trial, out: Path) -> list[dict[str, float]]:
    """Return the rows of a trial's ``history.csv``."""
    with (out / trial.name / "history.csv").open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def _run(trial: Trial, parts: Parts, folder: Path) -> dict[str, Any]:
    from pixrestore import evaluate, train

    if (folder / "run.json").is_file():
        restorer = train("colorize", out=folder, resume=True)
    else:
        restorer = train("colorize", parts.train, folder, valid=parts.valid, **trial.settings)
    memory = _peak_memory()
    measured = evaluate("colorize", parts.test, model=folder)
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    figures = measured["restored"]
    return {
        "val_loss": model["figures"]["validation"]["loss"],
        **{name: figures[name] for name in ("psnr", "ciede2000")},
        "colourfulness": figures["colourfulness"] / measured["true"]["colourfulness"],
        "answer_psnr": _draw(restorer, parts.test, folder / "pictures"),
        **{name: model["training"][name] for name in ("steps", "minutes", "parameters")},
        "memory": memory,
        "photos": model["training"]["photos"],
        "tested": measured["images"],
    }


def _draw(restorer: Any, test: Path, folder: Path) -> float | None:
    """Save what the first photos become; return the PSNR of answers that are pictures."""
    from pixrestore.evaluation import psnr
    from pixrestore.images import Photo, decode_rgb8, find_photos, to_dtype, write_photo

    folder.mkdir(exist_ok=True)
    reached = []
    for index, path in enumerate(find_photos(test)):
        clean = decode_rgb8(path).astype(np.float32) / np.float32(255)
        gray = restorer.task.corrupt(clean, np.random.default_rng(index))
        answer = restorer.answer(gray)
        pictures = {"gray": gray, "restored": restorer.restore_pixels(gray), "true": clean}
        if answer.shape == clean.shape:
            reached.append(psnr(clean, np.clip(answer, 0, 1)))
            pictures["answer"] = np.clip(answer, 0, 1)
        if index < _PICTURES:
            for name, picture in pictures.items():
                write_photo(Photo(to_dtype(picture, np.uint8)), folder / f"{index}-{name}.png")
    return float(np.mean(reached)) if reached else None


def _peak_memory() -> int:
    """Return the most memory that this process has held: the GPU's where there is one."""
    import tensorflow as tf

    if tf.config.list_logical_devices("GPU"):
        return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most
