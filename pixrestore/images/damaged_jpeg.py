"""How much of a JPEG's picture is there.

A decoder fills what a scan lacks with gray and says nothing. So noise is put behind the data of
every scan, where a whole one has no more need of it: what then comes out otherwise was missing.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixrestore.images.findings import Findings
from pixrestore.images.limits import refuse_claims, without_pillows_limit

_MARKER = re.compile(rb"\xff[\x01-\xfe]")
_BASELINE, _PROGRESSIVE = (0xC0, 0xC1), 0xC2
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_RESTARTS = range(0xD0, 0xD8)
_SOI, _EOI, _SOS, _DRI = 0xD8, 0xD9, 0xDA, 0xDD
_END = b"\xff\xd9"

# The fewest bits for 8 x 8 pixels: one for their mean, and in a progressive file none for the rest.
_PIXELS_A_BYTE = 8 * 64

_NOISE = np.random.default_rng(0).integers(0, 255, 256, np.uint8).tobytes()


@dataclass
class _Scan:
    """The compressed data of one scan."""

    start: int
    end: int
    parts: list[int]  # where each part ends: at a restart marker, or at the scan's end
    components: tuple[int, ...]
    band: tuple[int, int]
    low_bit: int


@dataclass
class _Layout:
    """Where a JPEG holds what."""

    frame: int = 0
    width: int = 0
    height: int = 0
    sampling: dict[int, tuple[int, int]] = field(default_factory=dict)
    interval: int = 0
    scans: list[_Scan] = field(default_factory=list)
    end: int = 0
    ended: bool = False

    @property
    def unit(self) -> tuple[int, int]:
        """Height and width of what is stored together, in pixels."""
        if len(self.sampling) == 1:
            return 8, 8
        across, down = (max(each) for each in zip(*self.sampling.values(), strict=True))
        return 8 * down, 8 * across


def examine_jpeg(stream: BinaryIO, max_pixels: int, damaged: bool) -> Findings:
    """Examine a JPEG, as `findings.Examiner` says; a file that has no end gets one in its copy."""
    data = stream.read()
    layout = _layout(data)
    if not layout.sampling:
        return Findings()  # the decoder knows better what is wrong
    held = sum(scan.end - scan.start for scan in layout.scans)
    if layout.width * layout.height > max_pixels:
        return Findings()
    refuse_claims(layout.width, layout.height, held, _PIXELS_A_BYTE)
    mended = None if layout.ended else data[: layout.end] + _END
    if layout.frame not in (*_BASELINE, _PROGRESSIVE):
        return Findings(mended=mended)
    if not _complete(layout):
        return Findings(1.0, "detail", mended)
    what = "missing" if layout.frame != _PROGRESSIVE else "missing or lack detail"
    return Findings(_missing(data, layout), what, mended)


def _layout(data: bytes) -> _Layout:
    """Walk through a JPEG's segments, up to the end of its first picture."""
    layout, place = _Layout(end=len(data)), 2
    while found := _MARKER.search(data, place):
        marker, place = data[found.start() + 1], found.end()
        if marker == _EOI:
            layout.end, layout.ended = found.start(), True
            break
        if marker == _SOI or marker in _RESTARTS or marker == 1:
            continue
        body = data[place + 2 : place + int.from_bytes(data[place : place + 2], "big")]
        place += 2 + len(body)
        if marker in _FRAMES and not layout.sampling:
            _read_frame(layout, marker, body)
        elif marker == _DRI:
            layout.interval = int.from_bytes(body[:2], "big")
        elif marker == _SOS:
            scan = _scan(data, place, body)
            if scan is None:
                break
            layout.scans.append(scan)
            place = scan.end
    return layout


def _read_frame(layout: _Layout, marker: int, body: bytes) -> None:
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        return
    layout.frame = marker
    layout.height, layout.width = (int.from_bytes(body[i : i + 2], "big") for i in (1, 3))
    for at in range(6, 6 + 3 * body[5], 3):
        layout.sampling[body[at]] = max(1, body[at + 1] >> 4), max(1, body[at + 1] & 15)


def _scan(data: bytes, start: int, body: bytes) -> _Scan | None:
    """Return the scan whose header is `body` and whose data begin at `start`."""
    if not body or len(body) < 4 + 2 * body[0]:
        return None
    parts: list[int] = []
    end = len(data)
    for found in _MARKER.finditer(data, start):
        if data[found.start() + 1] in _RESTARTS:
            parts.append(found.start())
        else:
            end = found.start()
            break
    # A file may be cut between the two bytes of a marker.
    if end == len(data) and data.endswith(b"\xff"):
        end -= 1
    count = body[0]
    first, last, bits = body[1 + 2 * count : 4 + 2 * count]
    return _Scan(
        start, end, [*parts, end], tuple(body[1 : 1 + 2 * count : 2]), (first, last), bits & 15
    )


def _complete(layout: _Layout) -> bool:
    """Say whether every component's every coefficient has a scan that gives its last bit."""
    if layout.frame != _PROGRESSIVE:
        return {c for scan in layout.scans for c in scan.components} >= set(layout.sampling)
    known = {component: np.zeros(64, bool) for component in layout.sampling}
    for scan in layout.scans:
        for component in scan.components:
            if scan.low_bit == 0 and component in known:
                known[component][scan.band[0] : scan.band[1] + 1] = True
    # Encoders leave out scans of a chroma that has no detail at all, never those of the means.
    first = next(iter(known))
    return bool(known[first].all()) and all(each[0] for each in known.values())


def _missing(data: bytes, layout: _Layout) -> float:
    """Return the share of the picture that scans do not reach."""
    single = layout.frame != _PROGRESSIVE and len(layout.scans) == 1
    # The means of 8 x 8 pixels show where data end, but not where only detail is missing.
    as_it_is, scale = _decoded(data[: layout.end] + _END, small=single)
    with_noise, _ = _decoded(_noisy(data, layout), small=single)
    differs = (as_it_is != with_noise).any(axis=-1)
    del as_it_is, with_noise
    units = _by_unit(differs, layout.unit, scale).ravel()
    interval = layout.interval if single else 0
    if interval:
        lost = -(-len(units) // interval) - len(layout.scans[0].parts)
        parts = np.pad(units, (0, -len(units) % interval)).reshape(-1, interval)
        parts = np.maximum.accumulate(parts, axis=1)
        return min(1.0, max(float(parts.mean()), lost / len(parts)))
    return float(np.maximum.accumulate(units).mean())


def _noisy(data: bytes, layout: _Layout) -> bytes:
    pieces, place = [], 0
    for scan in layout.scans:
        for end in scan.parts:
            pieces += [data[place:end], _NOISE]
            place = end
    return b"".join([*pieces, data[place : layout.end], _END])


def _decoded(data: bytes, *, small: bool) -> tuple[NDArray[np.uint8], int]:
    """Return the picture, where `small` at an eighth of its size or the next, and that scale."""
    with without_pillows_limit():
        image = Image.open(io.BytesIO(data), formats=("JPEG",))
    with image:
        full = image.size
        if small:
            image.draft(None, (max(1, full[0] // 8), max(1, full[1] // 8)))
        image.load()
        scale = max(
            scale
            for scale in (1, 2, 4, 8)
            if image.size == (-(-full[0] // scale), -(-full[1] // scale))
        )
        pixels = np.asarray(image)
    return (pixels if pixels.ndim == 3 else pixels[..., None]), scale


def _by_unit(differs: NDArray[np.bool_], unit: tuple[int, int], scale: int) -> NDArray[np.bool_]:
    """Say of each unit whether any of its pixels differs."""
    down, across = (max(1, side // scale) for side in unit)
    height, width = differs.shape
    padded = np.pad(differs, ((0, -height % down), (0, -width % across)))
    blocks = padded.reshape(padded.shape[0] // down, down, padded.shape[1] // across, across)
    return np.asarray(blocks.any(axis=(1, 3)))
