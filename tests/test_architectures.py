"""The built-in architectures: sizes, parameters, what they see of a picture."""

from __future__ import annotations

import numpy as np
import pytest

from pixrestore.architectures.bottleneck import bottleneck
from pixrestore.architectures.unet import unet
from pixrestore.backend import import_keras
from pixrestore.errors import PluginError, UsageError
from pixrestore.network.build import build_core, reading
from pixrestore.plugins.kinds import ARCHITECTURES
from pixrestore.plugins.loading import load_plugins
from pixrestore.plugins.losses import find_loss

FREE = (None, None, 3)
TINY = {"widths": (4, 8), "blocks": (1, 1)}


@pytest.fixture
def unallocated():
    """Build networks without memory for their weights, which may be many."""
    keras = import_keras()
    with keras.StatelessScope(initialize_variables=False):
        yield keras
    # Keras would otherwise make up for the weights when the next network is built.
    keras.utils.clear_session()


def shaken(model, seed=0):
    """Give a network weights that make all of it count."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(rng.normal(0, 0.2, weight.shape))
    return model


def picture(height, width, channels=3, seed=0):
    return np.random.default_rng(seed).random((1, height, width, channels), np.float32)


def run(model, x):
    return np.asarray(model(x, training=False))


def layers_of(model, kind):
    return [layer for layer in model.layers if type(layer).__name__ == kind]


def test_both_come_through_the_hook():
    plugins = load_plugins()
    assert plugins.find(ARCHITECTURES, "unet") is unet
    assert plugins.find(ARCHITECTURES, "bottleneck") is bottleneck


class TestBottleneck:
    def test_it_has_the_articles_parameters(self, unallocated):
        assert bottleneck(FREE, 3).count_params() == 206_111_315

    def test_it_is_the_articles_network(self, unallocated):
        model = bottleneck(FREE, 3)
        assert model.input_shape == (None, 80, 80, 3)
        assert model.output_shape == (None, 80, 80, 3)
        convolutions = layers_of(model, "Conv2D")
        assert [c.filters for c in convolutions] == [256, 128, 128, 3]
        assert {c.kernel_size for c in convolutions} == {(5, 5)}
        code, back = layers_of(model, "Dense")
        assert (code.name, code.units) == ("code", 2000)
        assert back.units == 20 * 20 * 128
        assert len(layers_of(model, "MaxPooling2D")) == len(layers_of(model, "UpSampling2D")) == 2
        assert convolutions[-1].activation.__name__ == "sigmoid"

    def test_its_recipe_is_the_articles(self):
        recipe = bottleneck.recipe
        assert recipe.loss == "binary_crossentropy"
        assert recipe.decay == 0  # Adam itself
        assert recipe.batch == 50

    def test_everything_about_it_is_an_argument(self):
        model = bottleneck(FREE, 2, side=16, filters=(6, 5), kernel=3, code=7)
        assert model.input_shape == (None, 16, 16, 3)
        assert model.output_shape == (None, 16, 16, 2)
        assert model.get_layer("code").units == 7
        assert [c.filters for c in layers_of(model, "Conv2D")] == [6, 5, 5, 2]
        answer = run(shaken(model), picture(16, 16))
        assert 0 <= answer.min() < answer.max() <= 1

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ({"side": 30}, "`side` must be a multiple of 4, not 30"),
            ({"filters": (8, 8, 8)}, "`filters` must be two numbers"),
            ({"code": 0}, "bottleneck cannot be built"),
            ({"kernel": -1}, "bottleneck cannot be built"),
        ],
    )
    def test_wrong_arguments(self, arguments, says):
        small = {"side": 16, "filters": (4, 4), "code": 4}
        with pytest.raises((UsageError, PluginError), match=says) as caught:
            build_core("bottleneck", {**small, **arguments}, (3, 3), find_loss("mse"))
        assert "\n" not in str(caught.value)


class TestUnet:
    @pytest.mark.parametrize("arguments", [{}, {"norm": "batch"}, {"shuffle": 1}, {"bias": False}])
    def test_untrained_it_is_the_identity(self, arguments):
        x = picture(24, 32)
        assert np.array_equal(run(unet(FREE, 3, **TINY, **arguments), x), x)

    def test_untrained_it_answers_nothing_where_channels_differ(self):
        assert not run(unet((None, None, 1), 2, **TINY), picture(8, 8, 1)).any()
        assert not run(unet(FREE, 3, residual=False, **TINY), picture(8, 8)).any()

    @pytest.mark.parametrize(("height", "width"), [(8, 8), (8, 40), (64, 16), (72, 24)])
    def test_it_answers_at_the_size_of_its_input(self, height, width):
        model = unet(FREE, 2, widths=(4, 6, 8), blocks=(1, 1, 1))
        assert run(model, picture(height, width)).shape == (1, height, width, 2)

    @pytest.mark.parametrize(("stop", "fraction"), [(1, 4), (2, 8)])
    def test_it_may_answer_at_a_fraction(self, stop, fraction):
        model = unet(FREE, 2, widths=(4, 6, 8), blocks=(1, 1, 1), stop=stop)
        assert run(model, picture(32, 48)).shape == (1, 32 // fraction, 48 // fraction, 2)
        read = reading(model, find_loss("charbonnier"))
        assert run(read, picture(32, 48)).shape == (1, 32, 48, 2)

    def test_a_colour_read_from_classes_is_enlarged_to_the_photo(self):
        loss = find_loss("chroma_classes", {"step": 30.0})
        core = build_core("unet", {**TINY, "stop": 1}, (1, 2), loss)
        assert core.output_shape[-1] == loss.channels(2)
        assert run(reading(core, loss), picture(16, 24, 1)).shape == (1, 16, 24, 2)

    def test_a_place_depends_on_its_surroundings_only(self):
        model = shaken(unet(FREE, 3, **TINY))
        x = picture(160, 160)
        other = x.copy()
        other[:, :8, :8] = 1 - other[:, :8, :8]
        changed = np.abs(run(model, x) - run(model, other)).max(axis=(0, 3))
        assert changed[:8, :8].max() > 1e-3
        # Five 3×3 convolutions at most on two scales of folded pixels: 2 * 2 * (1 + 2) + 4 * 4.
        assert not changed[64:].any()
        assert not changed[:, 64:].any()

    def test_context_reaches_every_place(self):
        model = shaken(unet(FREE, 3, context=True, **TINY))
        x = picture(160, 160)
        other = x.copy()
        other[:, :8, :8] = 1 - other[:, :8, :8]
        assert np.abs(run(model, x) - run(model, other))[:, 100:, 100:].max() > 0

    def test_nothing_looks_at_the_whole_picture_unless_told_to(self):
        pooling = ("GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten", "Dense")
        plain = unet(FREE, 3, **TINY)
        assert not any(layers_of(plain, kind) for kind in pooling)
        assert layers_of(unet(FREE, 3, context=True, **TINY), "GlobalAveragePooling2D")

    def test_widths_and_blocks_size_it(self):
        small, wide, deep = (
            unet(FREE, 3, widths=w, blocks=b).count_params()
            for w, b in [((4, 8), (1, 1)), ((8, 16), (1, 1)), ((4, 8), (2, 2))]
        )
        assert small < deep < wide

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ({"widths": (4, 8), "blocks": (1,)}, "must have the same length"),
            ({"widths": (), "blocks": ()}, "must have the same length"),
            ({"widths": (4, 0)}, "`widths` must be 1 to 4096, not 4,0"),
            ({"widths": (4, 10**9)}, "`widths` must be 1 to 4096"),
            ({"blocks": (1, 10**9)}, "`blocks` must be 0 to 64"),
            ({"widths": (4,) * 8, "blocks": (1,) * 8}, "7 scales at most, not 8"),
            ({"shuffle": 0}, "`shuffle` must be 1 to 16, not 0"),
            ({"stop": 2}, "`stop` must be 0 to 1, not 2"),
            ({"norm": "layer"}, r"`norm` must be none\|batch, not 'layer'"),
            ({"depth": 3}, "unet has no option 'depth'"),
        ],
    )
    def test_wrong_arguments(self, arguments, says):
        with pytest.raises(UsageError, match=says):
            build_core("unet", {**TINY, **arguments}, (3, 3), find_loss("mse"))
