"""The article's autoencoder, with a dense code of fixed length in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixrestore.recipe import Recipe

if TYPE_CHECKING:
    import keras


def bottleneck(
    shape: tuple[int | None, int | None, int],
    channels: int,
    *,
    side: int = 80,
    filters: tuple[int, ...] = (256, 128),
    kernel: int = 5,
    code: int = 2000,
) -> keras.Model:
    """Squeeze a picture of fixed size through a dense code (the article's autoencoder).

    Parameters
    ----------
    shape : tuple
        (H, W, Cx) of the input, of which only Cx counts: height and width are `side`.
    channels : int
        Channels of the answer, each in [0, 1].
    side : int
        Height and width of the network's input, in pixels; a multiple of 4
    filters : tuple of int
        Filters of the outer and of the inner convolutions, on the way in and out
    kernel : int
        Height and width of each convolution, in pixels
    code : int
        Length of the code

    Returns
    -------
    keras.Model
        206,111,315 parameters at the defaults for three channels in and out. The layer named
        ``code`` holds the code.
    """
    from keras import Input, Model, layers

    if side % 4 or len(filters) != 2:
        raise _wrong_size(side, filters)
    outer, inner = filters
    quarter = side // 4

    def convolution(width: int, activation: str = "relu") -> layers.Layer:
        return layers.Conv2D(width, kernel, padding="same", activation=activation)

    picture = Input((side, side, shape[2]))
    x = layers.MaxPooling2D()(convolution(outer)(picture))
    x = layers.MaxPooling2D()(convolution(inner)(x))
    x = layers.Dense(code, activation="relu", name="code")(layers.Flatten()(x))
    x = layers.Dense(quarter * quarter * inner, activation="relu")(x)
    x = layers.UpSampling2D()(layers.Reshape((quarter, quarter, inner))(x))
    x = layers.UpSampling2D()(convolution(inner)(x))
    answer = layers.Conv2D(
        channels, kernel, padding="same", activation="sigmoid", dtype="float32", name="answer"
    )(x)
    return Model(picture, answer, name="bottleneck")


# As in the article: it learns by binary cross-entropy and plain Adam, in batches of 50.
bottleneck.recipe = Recipe(  # type: ignore[attr-defined]
    architecture="bottleneck",
    loss="binary_crossentropy",
    batch=50,
    rate=1e-3,
    schedule="constant",
    warmup=0,
    clip=0.0,
    ema=0.0,
)


def _wrong_size(side: int, filters: tuple[int, ...]) -> Exception:
    from pixrestore.errors import UsageError

    if side % 4:
        return UsageError(f"`side` must be a multiple of 4, not {side}")
    return UsageError(f"`filters` must be two numbers, outer,inner, not {filters}")
