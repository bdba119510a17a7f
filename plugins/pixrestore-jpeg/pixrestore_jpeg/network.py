"""An architecture of its own: a function that builds a Keras model."""

from __future__ import annotations


def dncnn(shape, channels, *, width: int = 64, depth: int = 17, norm: bool = True):
    """Answer the difference between input and truth by a plain stack of convolutions (DnCNN).

    Parameters
    ----------
    shape : tuple
        (H, W, Cx) of the input, of any size
    channels : int
        Cy of the answer
    width : int
        Channels of the layers between
    depth : int
        Convolutions of 3×3; the network sees as many pixels around each
    norm : bool
        Normalise each layer over the batch

    Returns
    -------
    keras.Model
        From (N, H, W, Cx) to (N, H, W, Cy).

    References
    ----------
    K. Zhang et al., "Beyond a Gaussian denoiser: residual learning of deep CNN for image
    denoising", IEEE TIP 26(7), 2017, which removes JPEG blocks too.
    """
    from keras import Input, Model, layers

    def convolution(filters, start="he_normal", **settings):
        return layers.Conv2D(filters, 3, padding="same", kernel_initializer=start, **settings)

    picture = Input(shape)
    x = layers.ReLU()(convolution(width)(picture))
    for _ in range(depth - 2):
        x = convolution(width, use_bias=not norm)(x)
        if norm:
            x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    # Starting at zero, it answers its input until it has learned better.
    answer = convolution(channels, start="zeros", dtype="float32")(x)
    if channels == shape[-1]:
        answer = layers.Add(dtype="float32")([picture, answer])
    return Model(picture, answer, name="dncnn")
