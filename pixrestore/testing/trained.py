"""Checks that need a network: that a task can be learned, saved and loaded."""

from __future__ import annotations

import math
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pixrestore.backend import import_keras
from pixrestore.engines.keras import KerasNetwork
from pixrestore.engines.opening import open_restorer
from pixrestore.errors import PixrestoreError
from pixrestore.geometry import Geometry
from pixrestore.images.cropping import central_square
from pixrestore.images.resizing import enlarged
from pixrestore.model.folder import Model, load_model, write_model
from pixrestore.network.build import build_core
from pixrestore.network.pairs import adds_colour, pair_channels
from pixrestore.plugins.losses import KerasLoss
from pixrestore.restoring.restorer import Restorer
from pixrestore.testing.probe import CheckFailed, Probe, distance, part, sample

_ARCHITECTURE = "unet"
_ARGUMENTS = {"widths": (16, 32), "blocks": (1, 1)}
_GEOMETRY = Geometry(multiple=4, margin=16, side=None, working_size=64)
# By it a network that is not sure of itself gains from every step in the right direction; by
# absolute error damage that is rare is best left as it is for thousands of steps.
_LOSS = KerasLoss("mean_squared_error")
_SIDE = 64
_STEPS = 400
_ROUND = 50
_RATE = 3e-3
# Damage seeds for training are far from those that the photos are measured with.
_MEASURED = range(1_000_000, 1_000_004)
_FALL = 0.9


def learns(probe: Probe) -> None:
    """A small network brings two photos closer to the truth within a few hundred steps."""
    side = math.lcm(_SIDE, probe.task.scale)
    cleans = [central_square(sample(name), side, probe.task.scope) for name in ("cat", "raccoon")]
    held_out = [(clean, probe.degraded(clean, seed)) for clean in cleans for seed in _MEASURED]
    x, y = _pairs(probe, held_out)
    with _seeded():
        core = _core(probe)
        core.compile(optimizer=_optimizer(), loss=_LOSS.__call__)
        start = float(np.mean(_LOSS(y, core(x, training=False))))
        doing_nothing = [enlarged(degraded, probe.task.scale) for _, degraded in held_out]
        loss, error, untouched = start, np.inf, _error(held_out, doing_nothing)
        for first in range(0, _STEPS, _ROUND):
            for step in range(first, first + _ROUND):
                began = time.perf_counter()
                batch = [
                    (clean, probe.degraded(clean, 2 * step + i)) for clean in cleans for i in (0, 1)
                ]
                core.train_on_batch(*_pairs(probe, batch))
                if step == 1:  # the first one also compiles the network
                    _say_how_long(probe, time.perf_counter() - began)
            answers = np.asarray(core(x, training=False))
            loss = float(np.mean(_LOSS(y, answers)))
            restored = [probe.compose(d, a) for (_, d), a in zip(held_out, answers, strict=True)]
            error = _error(held_out, restored)
            if loss < _FALL * start and error < untouched:
                return
    if not loss < _FALL * start:
        raise CheckFailed(
            f"a small network learns nothing from two photos in {_STEPS} steps: its loss goes from "
            f"{start:.3g} to {loss:.3g}. Does the target depend on what encode shows?"
        )
    raise CheckFailed(
        f"a small network learns from two photos, its loss falls from {start:.3g} to {loss:.3g}, "
        f"but what compose makes of its answers is no closer to the truth than the degraded photos "
        f"(mean squared difference {error:.3g}, degraded {untouched:.3g})"
    )


def saves(probe: Probe) -> None:
    """A model written to a folder and loaded again restores to equal output."""
    with _seeded():
        core = _core(probe)
        for weight in core.weights:
            weight.assign_add(np.random.normal(0, 0.03, weight.shape))
    scale = probe.task.scale
    photo = probe.degraded(part("coffee", 40, 40, 67 * scale, 90 * scale))
    colours = adds_colour(probe.task)
    restorer = Restorer(probe.task, KerasNetwork(core), _GEOMETRY, adds_colour=colours)
    before = _restored(restorer, photo)
    with tempfile.TemporaryDirectory() as folder:
        model = Model(
            folder=Path(folder),
            task=probe.task,
            architecture=_ARCHITECTURE,
            arguments=_ARGUMENTS,
            channels=pair_channels(probe.task),
            loss=_LOSS.name,
            loss_options={},
            geometry=_GEOMETRY,
            adds_colour=colours,
        )
        try:
            write_model(model, core.save_weights)
            loaded = load_model(folder, type(probe.task))
            after = _restored(open_restorer(loaded), photo)
        except (PixrestoreError, TypeError, ValueError) as error:
            raise CheckFailed(f"a model of it cannot be written and loaded: {error}") from error
    if loaded.task != probe.task:
        raise CheckFailed(f"saved and loaded, it is {loaded.task}, not {probe.task}")
    if distance(before, after) > 1e-5:
        raise CheckFailed(
            f"saved and loaded, it restores otherwise, by up to {distance(before, after):.3g}: "
            "all that it depends on must be in its options"
        )


def _say_how_long(probe: Probe, step: float) -> None:
    """Tell an author who waits how long `learns` can take; `step` is in seconds."""
    shortest, longest = (math.ceil(step * steps) for steps in (_ROUND, _STEPS))
    sys.stderr.write(
        f"checking {probe.task.name}: a small network trains for {shortest} to {longest} s "
        "(quick=True leaves that out)\n"
    )


def _core(probe: Probe) -> Any:
    try:
        channels = pair_channels(probe.task)
    except PixrestoreError as error:
        raise CheckFailed(str(error)) from error
    return build_core(_ARCHITECTURE, _ARGUMENTS, channels, _LOSS)


def _optimizer() -> Any:
    return import_keras().optimizers.Adam(_RATE, global_clipnorm=0.5)


def _pairs(probe: Probe, photos: list[Any]) -> tuple[Any, Any]:
    x = np.stack([np.asarray(probe.encode(degraded), np.float32) for _, degraded in photos])
    return x, np.stack([np.asarray(probe.target(clean), np.float32) for clean, _ in photos])


def _error(photos: list[Any], others: list[Any]) -> float:
    return float(
        np.mean(
            [
                np.mean((np.clip(other, 0, 1) - clean) ** 2)
                for (clean, _), other in zip(photos, others, strict=True)
            ]
        )
    )


def _restored(restorer: Restorer, photo: Any) -> Any:
    try:
        return restorer.restore_pixels(photo)
    except Exception as error:  # an author's task may raise anything
        raise CheckFailed(f"restoring a photo with it raises {error!r}") from error


@contextmanager
def _seeded() -> Iterator[None]:
    """Seed everything that networks draw from, then give the generators back as they were."""
    ours, numpys = random.getstate(), np.random.get_state()
    import_keras().utils.set_random_seed(0)
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(numpys)
