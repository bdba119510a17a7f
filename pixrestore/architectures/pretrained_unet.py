"""A U-Net whose way down has seen the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pixrestore.applications import application_names
from pixrestore.architectures import application_encoder, efficientnet_lite
from pixrestore.errors import UsageError, nearest
from pixrestore.recipe import Recipe

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

# What the names of the encoder's layers begin with.
_ENCODER = "encoder_"
_LITE = "efficientnet_lite0"
_MOST_HALVINGS = 5
_GRAY, _RGB = 1, 3


def pretrained_unet(
    shape: tuple[int | None, int | None, int],
    channels: int,
    *,
    encoder: str = _LITE,
    weights: Literal["imagenet", "random"] = "imagenet",
    widths: tuple[int, ...] = (48, 96, 128, 160),
    stop: int = 2,
    photo: int = 0,
    norm: Literal["none", "batch"] = "batch",
    residual: bool = True,
) -> keras.Model:
    """Answer from what a network sees that was trained to name things, ImageNet's encoder.

    The way down is an EfficientNet-Lite [1]_, or a network of `keras.applications`, which starts
    from its ImageNet weights when a training begins. The way up is a U-Net's [2]_: at each stride
    the encoder's features go through a 1×1 convolution and are added to what comes from below, and
    a residual 3×3 convolution follows. The mean of the coarsest features is added everywhere, so
    that each place knows the whole scene.

    Parameters
    ----------
    shape : tuple
        (H, W, Cx) of the input, H and W None for any multiple of 32, values from 0 to 1.
    channels : int
        Cy of the answer.
    encoder : str
        efficientnet_lite0, 1 or 2, or a network of keras.applications
    weights : {"imagenet", "random"}
        What the encoder starts from; imagenet needs the extra "pretrained" or a download
    widths : tuple of int
        Channels of the way up at each stride, finest first
    stop : int
        How often the answer is halved against the input; 2 answers at a quarter of its size
    photo : int
        Channels that are the photo, 1 for gray, 3 for RGB; 0 guesses; the others start out unseen
    norm : {"none", "batch"}
        Normalisation in the way up; shipping folds it into the convolutions
    residual : bool
        Add the input to the answer where their sizes and channels match

    Returns
    -------
    keras.Model
        From (N, H, W, Cx) to (N, H / f, W / f, Cy), linear, float32, where f is ``2 ** stop``.

    References
    ----------
    .. [1] M. Tan, Q. Le, "EfficientNet: Rethinking model scaling for convolutional neural
       networks", ICML 2019; the Lite variants leave out squeeze-and-excitation and swish:
       https://blog.tensorflow.org/2020/03/higher-accuracy-on-vision-models-with-efficientnet-lite.html
    .. [2] O. Ronneberger, P. Fischer, T. Brox, "U-Net: Convolutional networks for biomedical image
       segmentation", MICCAI 2015.
    """
    from keras import Input, Model, layers

    _check(shape[-1], encoder, widths, stop, photo)
    doubled = _doubling_layer()

    def convolved(x: Any, width: int, side: int, name: str) -> Any:
        return layers.Conv2D(width, side, padding="same", name=name)(x)

    def normalised(x: Any, name: str) -> Any:
        return layers.BatchNormalization(name=f"{name}_norm")(x) if norm == "batch" else x

    seen = Input(shape)
    strides = [2**halvings for halvings in range(stop, _MOST_HALVINGS + 1)]
    x: Any = None
    for tap, width, stride in reversed(
        list(zip(_taps(seen, encoder, strides, photo), widths, strides, strict=True))
    ):
        lateral = convolved(normalised(tap, f"tap{stride}"), width, 1, f"lateral{stride}")
        if x is None:
            mean = layers.GlobalAveragePooling2D(keepdims=True, name="context_mean")(lateral)
            below = convolved(mean, width, 1, "context")
        else:
            below = doubled(name=f"up{stride}_by2")(convolved(x, width, 1, f"up{stride}"))
        x = layers.Add(name=f"joined{stride}")([lateral, below])
        inner = normalised(convolved(x, width, 3, f"block{stride}"), f"block{stride}")
        inner = layers.ReLU(name=f"block{stride}_relu")(inner)
        x = layers.Add(name=f"block{stride}_add")([x, inner])
    added = residual and not stop and channels == shape[-1]
    start = "zeros" if added else "glorot_uniform"
    answer = layers.Conv2D(channels, 1, kernel_initializer=start, dtype="float32", name="answer")(x)
    if added:
        answer = layers.Add(dtype="float32", name="answer_added")([seen, answer])
    return Model(seen, answer, name="pretrained_unet")


# As the default colouriser was trained, its two stages in one run.
pretrained_unet.recipe = Recipe(  # type: ignore[attr-defined]
    architecture="pretrained_unet",
    patch=128,
    batch=16,
    rate=6e-4,
    encoder_rate=0.17,
    frozen=0.15,
    decay=1e-3,
    clip=1.0,
)


def _check(seen: int, encoder: str, widths: Sequence[int], stop: int, photo: int) -> None:
    lite = efficientnet_lite.VARIANTS
    if encoder not in lite:
        known = [*lite, *application_names()]
        if encoder not in known:
            raise UsageError(f"there is no encoder {encoder!r}: {nearest(encoder, known)}")
        if seen not in (_GRAY, _RGB):
            raise UsageError(
                f"`encoder` {encoder} sees gray or RGB, not {seen} channels: only "
                f"{', '.join(lite)} see more"
            )
    if not 0 <= stop < _MOST_HALVINGS:
        raise UsageError(f"`stop` must be 0 to {_MOST_HALVINGS - 1}, not {stop}")
    if len(widths) != _MOST_HALVINGS + 1 - stop or not all(0 < width <= 4096 for width in widths):
        given = ",".join(map(str, widths))
        raise UsageError(
            f"`widths` must be {_MOST_HALVINGS + 1 - stop} numbers of 1 to 4096 with `stop` "
            f"{stop}, not {given}"
        )
    if photo not in (0, _GRAY, _RGB) or photo > seen:
        raise UsageError(f"`photo` must be 0, 1 or 3 of the {seen} channels, not {photo}")


def _photo_channels(seen: int, photo: int) -> int:
    return photo or (_RGB if seen == _RGB else _GRAY)


def _taps(seen: Any, encoder: str, strides: Sequence[int], photo: int) -> list[Any]:
    """Return the encoder's answers at some strides; at stride 1 the input itself."""
    halved = [stride for stride in strides if stride > 1]
    whole = [seen] * (len(strides) - len(halved))
    if encoder in efficientnet_lite.VARIANTS:
        return whole + efficientnet_lite.taps_of(_scaled(seen, photo), encoder, halved, _ENCODER)
    return whole + application_encoder.taps_of(seen, encoder, halved, _ENCODER)


def _scaled(seen: Any, photo: int) -> Any:
    """Give the photo the range EfficientNet-Lite was trained on: 0 to 255, less 127, over 128."""
    from keras import layers

    scale: Any = 255 / 128
    offset: Any = -127 / 128
    beside = seen.shape[-1] - _photo_channels(seen.shape[-1], photo)
    if beside:
        own = seen.shape[-1] - beside
        scale, offset = [scale] * own + [1.0] * beside, [offset] * own + [0.0] * beside
    return layers.Rescaling(scale, offset, name=f"{_ENCODER}scaling")(seen)


def _doubling_layer() -> Any:
    """Return the layer that doubles height and width; Keras' own needs to know them beforehand."""
    import keras
    import tensorflow as tf

    class Doubled(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return tf.image.resize(x, 2 * tf.shape(x)[1:3])

        def compute_output_shape(self, shape: Any) -> Any:
            count, height, width, channels = shape
            return (count, height and 2 * height, width and 2 * width, channels)

    return Doubled


def _load_pretrained(core: keras.Model, arguments: Mapping[str, Any]) -> None:
    """Put the encoder's ImageNet weights into a network that is about to be trained."""
    settled = {**(pretrained_unet.__kwdefaults__ or {}), **arguments}
    if settled["weights"] == "random":
        return
    encoder = settled["encoder"]
    if encoder not in efficientnet_lite.VARIANTS:
        strides = [2**halvings for halvings in range(max(1, settled["stop"]), _MOST_HALVINGS + 1)]
        application_encoder.load_weights(core, encoder, strides, _ENCODER)
        return
    from pixrestore.architectures.lite_weights import encoder_weights

    seen = core.input_shape[-1]
    photo = _photo_channels(seen, settled["photo"])
    for name, weights in encoder_weights(encoder, photo, seen - photo).items():
        core.get_layer(f"{_ENCODER}{name}").set_weights(weights)


def _fold(core: keras.Model, arguments: Mapping[str, Any]) -> tuple[keras.Model, dict[str, Any]]:
    """Return the same network without batch normalisation, and the arguments that build it."""
    plain = {**arguments, "norm": "none"}
    folded = pretrained_unet(core.input_shape[1:], core.output_shape[-1], **plain)
    known = {layer.name: layer for layer in core.layers}
    for layer in folded.layers:
        if not layer.weights:
            continue
        weights = known[layer.name].get_weights()
        # What is normalised before a 1×1 convolution can go into it; after one, into any.
        before = known.get(f"tap{layer.name.removeprefix('lateral')}_norm")
        after = known.get(f"{layer.name}_norm")
        if before is not None and layer.name.startswith("lateral"):
            factor, shift = _affine(before)
            kernel, bias = weights
            weights = [kernel * factor[:, None], bias + shift @ kernel[0, 0]]
        if after is not None:
            factor, shift = _affine(after)
            kernel, bias = weights
            weights = [kernel * factor, bias * factor + shift]
        layer.set_weights(weights)
    return folded, plain


def _affine(norm: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return factor and shift of what batch normalisation does once it is trained."""
    gamma, beta, mean, variance = norm.get_weights()
    factor = gamma / (variance + norm.epsilon) ** 0.5
    return factor, beta - mean * factor


pretrained_unet.load_pretrained = _load_pretrained  # type: ignore[attr-defined]
pretrained_unet.fold = _fold  # type: ignore[attr-defined]
