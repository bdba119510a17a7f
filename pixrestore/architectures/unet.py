"""The default architecture: a residual U-Net on unshuffled pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import keras


_MOST_SCALES = 7


def unet(
    shape: tuple[int | None, int | None, int],
    channels: int,
    *,
    widths: tuple[int, ...] = (32, 64, 128),
    blocks: tuple[int, ...] = (2, 2, 2),
    shuffle: int = 2,
    stop: int = 0,
    context: bool = False,
    norm: Literal["none", "batch"] = "none",
    bias: bool = True,
    residual: bool = True,
) -> keras.Model:
    """Answer each pixel from its surroundings at several scales (a residual U-Net).

    Residual blocks of two 3×3 convolutions on each scale, strided convolutions between the scales,
    skips by addition [2]_. It works on space-to-depth pixels [1]_. The last convolution of each
    residual branch and of the network starts at zero, so that the untrained network is the
    identity.

    Parameters
    ----------
    shape : tuple
        (H, W, Cx) of the input, any multiple of ``shuffle * 2 ** (len(widths) - 1)`` or None.
    channels : int
        Cy of the answer.
    widths : tuple of int
        Channels of each scale, finest first
    blocks : tuple of int
        Residual blocks of each scale, on the way down and again on the way up
    shuffle : int
        Space-to-depth factor of the input
    stop : int
        Scale at which decoding stops; above 0 the answer is that much smaller than the input
    context : bool
        Add what the whole picture holds, one vector, at the coarsest scale; for scene tasks only
    norm : {"none", "batch"}
        Normalisation in the residual blocks
    bias : bool
        Give convolutions a bias
    residual : bool
        Add the input to the answer where their channels match

    Returns
    -------
    keras.Model
        From (N, H, W, Cx) to (N, H / f, W / f, Cy), linear, float32; f is 1 unless `stop` is more
        than 0, then ``shuffle * 2 ** stop``.

    References
    ----------
    .. [1] K. Zhang, W. Zuo, L. Zhang, "FFDNet: Toward a fast and flexible solution for CNN-based
       image denoising", IEEE TIP 27(9), 2018.
    .. [2] O. Ronneberger, P. Fischer, T. Brox, "U-Net: Convolutional networks for biomedical image
       segmentation", MICCAI 2015.
    """
    from keras import Input, Model, layers

    _check(widths, blocks, shuffle, stop)
    parts = _Parts(norm, bias)
    picture = Input(shape)
    x = parts.convolution(parts.unshuffled(picture, shuffle), widths[0])
    skips = []
    for width, count in zip(widths[1:], blocks[:-1], strict=True):
        x = parts.stack(x, count)
        skips.append(x)
        x = layers.Conv2D(width, 2, strides=2, use_bias=bias, kernel_initializer="he_normal")(x)
    x = parts.stack(x, blocks[-1])
    if context:
        x = parts.stack(parts.with_context(x), 1)
    for scale in reversed(range(stop, len(widths) - 1)):
        x = layers.Conv2DTranspose(widths[scale], 2, strides=2, use_bias=bias)(x)
        x = parts.stack(layers.Add()([x, skips[scale]]), blocks[scale])
    if stop:
        answer = parts.coarse(x, channels)
    else:
        answer = parts.shuffled(x, channels, shuffle)
    if residual and not stop and channels == shape[-1]:
        answer = layers.Add(dtype="float32", name="answer")([picture, answer])
    return Model(picture, answer, name="unet")


def _check(widths: tuple[int, ...], blocks: tuple[int, ...], shuffle: int, stop: int) -> None:
    from pixrestore.errors import UsageError

    if not widths or len(widths) != len(blocks):
        raise UsageError(
            f"`widths` and `blocks` must have the same length, not {widths} and {blocks}"
        )
    for name, values, least, most in (
        ("widths", widths, 1, 4096),
        ("blocks", blocks, 0, 64),
        ("shuffle", (shuffle,), 1, 16),
    ):
        if not all(least <= value <= most for value in values):
            given = ",".join(map(str, values))
            raise UsageError(f"`{name}` must be {least} to {most}, not {given}")
    if len(widths) > _MOST_SCALES:
        raise UsageError(f"`widths` must have {_MOST_SCALES} scales at most, not {len(widths)}")
    if not 0 <= stop < len(widths):
        raise UsageError(f"`stop` must be 0 to {len(widths) - 1}, not {stop}")


class _Parts:
    """The layers that a U-Net repeats."""

    def __init__(self, norm: str, bias: bool) -> None:
        self.norm = norm
        self.bias = bias

    def convolution(self, x: Any, width: int, zero: bool = False, **settings: Any) -> Any:
        """Convolve 3×3; `zero` makes it start by answering nothing."""
        from keras import layers

        start = "zeros" if zero else "he_normal"
        return layers.Conv2D(
            width, 3, padding="same", use_bias=self.bias, kernel_initializer=start, **settings
        )(x)

    def block(self, x: Any) -> Any:
        """Add two convolutions' answer to `x`."""
        from keras import layers

        y = self.convolution(x, x.shape[-1])
        if self.norm == "batch":
            y = layers.BatchNormalization(momentum=0.98, epsilon=1e-3)(y)
        y = self.convolution(layers.ReLU()(y), x.shape[-1], zero=True)
        return layers.Add()([x, y])

    def stack(self, x: Any, count: int) -> Any:
        """Chain `count` blocks."""
        for _ in range(count):
            x = self.block(x)
        return x

    def with_context(self, x: Any) -> Any:
        """Add a vector drawn from the whole picture to every place of it."""
        from keras import layers

        scene = layers.GlobalAveragePooling2D(keepdims=True)(x)
        scene = layers.Dense(x.shape[-1], activation="relu")(scene)
        return layers.Add()([x, layers.Dense(x.shape[-1])(scene)])

    def unshuffled(self, x: Any, factor: int) -> Any:
        """Fold `factor`² pixels into the channels of one."""
        return _shuffle_layers()[0](factor)(x) if factor > 1 else x

    def shuffled(self, x: Any, channels: int, factor: int) -> Any:
        """Answer `factor`² pixels in each place, then unfold them."""
        x = self.convolution(x, channels * factor**2, zero=True, dtype="float32")
        return _shuffle_layers()[1](factor, dtype="float32")(x) if factor > 1 else x

    def coarse(self, x: Any, channels: int) -> Any:
        """Answer once in each place."""
        from keras import layers

        return layers.Conv2D(channels, 1, kernel_initializer="zeros", dtype="float32")(
            layers.ReLU()(x)
        )


def _shuffle_layers() -> tuple[type, type]:
    """Return the space-to-depth and depth-to-space layers, made here since keras loads late."""
    import tensorflow as tf
    from keras import layers

    class SpaceToDepth(layers.Layer):
        def __init__(self, factor: int, **settings: Any) -> None:
            super().__init__(**settings)
            self.factor = factor

        def call(self, x: Any) -> Any:
            return tf.nn.space_to_depth(x, self.factor)

    class DepthToSpace(SpaceToDepth):
        def call(self, x: Any) -> Any:
            return tf.nn.depth_to_space(x, self.factor)

    return SpaceToDepth, DepthToSpace
