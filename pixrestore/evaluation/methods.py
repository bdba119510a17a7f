"""What is measured on one photo: models, classical methods, and doing nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from pixrestore.engines.opening import open_restorer
from pixrestore.errors import PluginError
from pixrestore.images.resizing import enlarged
from pixrestore.model.folder import Model
from pixrestore.options import options_of

if TYPE_CHECKING:
    from pixrestore.task import Image, Task

MethodKind = Literal["input", "model", "baseline", "true"]

# What doing nothing, and what the undamaged photos are called.
INPUT, TRUE = "input", "true"
# Side of the photo that each method restores once before it is timed, in pixels.
_WARM_UP = 64


@dataclass(frozen=True)
class Method:
    """One way to undo damage.

    Attributes
    ----------
    name : str
        What it is called in tables.
    kind : {"model", "baseline"}
    restore : callable
        From a degraded photo to a restored one.
    """

    name: str
    kind: MethodKind
    restore: Callable[[Image], Image]


@dataclass(frozen=True)
class Timed:
    """A restored photo, with the seconds and the processors' seconds that it took."""

    photo: Image
    seconds: float
    cpu: float


def methods_of(task: Task, models: Sequence[Model], baselines: bool) -> list[Method]:
    """Return the models as methods, then the task's classical ones where they are asked for."""
    restoring = {o.name: getattr(task, o.name) for o in options_of(type(task)) if o.restoring}
    methods = []
    for name, model in _titled(models).items():
        methods.append(Method(name, "model", _restoring(model, restoring)))
    if baselines:
        taken = {INPUT, TRUE, *(method.name for method in methods)}
        for name, restore in task.baselines().items():
            title = f"{name} (baseline)" if name in taken else name
            methods.append(Method(title, "baseline", restore))
    return methods


def timed(task: Task, method: Method, degraded: Image) -> Timed:
    """Restore a photo with a method, and take the time.

    Raises
    ------
    PluginError
        A classical method returns no photo of the right shape.
    """
    start, cpu = time.perf_counter(), time.process_time()
    photo = np.asarray(method.restore(degraded), np.float32)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    wanted = tuple(task.scale * side for side in degraded.shape[:2])
    if photo.shape != (*wanted, 3):
        raise PluginError(
            f"the baseline {method.name} of {task.name} returns {photo.shape}, "
            f"where {(*wanted, 3)} is needed"
        )
    return Timed(np.clip(photo, 0, 1), seconds, cpu)


def untouched(task: Task, degraded: Image) -> Image:
    """Return the photo as it is, enlarged where the task enlarges."""
    return np.clip(enlarged(degraded, task.scale), 0, 1)


def warm_up(methods: Sequence[Method], degraded: Image) -> None:
    """Restore a part of a photo with each method: what is loaded once must not count."""
    for method in methods:
        method.restore(degraded[:_WARM_UP, :_WARM_UP])


def _restoring(model: Model, options: Mapping[str, object]) -> Callable[[Image], Image]:
    restorer = open_restorer(model)
    return lambda degraded: restorer.restore_pixels(degraded, **options)


def _titled(models: Sequence[Model]) -> dict[str, Model]:
    """Call each model by its name, or by its folder where that name says too little."""
    count = Counter([INPUT, TRUE, *(model.name for model in models)])
    return {m.name if count[m.name] == 1 else str(m.folder): m for m in models}
