"""A U-Net whose way down has seen the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pixrestore.architectures.efficientnet_lite import VARIANTS, taps_of
from pixrestore.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

ENCODER = "encoder_"
"""What the names of the encoder's layers begin with."""


def pretrained_unet(
    shape: tuple[int | None, int | None, int],
    channels: int,
    *,
    encoder: str = "efficientnet_lite0",
    widths: tuple[int, ...] = (48, 96, 128, 160),
    norm: Literal["none", "batch"] = "batch",
) -> keras.Model:
    """Answer a scene with the features of a network that was trained to name things.

    The way down is an EfficientNet-Lite [1]_ that starts from its ImageNet weights when training
    begins. The way up is a U-Net's [2]_ decoder: at each stride the encoder's features go through a
    1×1 convolution, join what comes from below, and one residual 3×3 convolution follows. The mean
    of the coarsest features is added everywhere. It answers at a quarter of its input's size.

    Parameters
    ----------
    shape : tuple
        (H, W, Cx) of the input, H and W None for any multiple of 32. Cx is 1 for gray or 3 for RGB,
        from 0 to 1.
    channels : int
        Channels of the answer.
    encoder : str
        The way down: efficientnet_lite0, efficientnet_lite1 or efficientnet_lite2.
    widths : tuple of int
        Channels of the way up at strides 4, 8, 16 and 32.
    norm : {"none", "batch"}
        Normalisation in the way up. It can be folded into the convolutions after training, which
        is what "none" then loads.

    References
    ----------
    .. [1] M. Tan, Q. Le, "EfficientNet: Rethinking model scaling for convolutional neural
       networks", ICML 2019; the Lite variants: TensorFlow blog, "Higher accuracy on vision models
       with EfficientNet-Lite", 2020.
    .. [2] O. Ronneberger, P. Fischer, T. Brox, "U-Net", MICCAI 2015.
    """
    import keras
    from keras import layers

    _check(shape[-1], encoder, widths)
    seen = keras.Input(shape)
    # What EfficientNet-Lite was trained on: values from 0 to 255, less 127, over 128.
    taps = taps_of(layers.Rescaling(255 / 128, -127 / 128, name="encoder_scaling")(seen), encoder)

    doubled = _doubling()

    def normalised(x: Any, name: str) -> Any:
        return layers.BatchNormalization(name=f"{name}_norm")(x) if norm == "batch" else x

    x: Any = None
    for tap, width, stride in reversed(list(zip(taps, widths, (4, 8, 16, 32), strict=True))):
        lateral = layers.Conv2D(width, 1, name=f"lateral{stride}")(normalised(tap, f"tap{stride}"))
        if x is None:
            mean = layers.GlobalAveragePooling2D(keepdims=True, name="context_mean")(lateral)
            below = layers.Conv2D(width, 1, name="context")(mean)
        else:
            narrowed = layers.Conv2D(width, 1, name=f"up{stride}")(x)
            below = doubled(name=f"up{stride}_by2")(narrowed)
        x = layers.Add(name=f"joined{stride}")([lateral, below])
        inner = layers.Conv2D(width, 3, padding="same", name=f"block{stride}")(x)
        inner = layers.ReLU(name=f"block{stride}_relu")(normalised(inner, f"block{stride}"))
        x = layers.Add(name=f"block{stride}_add")([x, inner])
    answer = layers.Conv2D(channels, 1, name="answer", dtype="float32")(x)
    return keras.Model(seen, answer, name="pretrained_unet")


def _doubling() -> Any:
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


def _check(seen: int, encoder: str, widths: tuple[int, ...]) -> None:
    if encoder not in VARIANTS:
        raise UsageError(f"there is no encoder {encoder!r}: {nearest(encoder, VARIANTS)}")
    if seen not in (1, 3):
        raise UsageError(f"pretrained_unet sees gray or RGB, not {seen} channels")
    if len(widths) != 4:
        raise UsageError(f"`widths` of pretrained_unet are four, not {len(widths)}")


def load_pretrained(core: keras.Model, arguments: Mapping[str, Any]) -> None:
    """Put the encoder's ImageNet weights into a network that is about to be trained."""
    from pixrestore.architectures.lite_weights import encoder_weights

    encoder = arguments.get("encoder", "efficientnet_lite0")
    for name, weights in encoder_weights(encoder, core.input_shape[-1]).items():
        core.get_layer(name).set_weights(weights)


def fold_norm(trained: keras.Model, plain: keras.Model) -> None:
    """Put a network's weights into one without normalisation that answers the same.

    Parameters
    ----------
    trained : keras.Model
        Of `pretrained_unet` with ``norm="batch"``.
    plain : keras.Model
        Of the same arguments, but ``norm="none"``.
    """
    for layer in plain.layers:
        if not layer.weights:
            continue
        kernel, bias = trained.get_layer(layer.name).get_weights()
        if layer.name.startswith("lateral"):  # normalised before the convolution
            factor, shift = _normalising(trained, layer.name.replace("lateral", "tap"))
            bias = bias + shift @ kernel[0, 0]
            kernel = kernel * factor[:, None]
        elif layer.name.startswith("block"):  # normalised after it
            factor, shift = _normalising(trained, layer.name)
            kernel, bias = kernel * factor, bias * factor + shift
        layer.set_weights([kernel, bias])


def _normalising(trained: keras.Model, name: str) -> tuple[Any, Any]:
    """Return what a layer of batch normalisation multiplies with and adds."""
    layer = trained.get_layer(f"{name}_norm")
    gamma, beta, mean, variance = layer.get_weights()
    factor = gamma / (variance + layer.epsilon) ** 0.5
    return factor, beta - mean * factor


pretrained_unet.load_pretrained = load_pretrained  # type: ignore[attr-defined]
