"""How good a model is: its photos against the true ones, beside the untouched input's figures."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pixrestore.engines.opening import open_restorer
from pixrestore.errors import PhotoError, TrainingDataError, UsageError
from pixrestore.images import decode_rgb8, find_photos
from pixrestore.images.folders import require_folder
from pixrestore.images.metrics import ciede2000, colourfulness, psnr, ssim
from pixrestore.images.resizing import cropped_to_multiple, enlarged
from pixrestore.model.lookup import ModelName, find_model
from pixrestore.options import checked, options_of

if TYPE_CHECKING:
    from pixrestore.task import Image, Task


def evaluate(
    task: str | Task | None,
    data: str | os.PathLike[str],
    *,
    model: str | os.PathLike[str] | None = None,
    seed: int = 0,
    limit: int | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Degrade the photos of a folder, restore them, and measure both against the originals.

    Parameters
    ----------
    task : str, Task or None
        Name of the task; None takes the model's.
    data : path
        A folder of clean photos, searched recursively.
    model : path or str, optional
        A model folder or the name of an installed model; the task's installed model by default.
    seed : int
        Seed for the damage. The same seed damages the photos of the same folder alike.
    limit : int, optional
        Number of photos to measure, in order of their names; all by default.
    **options
        The task's options, such as ``sigma=25``; of a task that is named, others are as in the
        field's benchmarks. A `Task` with its options set always works, also where one of them is
        named like a parameter above.

    Returns
    -------
    dict
        ``task``, ``model``, ``images``, and under ``restored`` and ``input`` the means over the
        photos of ``psnr`` (dB, of RGB in [0, 1]) and ``ssim``, the input enlarged bicubically where
        the task enlarges; for tasks that restore colour also ``ciede2000`` (mean colour difference,
        lower is better) and ``colourfulness``, which ``true`` has of the undamaged photos.
        ``skipped`` lists unreadable photos where there are any.

    Raises
    ------
    PhotoError
        There is no such folder.
    TrainingDataError
        None of its photos can be read.
    UnknownNameError
        There is no such task or model.
    ModelError, OutOfMemoryError
        The model's folder is damaged; a photo is too large for the memory.
    UsageError
        An option that the task does not have, or a model of another task or scale.
    """
    # The task comes first: its options, which decide how much it enlarges, must suit the model.
    require_folder(Path(data))  # before anything is loaded
    configured = measured_task(task, model, options)
    chosen = find_model(configured, model)
    known = options_of(type(configured))
    restoring = {o.name: getattr(configured, o.name) for o in known if o.restoring}
    if limit is not None and limit < 1:
        raise UsageError(f"`limit` must be 1 or more, not {limit}")
    restorer = open_restorer(chosen)
    folder = Path(data)
    rows: list[dict[str, dict[str, float]]] = []
    skipped: dict[str, str] = {}
    for index, path in enumerate(find_photos(folder)[:limit]):
        try:
            photo = cropped_to_multiple(decode_rgb8(path), configured.scale)
            if 0 in photo.shape:
                raise PhotoError(f"it is smaller than {configured.scale} pixels")
            clean = photo.astype(np.float32) / np.float32(255)
        except PhotoError as error:
            skipped[str(path)] = str(error)
            continue
        rng = np.random.default_rng((seed, index))
        degraded = np.asarray(configured.corrupt(clean, rng), np.float32)
        restored = restorer.restore_pixels(degraded, **restoring)
        rows.append(_figures(configured, clean, degraded, restored))
    if not rows:
        raise TrainingDataError(f"no photo in {folder} can be read")
    result: dict[str, Any] = {"task": configured.name, "model": chosen.name, "images": len(rows)}
    for which in ("restored", "input"):
        result[which] = _means([row[which] for row in rows])
    if configured.scope == "scene":
        result["true"] = _means([row["true"] for row in rows])
    if skipped:
        result["skipped"] = skipped
    return result


def measured_task(
    task: str | Task | None, model: ModelName | None, options: Mapping[str, Any]
) -> Task:
    """Return a task as it is measured: one given as such as it is, else by the field's benchmark.

    Of a task that is named, or known by the model only, options come from the model, then from
    the benchmark, then from `options`.
    """
    changes: dict[str, Any] = {}
    if task is None or isinstance(task, str):
        task = find_model(task, model).task
        changes = {**task.benchmark}
    changes |= checked(type(task), options)
    return dataclasses.replace(task, **changes)  # type: ignore[type-var]


def _figures(
    task: Task, clean: Image, degraded: Image, restored: Image
) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {}
    untouched = np.clip(enlarged(degraded, task.scale), 0, 1)
    for kind, image in (("restored", restored), ("input", untouched)):
        figures[kind] = {"psnr": psnr(clean, image), "ssim": ssim(clean, image)}
        if task.scope == "scene":
            figures[kind]["ciede2000"] = ciede2000(clean, image)
            figures[kind]["colourfulness"] = colourfulness(image)
    if task.scope == "scene":
        figures["true"] = {"colourfulness": colourfulness(clean)}
    return figures


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
