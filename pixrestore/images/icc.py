"""ICC profiles as bytes: made, changed in their curves, and said in words of PNG's own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, BinaryIO

import numpy as np


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """Return a profile of sRGB."""
    return _made("srgb")


def _made(kind: str, **settings: Any) -> bytes:
    import imagecodecs

    profile: bytes = imagecodecs.cms_profile(kind, **settings)
    # The time at which it was made would be in every result: equal photos give equal files.
    return profile[:24] + bytes.fromhex("07ea00010001000000000000") + profile[36:]


_SRGB_CURVE = b"para\0\0\0\0\0\3\0\0" + b"".join(
    round(value * 65536).to_bytes(4, "big")
    for value in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
)


@lru_cache(maxsize=8)
def with_srgb_curves(profile: bytes) -> bytes | None:
    """Return a profile with sRGB's tone curve for its own; None where tables do a curve's work."""
    tags = _tags(profile)
    curves = {b"kTRC"} if profile[16:20] == b"GRAY" else {b"rTRC", b"gTRC", b"bTRC"}
    if not curves <= tags.keys() or b"A2B0" in tags or b"A2B1" in tags:
        return None
    kept = (b"wtpt", b"chad", b"rXYZ", b"gXYZ", b"bXYZ")
    return _assembled(
        profile[:128],
        {name: data for name, data in tags.items() if name in kept}
        | dict.fromkeys(curves, _SRGB_CURVE),
    )


def _tags(profile: bytes) -> dict[bytes, bytes]:
    count = min(int.from_bytes(profile[128:132], "big"), 100)
    tags = {}
    for entry in range(132, 132 + 12 * count, 12):
        start = int.from_bytes(profile[entry + 4 : entry + 8], "big")
        size = int.from_bytes(profile[entry + 8 : entry + 12], "big")
        tags[profile[entry : entry + 4]] = profile[start : start + size]
    return tags


def _assembled(header: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, body = len(tags).to_bytes(4, "big"), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        place = start + len(body)
        table += name + place.to_bytes(4, "big") + len(data).to_bytes(4, "big")
        body += data + b"\0" * (-len(data) % 4)
    # Version 4 knows such curves.
    return (
        (start + len(body)).to_bytes(4, "big")
        + header[4:8]
        + b"\4\x40\0\0"
        + header[12:]
        + (table + body)
    )


# --- PNG's own words for the same ----------------------------------------------------------------

_D65 = (0.3127, 0.3290)
_SRGB_PRIMARIES = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_SRGB_GAMMA = 0.45455  # what programs write that mean sRGB

# ITU-T H.273, of which a cICP chunk holds numbers.
_PRIMARIES = {
    1: _SRGB_PRIMARIES,
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046),  # BT.2020
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # Display P3
}
_LIKE_SRGB = (1, 6, 13, 14, 15)  # transfer functions that viewers show as sRGB's
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}


def profile_of(info: dict[Any, Any], notes: list[str], *, gray: bool) -> bytes:
    """Return the profile of an image, or one that says what a PNG says in other words.

    Parameters
    ----------
    info : dict
        What Pillow found: ``icc_profile``; of a PNG ``srgb``, ``gamma`` and ``chromaticity``; and
        ``cicp``, which `cicp_of` finds and which overrules the others.
    notes : list of str
        Gets a remark where a PNG's tones are of a kind that is not known.
    gray : bool
        Whether the photo is gray.

    Returns
    -------
    bytes
        Empty where there is none, or where it would say sRGB.
    """
    try:
        if cicp := info.get("cicp"):
            return _profile_of_cicp(*cicp, gray=gray)
        if embedded := info.get("icc_profile"):
            return bytes(embedded)
        if "srgb" in info or info.keys().isdisjoint(("gamma", "chromaticity")):
            return b""
        gamma = float(info.get("gamma", _SRGB_GAMMA))
        points = [float(point) for point in info.get("chromaticity", (*_D65, *_SRGB_PRIMARIES))]
        usual = gray or np.allclose(points, (*_D65, *_SRGB_PRIMARIES), atol=0.002)
        if _is_srgbs(gamma) and usual:
            return b""
        return _profile_of_points(points, gamma, gray=gray)
    except (RuntimeError, ValueError, TypeError, ZeroDivisionError):
        notes.append("what it says of its tones and colours is not known: it is taken as sRGB")
        return b""


def _profile_of_points(points: list[float], gamma: float, *, gray: bool) -> bytes:
    """Return a profile of CIE xy of white, red, green, blue, and a gamma as PNG writes it."""
    if not 0.1 <= gamma <= 10:
        raise ValueError(f"no gamma: {gamma}")
    if gray:
        return _made("gray", gamma=1 / gamma)
    white, *primaries = ((*points[at : at + 2], 1.0) for at in range(0, 8, 2))
    flat = tuple(number for point in primaries for number in point)
    profile = _made("rgb", whitepoint=white, primaries=flat, gamma=1 / gamma)
    # Where sRGB's gamma is written, its curve is meant, which no gamma is.
    return (with_srgb_curves(profile) if _is_srgbs(gamma) else None) or profile


def _is_srgbs(gamma: float) -> bool:
    return abs(gamma - _SRGB_GAMMA) < 0.001


def _profile_of_cicp(primaries: int, transfer: int, matrix: int, full: int, *, gray: bool) -> bytes:
    if (primaries not in _PRIMARIES and not gray) or matrix or not full:
        raise ValueError("colours that are not known")
    like_srgb = transfer in _LIKE_SRGB
    if not like_srgb and transfer not in _GAMMAS:
        raise ValueError("tones that are not known")
    if like_srgb and (gray or primaries == 1):
        return b""
    points = [*_D65, *_PRIMARIES.get(primaries, _SRGB_PRIMARIES)]
    gamma = _SRGB_GAMMA if like_srgb else 1 / _GAMMAS[transfer]
    return _profile_of_points(points, gamma, gray=gray)


def cicp_of(stream: BinaryIO) -> tuple[int, ...]:
    """Return the four numbers of a PNG's cICP chunk, which Pillow passes over; none without it."""
    before, place = stream.tell(), 8
    try:
        for _ in range(1000):
            stream.seek(place)
            start = stream.read(12)
            name, size = start[4:8], int.from_bytes(start[:4], "big")
            if name == b"cICP" and size == 4:
                return tuple(start[8:12])
            if name in (b"IDAT", b"") or len(start) < 12:
                break
            place += 12 + size
        return ()
    finally:
        stream.seek(before)
