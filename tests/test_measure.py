"""What sizes suit a network, found by trying it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from pixrestore.architectures.unet import unet
from pixrestore.backend import import_keras
from pixrestore.errors import PluginError
from pixrestore.images import decode_rgb8
from pixrestore.network.build import answer_factor
from pixrestore.network.measure import fixed_side, measure_margin, size_multiple

FREE = (None, None, 3)


def network(*steps, shape=FREE):
    """Return a Keras network of the given layers."""
    keras = import_keras()
    picture = keras.Input(shape)
    x = picture
    for step in steps:
        x = step(x)
    return keras.Model(picture, x, name="odd")


@pytest.mark.parametrize(
    ("arguments", "multiple"),
    [
        ({"widths": (4,), "blocks": (1,), "shuffle": 1}, 1),
        ({"widths": (4,), "blocks": (1,)}, 2),
        ({"widths": (4, 4, 4), "blocks": (1, 1, 1)}, 8),
        ({"widths": (4, 4), "blocks": (1, 1), "shuffle": 3}, 6),
        ({"widths": (4, 4, 4), "blocks": (1, 1, 1), "shuffle": 5}, 20),
    ],
)
def test_the_multiple_is_found(arguments, multiple):
    core = unet(FREE, 3, **arguments)
    assert size_multiple(core) == multiple
    side = 3 * multiple
    answer = core(np.zeros((1, side, 2 * side, 3), np.float32))
    assert answer.shape[1:3] == (side, 2 * side)


@pytest.mark.parametrize(("stop", "factor"), [(0, 1), (1, 4), (2, 8)])
def test_the_multiple_of_a_smaller_answer(stop, factor):
    core = unet(FREE, 3, widths=(4, 4, 4), blocks=(1, 1, 1), stop=stop)
    assert size_multiple(core) == 8
    assert answer_factor(core) == factor


def test_a_network_that_crops_has_no_multiple():
    layers = import_keras().layers
    with pytest.raises(PluginError, match="odd does not answer at its input's size or a part"):
        size_multiple(network(layers.Conv2D(3, 3)))


def test_fixed_sides():
    convolution = import_keras().layers.Conv2D(3, 1)
    assert fixed_side(network(convolution)) is None
    assert fixed_side(network(convolution, shape=(16, 16, 3))) == 16
    with pytest.raises(PluginError, match="must take squares, not 16 by 24"):
        fixed_side(network(convolution, shape=(16, 24, 3)))


@pytest.fixture(scope="module")
def xs(samples):
    photos = [decode_rgb8(samples / f"{name}.jpg") for name in ("coffee", "raccoon")]
    return np.stack([photo[:240, :240] for photo in photos]).astype(np.float32) / 255


class TestMargin:
    @pytest.mark.parametrize(("radius", "margin"), [(0, 16), (7, 16), (17, 32), (40, 48)])
    def test_it_covers_how_far_a_network_looks(self, xs, radius, margin):
        def blur(x):
            size = 2 * radius + 1
            return uniform_filter(x, (0, size, size, 0), mode="constant")

        assert measure_margin(blur, xs, 4) == margin

    def test_it_is_a_multiple_of_the_networks(self, xs):
        assert measure_margin(lambda x: x, xs, 24) == 24

    def test_the_widest_is_taken_when_none_suffices(self, xs):
        def relative(x):
            return x - x.mean(axis=(1, 2), keepdims=True)

        widest = measure_margin(relative, xs, 8)
        assert widest % 8 == 0
        assert 64 <= widest < 240 / 2
