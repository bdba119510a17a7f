"""The numbers in a file: on which scale they are, and which of them are no colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FEW = 1_000_000  # values that are looked at to find the scale
_WHITES = tuple((1 << bits) - 1 for bits in (8, 10, 12, 14, 15, 16))
_NO_LIGHT = 16.0  # where most values reach this far, they are no light with highlights

_ASSOCIATED, _UNASSOCIATED = 1, 2  # TIFF's tag ExtraSamples; 0 says nothing


def normalized(values: NDArray[Any], notes: list[str]) -> NDArray[np.float32]:
    """Return float or wide integer values as float32 in [0, 1], with a remark where they exceed it.

    1 is white, and what few values exceed it are highlights, which are clipped. Where many do, the
    values are on a scale of whole numbers, such as 0 to 255, or are light of any unit, of which
    the brightest thousandth becomes white.
    """
    values = np.asarray(values, np.float32)
    top = float(np.max(values, initial=0, where=np.isfinite(values)))
    if top > 1:
        white = _white(values, top)
        if white > 1:
            notes.append(f"its values reach {top:g} and were scaled: {white:g} became 1")
            values = values / np.float32(white)
        else:
            notes.append(f"its values reach {top:g}: those above 1 were clipped")
    return np.clip(np.nan_to_num(values, posinf=1.0, neginf=0.0), 0, 1)


def deep_values(values: NDArray[Any], bits: int, notes: list[str] | None = None) -> NDArray[Any]:
    """Return values of so many bits a channel as uint8, uint16 or as float32 in [0, 1]."""
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.uint16:
        if bits == 16:
            return values
        return (values.astype(np.uint32) * 65535 // ((1 << bits) - 1)).astype(np.uint16)
    if values.dtype == np.uint32:
        return (values >> 16).astype(np.uint16)
    return normalized(values, [] if notes is None else notes)


def _white(values: NDArray[np.float32], top: float) -> float:
    """Return which value is white."""
    few = values.ravel()[:: max(1, values.size // _FEW)]
    few = few[np.isfinite(few)]
    most, brightest = np.quantile(few, (0.95, 0.999)) if few.size else (0.0, 0.0)
    if most <= 1:
        return 1.0
    whole = np.array_equal(few, np.rint(few))
    if whole or most > _NO_LIGHT:
        reached = top if whole else float(brightest)
        # A little beyond a scale is what sharpening and resizing leave.
        return next((float(white) for white in _WHITES if reached <= white * 1.02), reached)
    return float(brightest)


def parted(
    values: NDArray[Any], colours: int, extra: Sequence[int], notes: list[str]
) -> tuple[NDArray[Any], NDArray[Any] | None, bool]:
    """Part a TIFF's samples into colours and alpha.

    Parameters
    ----------
    values : ndarray, (H, W) or (H, W, C)
    colours : int
        How many of the channels are colours.
    extra : sequence of int
        What the tag ExtraSamples says of the others.
    notes : list of str
        Gets a remark on channels that are left out.

    Returns
    -------
    tuple
        Colours, (H, W, C); alpha, (H, W), or None; and whether the colours are multiplied by it.
    """
    values = values[..., None] if values.ndim == 2 else values
    kinds = [*map(int, extra), *[0] * values.shape[-1]][: values.shape[-1] - colours]
    place = next((at for at, kind in enumerate(kinds) if kind in (_ASSOCIATED, _UNASSOCIATED)), -1)
    if dropped := len(kinds) - (place >= 0):
        note_dropped(dropped, notes)
    alpha = None if place < 0 else values[..., colours + place]
    return values[..., :colours], alpha, place >= 0 and kinds[place] == _ASSOCIATED


def note_dropped(count: int, notes: list[str]) -> None:
    """Remark that channels which are neither colour nor alpha were left out."""
    what = "an extra channel" if count == 1 else f"{count} extra channels"
    verb = "was" if count == 1 else "were"
    notes.append(f"{what}, such as a scanner's infrared, {verb} left out")


def unmultiplied(colours: NDArray[Any], alpha: NDArray[Any], top: float) -> NDArray[Any]:
    """Return colours that were multiplied by alpha, (H, W), as they are; `top` is opaque."""
    whole = colours.dtype.kind != "f"
    result = np.empty_like(colours)
    for row, (line, cover) in enumerate(zip(colours, alpha, strict=True)):
        share = np.float32(top) / np.maximum(cover, 1 if whole else 1e-6)
        shown = line * np.where(cover > 0, share, 0)[:, None]
        result[row] = np.rint(np.minimum(shown, top)) if whole else shown
    return result


def multiplied(colours: NDArray[Any], alpha: NDArray[Any], top: float) -> NDArray[Any]:
    """Multiply colours by alpha, which `unmultiplied` undoes."""
    result = np.empty_like(colours)
    for row, (line, cover) in enumerate(zip(colours, alpha, strict=True)):
        shown = line * (cover / np.float32(top))[:, None]
        result[row] = np.rint(shown) if colours.dtype.kind != "f" else shown
    return result
