"""Scene tasks: the network sees the whole photo small, its answer is brought up to full size."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling, fromarray

from pixrestore.geometry import Geometry, Network
from pixrestore.images import to_float
from pixrestore.images.resizing import Array, resample
from pixrestore.restoring.guided import GuidedUpsampler
from pixrestore.restoring.layers import straight
from pixrestore.restoring.pieces import Piece, Pieces
from pixrestore.restoring.progress import tell
from pixrestore.task import Task, reach

_BAND = 125_000
"""Pixels of a photo that are float at a time: what is made of them stays in a processor's cache."""

_FEWEST_ROWS = 8  # or wide photos would spend more on the rows around each band than on the band

_LONGEST = 8
"""Longer side of what the network sees, in working sizes; longer strips are squeezed."""


def working_shape(height: int, width: int, geometry: Geometry) -> tuple[int, int]:
    """Return height and width to which a photo is brought for the network, before padding.

    The shorter side becomes the working size; photos smaller than that are not enlarged. A network
    of one size sees all photos squeezed to it.
    """
    if geometry.side:
        return geometry.side, geometry.side
    size = geometry.working_size or 256
    scale = min(1.0, size / min(height, width))
    longest = _LONGEST * size
    return (
        max(1, min(round(height * scale), longest)),
        max(1, min(round(width * scale), longest)),
    )


def restore_as_scene(
    task: Task,
    network: Network,
    geometry: Geometry,
    pixels: NDArray[np.generic],
    layers: Mapping[str, NDArray[np.uint8]],
) -> Pieces:
    """Yield a photo band by band with the network's answer at full resolution.

    Parameters
    ----------
    task : Task
        Encodes what the network sees, which is also the guide.
    network, geometry
        The network.
    pixels : ndarray, (H, W, 3), of any dtype of a photo
        Only the band at work is turned to float.
    layers : mapping of str to ndarray
        The guides on which something is painted, premultiplied RGBA, (H, W, 4).
    """
    height, width = pixels.shape[:2]
    scale = task.scale
    whole = height * scale, width * scale
    small = small_degraded(task, geometry, pixels)
    encoded = task.encode(small)
    seen, guides = guided(task, small, layers, encoded)
    answer = whole_answer(network, geometry, seen)
    answer = task.hold(seen, answer, guides)
    upsampler = GuidedUpsampler(_guide(encoded), answer, whole)
    around = reach(scale)
    bands = _bands(height, width)
    for done, band in enumerate(bands):
        tell(done, len(bands))
        top, bottom = max(0, band.start - around), min(height, band.stop + around)
        degraded = to_float(pixels[top:bottom])
        encoded = task.encode(degraded)
        full = upsampler.rows(_guide(encoded), slice(top * scale, bottom * scale))
        rows = slice(band.start * scale, band.stop * scale)
        inner = slice(rows.start - top * scale, rows.stop - top * scale)
        across = slice(0, whole[1])
        yield Piece(rows, across, degraded, encoded, full, (inner, across))


def guided(
    task: Task, small: Array, layers: Mapping[str, NDArray[np.uint8]], encoded: Array
) -> tuple[Array, dict[str, Array]]:
    """Return what the network sees of a small photo with guides, and the guides at its size."""
    guides = {name: straight(shrink(one, small.shape[:2])) for name, one in layers.items()}
    return (task.encode_guided(small, guides) if guides else encoded), guides


def seen_whole(task: Task, geometry: Geometry, pixels: NDArray[np.generic]) -> Array:
    """Return what the network sees of a whole photo at its working size, (h, w, Cx)."""
    return task.encode(small_degraded(task, geometry, pixels))


def small_degraded(task: Task, geometry: Geometry, pixels: NDArray[np.generic]) -> Array:
    """Return a whole photo at the size at which the network sees it, (h, w, 3)."""
    whole = pixels.shape[0] * task.scale, pixels.shape[1] * task.scale
    return shrink(pixels, _degraded_shape(*whole, geometry, task.scale))


def _degraded_shape(height: int, width: int, geometry: Geometry, scale: int) -> tuple[int, int]:
    """Return height and width of the small degraded photo of which the network sees `scale`²."""
    shape = working_shape(height, width, geometry)
    return max(1, shape[0] // scale), max(1, shape[1] // scale)


def shrink(pixels: NDArray[np.generic], shape: tuple[int, int]) -> Array:
    """Bring a photo of any dtype to a small float one, with antialiasing, band by band.

    Blocks are averaged first, down to twice the size wanted, as Pillow's ``reducing_gap`` does for
    whole images in memory.
    """
    height, width = pixels.shape[:2]
    factor = max(1, min(height // (2 * shape[0]), width // (2 * shape[1])))
    if factor == 1:
        return resample(to_float(pixels), shape, Resampling.HAMMING)
    reduced = np.concatenate(
        [_reduced(to_float(pixels[rows]), factor) for rows in _bands(height, width, factor)]
    )
    # The last block of each axis may stand for fewer pixels than the others.
    extent = height / factor, width / factor
    return resample(reduced, shape, Resampling.HAMMING, extent=extent)


def _reduced(band: Array, factor: int) -> Array:
    channels = [fromarray(np.ascontiguousarray(band[..., c])) for c in range(band.shape[-1])]
    return np.stack([np.asarray(channel.reduce(factor)) for channel in channels], axis=-1)


def _bands(height: int, width: int, multiple: int = 1) -> list[slice]:
    rows = -(-max(_FEWEST_ROWS, _BAND // width) // multiple) * multiple
    return [slice(top, min(top + rows, height)) for top in range(0, height, rows)]


def whole_answer(network: Network, geometry: Geometry, small: Array) -> Array:
    """Return the mean of what the network says of a photo and of its mirror image.

    What is on the left of a scene might as well be on the right: the mean is nearer the truth than
    either, and it costs little at this size. An answer may be coarser than what is seen.
    """
    both = np.stack([padded(geometry, small), padded(geometry, small[:, ::-1])])
    answers = network(both)
    factor = both.shape[1] // answers.shape[1]
    height, width = (-(-length // factor) for length in small.shape[:2])
    seen, mirrored = answers[:, :height, :width]
    return np.asarray((seen + mirrored[:, ::-1]) / 2, np.float32)


def padded(geometry: Geometry, small: Array) -> Array:
    """Reflect a picture up to a size that the network takes."""
    down, across = ((-length) % geometry.multiple for length in small.shape[:2])
    if geometry.side:
        down = across = 0
    reflected = np.pad(small, ((0, down), (0, across), (0, 0)), mode="reflect")
    return np.ascontiguousarray(reflected, np.float32)


def _guide(encoded: Array) -> Array:
    """Return one channel to follow: what the network sees, averaged."""
    guide: Array = encoded.mean(axis=-1, dtype=np.float32)
    return guide
