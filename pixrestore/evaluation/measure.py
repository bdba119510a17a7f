"""Measuring: each photo is damaged, restored by every method, and compared with the original."""

from __future__ import annotations

import dataclasses
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pixrestore.errors import PhotoError, TrainingDataError, UsageError
from pixrestore.evaluation.figures import PhotoFigures
from pixrestore.evaluation.gallery import Gallery
from pixrestore.evaluation.methods import INPUT, TRUE, Method, methods_of, timed, untouched, warm_up
from pixrestore.evaluation.result import Evaluation
from pixrestore.images import decode_rgb8, find_photos
from pixrestore.images.folders import require_folder
from pixrestore.images.metrics import ciede2000, colourfulness, psnr, ssim
from pixrestore.images.resizing import cropped_to_multiple
from pixrestore.model.lookup import ModelName, find_model
from pixrestore.options import checked

if TYPE_CHECKING:
    from pixrestore.task import Image, Task


def evaluate(
    task: str | Task | None,
    data: str | os.PathLike[str],
    *,
    model: ModelName | Sequence[ModelName] | None = None,
    baselines: bool = False,
    seed: int = 0,
    limit: int | None = None,
    pictures: int = 0,
    **options: Any,
) -> Evaluation:
    """Degrade the photos of a folder, restore them, and measure both against the originals.

    Parameters
    ----------
    task : str, Task or None
        Name of the task; None takes the (first) model's.
    data : path
        A folder of clean photos, searched recursively.
    model : path, str or sequence of them, optional
        Model folders or names of installed models, all for one task; the task's installed model by
        default. All see the same damage.
    baselines : bool
        Also measure the classical methods that the task names in `Task.baselines`.
    seed : int
        Seed for the damage. The same seed damages the photos of the same folder alike.
    limit : int, optional
        Number of photos to measure, in order of their names; all by default.
    pictures : int
        Of how many of the best and of the worst photos to keep pictures, for
        `Evaluation.write_html`.
    **options
        The task's options, such as ``sigma=25``; of a task that is named, others are as in the
        field's benchmarks. A `Task` with its options set always works, also where one of them is
        named like a parameter above.

    Returns
    -------
    Evaluation
        Figures of each photo and their means, of every method and of doing nothing: the input,
        enlarged bicubically where the task enlarges.

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
    PluginError
        A classical method returns no photo of the right shape.
    UsageError
        An option that the task does not have, or a model of another task or scale.

    Examples
    --------
    >>> found = evaluate("denoise", "kodak24", baselines=True, sigma=25)  # doctest: +SKIP
    >>> print(found)  # doctest: +SKIP
    >>> found.restored["psnr"] - found.input["psnr"]  # doctest: +SKIP
    """
    if limit is not None and limit < 1:
        raise UsageError(f"`limit` must be 1 or more, not {limit}")
    names = [model] if model is None or isinstance(model, (str, os.PathLike)) else list(model)
    if not names:
        raise UsageError("`model` is an empty list")
    require_folder(Path(data))  # before anything is loaded
    # The task comes first: its options, which decide how much it enlarges, must suit the models.
    configured = measured_task(task, names[0], options)
    models = [find_model(configured, name) for name in dict.fromkeys(names)]
    methods = methods_of(configured, models, baselines)
    folder = Path(data)
    gallery = Gallery(pictures)
    photos: list[PhotoFigures] = []
    skipped: dict[str, str] = {}
    for index, path in enumerate(find_photos(folder)[:limit]):
        try:
            clean = _clean(path, configured)
        except PhotoError as error:
            skipped[str(path)] = str(error)
            continue
        rng = np.random.default_rng((seed, index))
        degraded = np.asarray(configured.corrupt(clean, rng), np.float32)
        if not photos:
            warm_up(methods, degraded)
        name = path.relative_to(folder).as_posix() if path != folder else path.name
        photos.append(_measured(configured, methods, name, clean, degraded, gallery))
    if not photos:
        raise TrainingDataError(f"no photo in {folder} can be read")
    return Evaluation(
        task=configured.name,
        options=configured.options(),
        data=str(folder),
        seed=seed,
        methods={
            INPUT: "input",
            **{method.name: method.kind for method in methods},
            **({TRUE: "true"} if configured.scope == "scene" else {}),
        },
        photos=photos,
        skipped=skipped,
        protocol=_protocol(configured, folder, seed),
        best=gallery.best,
        worst=gallery.worst,
    )


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


def _clean(path: Path, task: Task) -> Image:
    photo = cropped_to_multiple(decode_rgb8(path), task.scale)
    if 0 in photo.shape:
        raise PhotoError(f"it is smaller than {task.scale} pixels")
    return photo.astype(np.float32) / np.float32(255)


def _measured(
    task: Task,
    methods: Sequence[Method],
    name: str,
    clean: Image,
    degraded: Image,
    gallery: Gallery,
) -> PhotoFigures:
    """Measure one photo, and show it to the gallery."""
    images = {INPUT: untouched(task, degraded)}
    figures = {INPUT: _figures(task, clean, images[INPUT])}
    height, width = clean.shape[:2]
    megapixels = height * width / 1e6
    for method in methods:
        found = timed(task, method, degraded)
        images[method.name] = found.photo
        figures[method.name] = {
            **_figures(task, clean, found.photo),
            "seconds": found.seconds / megapixels,
            "cpu": found.cpu / megapixels,
        }
    if task.scope == "scene":
        figures[TRUE] = {"colourfulness": colourfulness(clean)}
    gain = figures[methods[0].name]["psnr"] - figures[INPUT]["psnr"]
    gallery.show(name, gain, {**images, TRUE: clean})
    return PhotoFigures(name, width, height, figures)


def _figures(task: Task, clean: Image, image: Image) -> dict[str, float]:
    figures = {"psnr": psnr(clean, image), "ssim": ssim(clean, image)}
    if task.scope == "scene":
        figures["ciede2000"] = ciede2000(clean, image)
        figures["colourfulness"] = colourfulness(image)
    return figures


def _protocol(task: Task, folder: Path, seed: int) -> list[str]:
    """Say how it was measured."""
    from pixrestore import __version__

    system = f"{platform.system()} on {platform.machine()}, {os.cpu_count()} processors"
    scaled = f", cropped to multiples of {task.scale} pixels" if task.scale > 1 else ""
    enlarged = " It is enlarged bicubically." if task.scale > 1 else ""
    return [
        f"Clean photos of {folder}{scaled}, damaged by the task {task.name} with seed {seed} and "
        "the photo's number in order of names: every method sees the same damage.",
        f"{INPUT}: the damaged photo as it is.{enlarged}",
        "PSNR of RGB in [0, 1], not rounded; SSIM with Gaussian windows, mean over the channels; "
        "ΔE00: mean CIEDE2000 of the pixels; colourfulness by Hasler and Süsstrunk.",
        "Means over photos ± half the 95 % confidence interval (Student's t). The gain is the "
        "difference of PSNR to the input photo by photo, so its interval is narrower.",
        "s/MP and CPU s/MP: seconds and seconds of all processors for each megapixel of the "
        "restored photo, from array to array, after one small photo to warm up.",
        f"pixrestore {__version__}, {system}.",
    ]
