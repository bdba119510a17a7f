"""Colour profiles: what a photo's numbers mean, and the same photo in numbers that networks know.

Networks learn from sRGB. A task that gives colour therefore sees, and returns, a photo in sRGB. A
task that keeps colours sees the photo's own primaries with sRGB's tone curve, and its result goes
back to the photo's own profile: so no colour of a wide gamut is clipped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixrestore.images.icc import srgb_profile, with_srgb_curves
from pixrestore.images.photo import Photo, Pixels, is_gray, rescaled, to_dtype, to_float

_BAND = 1_000_000  # pixels converted at a time
_FAR = 0.05
"""Profiles whose tone curve stays within this of sRGB's are left to tasks that keep colours.

So are gammas of 2.2 and 2.4 and L*: conversion would cost more by rounding than it brings.
"""

_NEAR = 1.5 / 255  # profiles that differ from sRGB by no more are sRGB
_INTENT = 1  # relative colorimetric: white stays white

_LINES = np.linspace(0, 1, 65536, dtype=np.float32)


def to_working(photo: Photo, *, keeps_colour: bool) -> Photo:
    """Bring a photo to the tones that networks know, by its colour profile.

    Parameters
    ----------
    photo : Photo
        Without a profile it is sRGB already.
    keeps_colour : bool
        The task keeps the photo's colours: they stay in the photo's own primaries.

    Returns
    -------
    Photo
        8 bits become 16, so that nothing is rounded away. `as_stored` leads back.
    """
    space = photo.icc[16:20]
    if space not in (b"GRAY", b"RGB ") or (space == b"GRAY" and not photo.gray):
        return photo
    try:
        if not keeps_colour:
            return _in_srgb(photo)
        if (space == b"GRAY") == photo.gray:
            return _with_known_tones(photo)
        # Gray with a profile of colours, which no format would take back.
        return replace(_in_srgb(photo), icc=b"")
    except (RuntimeError, ValueError):  # how the library says that a profile is damaged
        note = "its colour profile is damaged and was left out"
        return replace(photo, icc=b"", notes=(*photo.notes, note))


def as_stored(restored: Photo, original: Photo) -> Photo:
    """Bring a restored photo back from `to_working`: to the depth, and where it can the profile.

    A photo whose colours were given by a task stays in sRGB, and says so.
    """
    depth = original.pixels.dtype
    source, target = restored.icc, original.icc
    if source == target or source in (b"", srgb_profile()):
        return replace(restored, pixels=rescaled(restored.pixels, depth))
    pixels = _mapped(restored.pixels, _ramp(source, target), depth)
    return replace(restored, pixels=pixels, icc=target)


def in_srgb(photo: Photo) -> Photo:
    """Return a photo in sRGB at its own depth, for places that hold no profile."""
    working = to_working(photo, keeps_colour=False)
    return replace(working, pixels=rescaled(working.pixels, photo.pixels.dtype))


def _in_srgb(photo: Photo) -> Photo:
    """Return a photo in sRGB, of which it has the profile: a gray one as what it will become."""
    target = srgb_profile()
    if _is_srgb(photo.icc):
        return replace(photo, icc=target)
    if is_gray(photo.pixels):
        ramp = _ramp(photo.icc, target).mean(axis=-1, keepdims=True)
        pixels = _mapped(photo.pixels, ramp, _deeper(photo.pixels.dtype))
    else:
        pixels = _transformed(photo.pixels, photo.icc, target)
    return replace(photo, pixels=pixels, icc=target)


def _with_known_tones(photo: Photo) -> Photo:
    """Return a photo with sRGB's tone curve in its own primaries."""
    target = with_srgb_curves(photo.icc)
    if target is None:
        return photo
    ramp = _ramp(photo.icc, target)
    if np.abs(ramp - _LINES[:, None]).max() <= _FAR:
        return photo
    pixels = _mapped(photo.pixels, ramp, _deeper(photo.pixels.dtype))
    return replace(photo, pixels=pixels, icc=target)


def _deeper(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(np.uint16) if dtype == np.uint8 else dtype


# --- pixels ---------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _ramp(source: bytes, target: bytes) -> NDArray[np.float32]:
    """Return what becomes of 65,536 grays from 0 to 1: (65536, channels of the target)."""
    ramp = _LINES[:, None, None]
    if source[16:20] == b"RGB ":
        ramp = np.repeat(ramp, 3, axis=-1)
    changed = _converted(ramp, source, target, exact=True)
    return np.clip(changed.reshape(len(_LINES), -1), 0, 1)


@lru_cache(maxsize=8)
def _is_srgb(profile: bytes) -> bool:
    ends = np.linspace(0, 1, 9, dtype=np.float32)
    colours = np.stack(np.meshgrid(ends, ends, ends), axis=-1).reshape(-1, 1, 3)
    if profile[16:20] == b"GRAY":
        colours = _LINES[::256, None, None]
    changed = _converted(colours, profile, srgb_profile(), exact=True)
    return bool(np.abs(changed.reshape(*colours.shape[:2], -1) - colours).max() <= _NEAR)


def _converted(pixels: Pixels, source: bytes, target: bytes, *, exact: bool = False) -> Pixels:
    import imagecodecs

    def space(profile: bytes) -> str:
        return "gray" if profile[16:20] == b"GRAY" else "rgb"

    converted: Pixels = imagecodecs.cms_transform(
        np.ascontiguousarray(pixels if space(source) == "rgb" else pixels[..., 0]),
        source,
        target,
        colorspace=space(source),
        outcolorspace=space(target),
        outdtype=str(_deeper(pixels.dtype)),
        intent=_INTENT,
        # Else a table of few steps would stand in for curves that are steep near black.
        flags=imagecodecs.CMS.FLAGS.NOOPTIMIZE if exact else None,
    )
    return converted


def _transformed(pixels: Pixels, source: bytes, target: bytes) -> Pixels:
    """Convert colours."""
    dtype = _deeper(pixels.dtype)
    return _by_bands(
        pixels, dtype, lambda band: np.clip(_converted(band, source, target), 0, _top(dtype))
    )


def _mapped(pixels: Pixels, ramp: NDArray[np.float32], dtype: np.dtype[Any]) -> Pixels:
    """Send each channel through its own curve, which `_ramp` has sampled."""
    if pixels.dtype.kind == "u":
        table = to_dtype(ramp[:: 257 if pixels.dtype == np.uint8 else 1], dtype)

        def through(values: Pixels, channel: int) -> Pixels:
            return table[values, channel]

    else:

        def through(values: Pixels, channel: int) -> Pixels:
            curve = np.interp(to_float(values), _LINES, ramp[:, channel])
            return to_dtype(curve.astype(np.float32), dtype)

    if is_gray(pixels) and ramp.shape[1] == 1:
        one = _by_bands(pixels[..., :1], dtype, lambda band: through(band, 0))
        return np.broadcast_to(one, pixels.shape)
    channels = range(pixels.shape[-1])
    last = ramp.shape[1] - 1
    return _by_bands(
        pixels,
        dtype,
        lambda band: np.stack([through(band[..., c], min(c, last)) for c in channels], axis=-1),
    )


def _by_bands(pixels: Pixels, dtype: np.dtype[Any], change: Callable[[Pixels], Pixels]) -> Pixels:
    changed = np.empty(pixels.shape, dtype)
    rows = max(1, _BAND // pixels.shape[1])
    for top in range(0, len(pixels), rows):
        changed[top : top + rows] = change(pixels[top : top + rows])
    return changed


def _top(dtype: np.dtype[Any]) -> int:
    return 1 if dtype.kind == "f" else int(np.iinfo(dtype).max)
