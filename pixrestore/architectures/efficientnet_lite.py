"""EfficientNet-Lite, layer by layer: a small network that has seen the photos of ImageNet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Factors of width and depth against Lite0.
VARIANTS = {
    "efficientnet_lite0": (1.0, 1.0),
    "efficientnet_lite1": (1.0, 1.1),
    "efficientnet_lite2": (1.1, 1.2),
}
# Of each stage: expansion, kernel, stride, filters, blocks (Tan & Le, ICML 2019, table 1).
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
_STEM_FILTERS = 32
# Stages whose output is the last at its stride.
_TAPS = {0: 2, 1: 4, 2: 8, 4: 16, 6: 32}


@dataclass(frozen=True)
class Block:
    """One inverted residual block (Sandler et al., CVPR 2018).

    Attributes
    ----------
    name : str
        What the names of its layers begin with.
    expansion, kernel, stride : int
        Factor of the inner width; side of the depthwise kernel; 1, or 2 to halve the size.
    seen, filters : int
        Channels in and out.
    tap : int
        The stride that it is the last at; 0 where others follow.
    """

    name: str
    expansion: int
    kernel: int
    stride: int
    seen: int
    filters: int
    tap: int

    @property
    def residual(self) -> bool:
        """Whether its input is added to what it answers."""
        return self.stride == 1 and self.seen == self.filters


def blocks_of(variant: str) -> Iterator[Block]:
    """Yield the blocks of a variant, from the stem on."""
    width, depth = VARIANTS[variant]
    seen, number, last = _STEM_FILTERS, 0, len(_STAGES) - 1
    for stage, (expansion, kernel, stride, filters, count) in enumerate(_STAGES):
        answered = _rounded(filters * width)
        # The Lite variants deepen no first and no last stage.
        repeats = count if stage in (0, last) else math.ceil(count * depth)
        for place in range(repeats):
            yield Block(
                f"block{number}",
                expansion,
                kernel,
                stride if place == 0 else 1,
                seen,
                answered,
                _TAPS.get(stage, 0) if place == repeats - 1 else 0,
            )
            seen, number = answered, number + 1


def _rounded(filters: float) -> int:
    """Return the nearest multiple of 8 that is not more than a tenth below."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * filters else rounded + 8


def taps_of(picture: Any, variant: str, strides: Sequence[int], prefix: str) -> list[Any]:
    """Build a variant on `picture`; return its answers at some strides.

    Batch normalisation is folded into the convolutions: its statistics stay those of ImageNet, and
    half of the memory traffic is saved.

    Parameters
    ----------
    picture : keras.KerasTensor, (N, H, W, C)
        As the encoder expects it: sRGB from 0 to 255, less 127, over 128; one channel is gray.
    variant : str
        One of `VARIANTS`.
    strides : sequence of int
        Of 2, 4, 8, 16 and 32, finest first.
    prefix : str
        What the names of the layers begin with.
    """
    from keras import layers

    def convolved(x: Any, filters: int, name: str, **settings: Any) -> Any:
        x = layers.Conv2D(filters, padding="same", name=f"{prefix}{name}", **settings)(x)
        return layers.ReLU(6.0, name=f"{prefix}{name}_relu")(x)

    x = convolved(picture, _STEM_FILTERS, "stem", kernel_size=3, strides=2)
    taps = {}
    for block in blocks_of(variant):
        before = x
        if block.expansion > 1:
            inner = block.seen * block.expansion
            x = convolved(x, inner, f"{block.name}_expand", kernel_size=1)
        depthwise = f"{prefix}{block.name}_depthwise"
        x = layers.DepthwiseConv2D(
            block.kernel, strides=block.stride, padding="same", name=depthwise
        )(x)
        x = layers.ReLU(6.0, name=f"{depthwise}_relu")(x)
        x = layers.Conv2D(block.filters, 1, name=f"{prefix}{block.name}_project")(x)
        if block.residual:
            x = layers.Add(name=f"{prefix}{block.name}_add")([before, x])
        taps[block.tap] = x
    return [taps[stride] for stride in strides]
