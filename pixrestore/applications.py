"""Networks of `keras.applications`: found by name, fed as they expect, cut at each scale."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pixrestore.backend import import_keras
from pixrestore.errors import UnknownNameError, nearest

if TYPE_CHECKING:
    import keras

# Keras' networks are built at this size to see at which scale each of their layers works.
_SIDE = 224


def application_names() -> list[str]:
    """List the networks that Keras offers."""
    applications = vars(import_keras().applications)
    return [name for name, value in applications.items() if callable(value)]


def build_application(name: str, weights: str | None) -> keras.Model:
    """Build a network without its classifier.

    Parameters
    ----------
    name : str
        Such as ``"MobileNetV2"``.
    weights : str or None
        ``"imagenet"``, a file, or None for random ones. Keras downloads the first, and raises
        errors of many kinds where it cannot, or where a file does not fit.

    Raises
    ------
    UnknownNameError
        Keras has no such network.
    """
    application = _application(name)
    network: keras.Model = application(
        input_shape=(_SIDE, _SIDE, 3), include_top=False, weights=weights
    )
    return network


def preprocess(name: str, picture: Any) -> Any:
    """Bring RGB in [0, 1], (N, H, W, 3), to the range that a network was trained on."""
    return importlib.import_module(_application(name).__module__).preprocess_input(255.0 * picture)


def last_at_each_scale(network: keras.Model) -> dict[int, str]:
    """Name the last layer at each scale, by how often it was halved; finest first."""
    from keras.layers import ZeroPadding2D

    last: dict[int, str] = {}
    for layer in network.layers[1:]:
        shape: tuple[int, ...] = getattr(layer.output, "shape", ())
        if len(shape) == 4 and shape[1] == shape[2] and not isinstance(layer, ZeroPadding2D):
            # Convolutions without padding make some a little smaller than their scale is.
            last[round(math.log2(_SIDE / shape[1]))] = layer.name
    return {scale: last[scale] for scale in sorted(last)}


def halved_evenly(network: keras.Model, names: dict[int, str]) -> bool:
    """Tell whether the layers answer at exact fractions of the input's size."""
    return all(
        network.get_layer(layer).output.shape[1] == _SIDE >> scale for scale, layer in names.items()
    )


def up_to(network: keras.Model, layers: Sequence[str], name: str | None = None) -> keras.Model:
    """Return the same weights from pictures of any size to what some layers answer."""
    import keras

    part = keras.Model(network.input, [network.get_layer(layer).output for layer in layers])
    free = keras.models.clone_model(part, input_tensors=keras.Input((None, None, 3)))
    if name:
        free = keras.Model(free.input, free.outputs, name=name)
    free.set_weights(part.get_weights())
    return free


def _application(name: str) -> Any:
    """Return the function that builds a network."""
    known = application_names()
    if name not in known:
        raise UnknownNameError(
            f"keras.applications has no network {name!r}: {nearest(name, known)}"
        )
    return vars(import_keras().applications)[name]
