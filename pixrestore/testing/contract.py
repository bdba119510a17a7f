"""Checks of the task contract on small real photos, each a fraction of a second."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from pixrestore.images.resizing import cropped_to_multiple, enlarged
from pixrestore.task import reach
from pixrestore.testing.probe import SEEDS, CheckFailed, Probe, distance, part, photos

_ROUNDING = 1 / 255
_POINTWISE_TOLERANCE = 1e-4
_SIZES = ((1, 1), (1, 7), (7, 1), (37, 53))


def shapes(probe: Probe) -> None:
    """Each method returns finite floats of the right shape."""
    for clean in _photos(probe):
        _pair_and_restored(probe, clean)


def sizes(probe: Probe) -> None:
    """Tiny and odd photos work, with the channels that others have."""
    channels = None
    scale = probe.task.scale
    for height, width in _SIZES:
        clean = part("cat", 90, 80, height * scale, width * scale)
        found = _pair_and_restored(probe, clean)
        if channels not in (None, found):
            raise CheckFailed(
                f"encode and target return {channels} channels for some photos, {found} for others"
            )
        channels = found


def flat_photos(probe: Probe) -> None:
    """Black, gray and white photos work: nothing divides by a photo's own contrast."""
    for value in (0.0, 0.5, 1.0):
        shape = (16 * probe.task.scale, 24 * probe.task.scale, 3)
        _pair_and_restored(probe, np.full(shape, value, np.float32), f"all {value:g}")


def damages(probe: Probe) -> None:
    """Photos come out of `corrupt` changed."""
    scale = probe.task.scale
    if all(
        distance(enlarged(probe.degraded(clean, seed), scale), clean) < 1e-6
        for clean in _photos(probe)
        for seed in SEEDS
    ):
        raise CheckFailed("corrupt returns photos as they are, so there is nothing to learn")


def baselines(probe: Probe) -> None:
    """Each classical method returns a finite photo of the right shape, and leaves its input."""
    for clean in _photos(probe)[:1]:
        degraded = probe.degraded(clean)
        for name, restore in probe.baselines().items():
            kept = degraded.copy()
            try:
                restored = np.asarray(restore(degraded), np.float32)
            except Exception as error:  # an author's method may raise anything
                told = f"{type(error).__name__}: {error}"
                raise CheckFailed(f"the baseline {name} raises {told}") from error
            if restored.shape != clean.shape or not np.isfinite(restored).all():
                raise CheckFailed(
                    f"the baseline {name} returns {restored.shape}, where finite numbers of "
                    f"{clean.shape} are needed"
                )
            if not np.array_equal(kept, degraded):
                raise CheckFailed(f"the baseline {name} changes the photo that it is given")


def deterministic(probe: Probe) -> None:
    """The same photo and the same generator give the same damage."""
    for clean in _photos(probe):
        if not np.array_equal(probe.corrupt(clean, 1), probe.corrupt(clean, 1)):
            raise CheckFailed(
                "corrupt gives two results for one photo and one seed: "
                "take all randomness from the rng that it is given"
            )
    clean = _photos(probe)[0]
    degraded = probe.degraded(clean)
    answer = np.asarray(probe.target(clean), np.float32)
    for method, arguments in {
        "encode": (degraded,),
        "target": (clean,),
        "compose": (degraded, answer),
    }.items():
        first, second = (getattr(probe, method)(*arguments) for _ in range(2))
        if not np.array_equal(first, second):
            raise CheckFailed(f"{method} gives two results for one photo: it must not be random")


def global_randomness(probe: Probe) -> None:
    """The generators of `numpy.random` and `random` stay as they were."""
    before = _global_state()
    for clean in photos():
        _pair_and_restored(probe, clean)
    if _global_state() != before:
        raise CheckFailed(
            "it draws from np.random or random: use the methods of rng instead, "
            "such as rng.normal or rng.uniform"
        )


def input_untouched(probe: Probe) -> None:
    """No method changes the arrays that it is given."""
    clean = _photos(probe)[0]
    degraded = probe.degraded(clean.copy())
    answer = np.asarray(probe.target(clean.copy()), np.float32)
    for method, arguments in {
        "corrupt": (clean,),
        "encode": (degraded,),
        "target": (clean,),
        "compose": (degraded, answer),
    }.items():
        given = [argument.copy() for argument in arguments]
        getattr(probe, method)(*given)
        if any(
            not np.array_equal(now, before) for now, before in zip(given, arguments, strict=True)
        ):
            raise CheckFailed(f"{method} changes its input in place: work on a copy")


def in_range(probe: Probe) -> None:
    """Whatever the network answers, the restored photo stays within [0, 1]."""
    rng = np.random.default_rng(0)
    for clean in _photos(probe):
        degraded = probe.degraded(clean)
        answer = np.asarray(probe.target(clean), np.float32)
        wild = answer + 3 * rng.standard_normal(answer.shape, dtype=np.float32)
        for one in (answer, wild):
            restored = probe.compose(degraded, one)
            low, high = float(np.min(restored)), float(np.max(restored))
            if low < 0 or high > 1:
                raise CheckFailed(
                    f"compose returns values from {low:.3g} to {high:.3g}: clip them to [0, 1]"
                )


def law(probe: Probe) -> None:
    """What the network should answer makes the degraded photo clean again."""
    before, after, worst = [], [], 0.0
    scale = probe.task.scale
    for clean in _photos(probe):
        for seed in SEEDS:
            degraded = probe.degraded(clean, seed)
            answer = np.asarray(probe.target(clean), np.float32)
            restored = probe.compose(degraded, answer.copy())
            if distance(probe.compose_encoded(degraded, answer.copy()), restored) > _ROUNDING:
                raise CheckFailed("compose_encoded must return what compose returns")
            worst = max(worst, distance(restored, clean))
            untouched = np.clip(enlarged(degraded, scale), 0, 1)
            before.append(float(np.mean(np.abs(untouched - clean))))
            after.append(float(np.mean(np.abs(restored - clean))))
    if not probe.task.inexact and worst > _ROUNDING:
        raise CheckFailed(
            f"compose(corrupt(clean), target(clean)) is not clean: it differs by up to "
            f"{worst:.3g}. Make compose undo what target does, or say in inexact why it cannot"
        )
    if probe.task.inexact and np.mean(after) >= np.mean(before):
        raise CheckFailed(
            f"compose(corrupt(clean), target(clean)) is no closer to clean than the degraded photo "
            f"(mean difference {np.mean(after):.3g}, degraded {np.mean(before):.3g}): "
            "even a perfect network would not help"
        )


def guides(probe: Probe) -> None:
    """Guides are painted as layers, may be missing, and what holds to them keeps its shape."""
    task, rng = probe.task, np.random.default_rng(0)
    named = {guide.name for guide in task.guides}
    for clean in _photos(probe):
        degraded = probe.degraded(clean)
        bare = probe.encode(degraded)
        if distance(probe.encode_guided(degraded, {}), bare) > 0:
            raise CheckFailed("encode_guided must return what encode returns where no guide is")
        layers = {name: _strokes(degraded, rng) for name in named}
        # The answers of scene tasks are held without guides too.
        without: list[dict[str, Any]] = [{}] if task.scope == "scene" else []
        for painted in (probe.paint(clean, degraded, rng), layers, *without):
            if not painted.keys() <= named:
                raise CheckFailed(f"paint returns {sorted(painted)}, but guides names {named}")
            for name, layer in painted.items():
                _expect(f"paint[{name!r}]", layer, (*degraded.shape[:2], 4), "")
            seen = np.asarray(probe.encode_guided(degraded, painted), np.float32)
            _expect("encode_guided", seen, bare.shape, "")
            answer = np.asarray(probe.target(clean), np.float32)
            _expect("hold", probe.hold(seen, answer, painted), answer.shape, "")


def _strokes(degraded: Any, rng: np.random.Generator) -> Any:
    """Return a layer with a stroke of one colour."""
    layer = np.zeros((*degraded.shape[:2], 4), np.float32)
    layer[4:9, 6:20] = (*rng.random(3), 1)
    return layer


def pointwise(probe: Probe) -> None:
    """Each pixel of `encode` and `compose` depends on the same pixel only, or what surrounds it."""
    scale, around = probe.task.scale, reach(probe.task.scale)
    clean = part("cat", 60, 60, 48 * scale, 64 * scale)
    degraded = probe.degraded(clean)
    answer = np.asarray(probe.target(clean), np.float32)
    window = (slice(11, 37), slice(5, 44))
    large = tuple(slice(side.start * scale, side.stop * scale) for side in window)
    inner = (slice(around * scale, -around * scale or None),) * 2
    for method, arguments, windows in (
        ("encode", (degraded,), (window,)),
        ("compose", (degraded, answer), (window, large)),
    ):
        whole = getattr(probe, method)(*arguments)[large][inner]
        parts = (one[place].copy() for one, place in zip(arguments, windows, strict=True))
        alone = getattr(probe, method)(*parts)[inner]
        if distance(whole, alone) > _POINTWISE_TOLERANCE:
            allowed = f"the {around} pixels around it" if around else "the same pixel only"
            raise CheckFailed(
                f"{method} gives another result for a part of a photo than for the whole "
                f"(by up to {distance(whole, alone):.3g}). Large photos are restored in parts: "
                f"each pixel may depend on {allowed}"
            )


def _photos(probe: Probe) -> list[Any]:
    """Return photos whose sizes are multiples of the task's scale."""
    return [cropped_to_multiple(clean, probe.task.scale).copy() for clean in photos()]


def _pair_and_restored(probe: Probe, clean: Any, what: str = "") -> tuple[int, int]:
    """Make a pair and restore with the true answer, each checked; return Cx and Cy."""
    where = f" (on a photo of {clean.shape[1]} by {clean.shape[0]} pixels{what and ', ' + what})"
    degraded = probe.corrupt(clean.copy())
    scale = probe.task.scale
    _expect("corrupt", degraded, (*(side // scale for side in clean.shape[:2]), 3), where)
    degraded = np.asarray(degraded, np.float32)
    x = probe.encode(degraded)
    _expect("encode", x, (*clean.shape[:2], None), where)
    answer = probe.target(clean.copy())
    _expect("target", answer, (*clean.shape[:2], None), where)
    restored = probe.compose(degraded, np.asarray(answer, np.float32))
    _expect("compose", restored, (*clean.shape[:2], 3), where)
    return x.shape[-1], answer.shape[-1]


def _expect(method: str, result: Any, shape: tuple[int | None, ...], where: str) -> None:
    wanted = f"({shape[0]}, {shape[1]}, {'C' if shape[2] is None else shape[2]})"
    if not isinstance(result, np.ndarray):
        raise CheckFailed(f"{method} must return an array, not {type(result).__name__}{where}")
    if result.ndim != 3 or result.shape[:2] != shape[:2] or shape[2] not in (None, result.shape[2]):
        raise CheckFailed(
            f"{method} must return an array of shape {wanted}, not {result.shape}{where}"
        )
    if result.dtype.kind != "f":
        raise CheckFailed(f"{method} must return floats, not {result.dtype}{where}")
    if not np.isfinite(result).all():
        raise CheckFailed(f"{method} returns infinities or NaN{where}")


def _global_state() -> tuple[Any, ...]:
    numpys: Any = np.random.get_state()  # a tuple, whatever its type says
    name, keys, *rest = numpys
    return (name, keys.tobytes(), *rest, random.getstate())
