"""Networks of `keras.applications` as the way down of an architecture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pixrestore.applications import (
    build_application,
    halved_evenly,
    last_at_each_scale,
    preprocess,
    up_to,
)
from pixrestore.errors import TrainingError, UsageError

if TYPE_CHECKING:
    import keras


def taps_of(photo: Any, network: str, strides: Sequence[int], prefix: str) -> list[Any]:
    """Build a network on `photo`; return its answers at some strides.

    Its batch normalisation keeps the statistics that it was trained with.

    Parameters
    ----------
    photo : keras.KerasTensor, (N, H, W, 1 or 3)
        Gray or RGB, in [0, 1].
    network : str
        A name of `keras.applications`.
    strides : sequence of int
        Powers of two, finest first.
    prefix : str
        What the name of the layer that holds the network begins with.

    Raises
    ------
    UsageError
        The network does not halve its input evenly down to each stride.
    """
    from keras import layers

    part = _down_to(build_application(network, None), network, strides, prefix)
    for layer in part.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    if photo.shape[-1] == 1:
        photo = layers.Concatenate(name=f"{prefix}rgb")([photo] * 3)
    answers = part(preprocess(network, photo))
    return [answers] if len(strides) == 1 else list(answers)


def load_weights(core: keras.Model, network: str, strides: Sequence[int], prefix: str) -> None:
    """Put ImageNet weights into the layer that `taps_of` made.

    Raises
    ------
    TrainingError
        Keras cannot download them.
    """
    try:
        whole = build_application(network, "imagenet")
    except Exception as error:  # Keras raises bare exceptions
        cause = " ".join(str(error).split())[:200]
        raise TrainingError(
            f"the ImageNet weights of {network} cannot be downloaded here: {cause}; choose an "
            "efficientnet_lite as the encoder, or random weights"
        ) from error
    seen = _down_to(whole, network, strides, prefix)
    core.get_layer(seen.name).set_weights(seen.get_weights())


def _down_to(whole: keras.Model, network: str, strides: Sequence[int], prefix: str) -> keras.Model:
    """Return the part of a network that answers at some strides."""
    wanted = [stride.bit_length() - 1 for stride in strides]
    last = last_at_each_scale(whole)
    names = {scale: last[scale] for scale in wanted if scale in last}
    if len(names) < len(wanted) or not halved_evenly(whole, names):
        raise UsageError(f"{network} cannot be an encoder: it does not halve its input evenly")
    return up_to(whole, list(names.values()), f"{prefix}{network}")
