"""Losses: what they compare, and how a network's output is read back as the task's target."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter as gaussian
from scipy.special import softmax
from skimage.color import rgb2lab

import pixrestore
from pixrestore.errors import TrainingError, UnknownNameError, UsageError
from pixrestore.images import decode_rgb8
from pixrestore.loss import Loss
from pixrestore.losses import Charbonnier, ChromaClasses, Perceptual
from pixrestore.plugins.losses import describe_loss, find_loss, options_of_loss
from pixrestore.tasks import Colorize


@pytest.fixture(scope="module")
def chroma(samples):
    """Targets of three real photos, (3, 64, 64, 2)."""
    photos = [decode_rgb8(samples / f"{name}.jpg") for name in ("coffee", "officer", "rocket")]
    crops = [photo[100:164, 100:164].astype(np.float32) / np.float32(255) for photo in photos]
    return np.stack([Colorize().target(crop) for crop in crops])


def choice(loss, cells):
    """Return outputs that are sure of one cell at each place."""
    return 100 * np.eye(len(loss.centres), dtype=np.float32)[cells]


def nearest_cells(loss, ab):
    return np.argmin(((ab[..., None, :] - loss.centres) ** 2).sum(-1), axis=-1)


class TestCharbonnier:
    def test_is_the_smooth_distance(self):
        rng = np.random.default_rng(0)
        target, output = rng.random((2, 2, 4, 5, 3), np.float32)
        expected = np.sqrt((target - output) ** 2 + 0.1**2).mean(-1)
        assert np.allclose(Charbonnier(epsilon=0.1)(target, output), expected, atol=1e-6)

    def test_reads_outputs_as_they_are(self):
        output = np.ones((1, 2, 2, 3), np.float32)
        assert Charbonnier().read(output) is output
        assert Charbonnier().channels(3) == 3
        assert Charbonnier().prepared(output) == Charbonnier()


class TestChromaClasses:
    def test_its_cells_cover_every_colour_of_a_screen(self):
        loss = ChromaClasses()
        rgb = np.random.default_rng(0).random((1, 4000, 3))
        distance = np.linalg.norm(rgb2lab(rgb)[0, :, None, 1:] - loss.centres, axis=-1).min(1)
        # No further than half the diagonal of a cell.
        assert distance.max() <= loss.step / np.sqrt(2) + 1e-3
        assert [0, 0] in loss.centres.tolist()
        assert loss.channels(2) == len(loss.centres)
        assert len(ChromaClasses(step=6.0).centres) > 3 * len(loss.centres)

    def test_it_is_for_chroma_only(self):
        with pytest.raises(UsageError, match="two channels of chroma, not 3"):
            ChromaClasses().channels(3)

    def test_it_reads_the_colour_that_the_network_is_sure_of(self):
        loss = ChromaClasses()
        cells = np.arange(len(loss.centres)).reshape(1, 1, -1)
        answer = np.asarray(loss.read(choice(loss, cells)))
        assert np.allclose(110 * answer, loss.centres[cells], atol=1e-3)

    def test_it_reads_what_it_was_told(self, chroma):
        # The output that costs least is the spread target itself, and it is read as the colour.
        loss = ChromaClasses(regression=0.0, temperature=1.0)
        squared = ((110 * chroma[..., None, :] - loss.centres) ** 2).sum(-1)
        told = (-squared / (2 * loss.spread**2)).astype(np.float32)
        assert np.abs(110 * (np.asarray(loss.read(told)) - chroma)).max() < 1.5
        best = np.asarray(loss(chroma, told))
        noise = np.random.default_rng(0).normal(0, 0.3, told.shape).astype(np.float32)
        assert (np.asarray(loss(chroma, told + noise)) > best).all()

    def test_a_lower_temperature_reads_more_vivid_answers(self):
        output = np.zeros((1, 1, 1, ChromaClasses().channels(2)), np.float32)
        output[..., nearest_cells(ChromaClasses(), np.array([60.0, 36.0]))] = 4.0
        vivid = [
            np.linalg.norm(ChromaClasses(temperature=t).read(output)) * 110 for t in (1, 0.5, 0.1)
        ]
        assert vivid[0] < 0.7 * vivid[1]
        assert vivid[2] == pytest.approx(np.hypot(60, 36), rel=0.01)

    def test_rare_colours_count_more(self):
        loss = ChromaClasses(regression=0.0)
        targets = np.zeros((1, 10, 10, 2), np.float32)
        targets[0, 0, 0] = 60 / 110, 36 / 110
        weighed = loss.prepared(targets)
        unsure = np.zeros((1, 10, 10, loss.channels(2)), np.float32)
        costs = np.asarray(weighed(targets, unsure))[0]
        assert costs[0, 0] > 2 * costs[5, 5]
        plain = np.asarray(loss(targets, unsure))[0]
        assert costs[5, 5] < plain[5, 5]
        # Weights share the cost out otherwise, and leave its sum about as it is.
        assert costs.mean() == pytest.approx(plain.mean(), rel=0.02)

    def test_without_rarity_all_colours_count_alike(self, chroma):
        weights = ChromaClasses(rarity=0.0).prepared(chroma).weights
        assert np.allclose(weights, 1)

    def test_photos_decide_the_weights(self, chroma):
        loss = ChromaClasses().prepared(chroma)
        assert len(loss.weights) == loss.channels(2)
        common = nearest_cells(loss, np.median(110 * chroma, axis=(0, 1, 2)))
        assert loss.weights[common] < np.median(loss.weights)

    def test_regression_pulls_the_mean_to_the_target(self):
        target = np.full((1, 1, 1, 2), 40 / 110, np.float32)
        plain, steadied = ChromaClasses(regression=0.0), ChromaClasses(regression=1.0)
        for ab in (36.0, -36.0):
            cell = nearest_cells(plain, np.full((1, 1, 1, 2), ab))
            output = choice(plain, cell)
            extra = float(np.mean(steadied(target, output) - plain(target, output)))
            # Squared distance in units of 20 of ab.
            squared = float(((plain.centres[cell] - 40) ** 2).sum()) / 20**2
            assert extra == pytest.approx(squared, rel=1e-3)

    def test_weights_of_training_are_taken_out_of_probabilities(self, chroma):
        loss = ChromaClasses(regression=0.0).prepared(chroma)
        true = np.random.default_rng(0).dirichlet(np.ones(loss.channels(2)), (1, 2, 3))
        # The least weighted cross-entropy has the network say so.
        output = np.log(true * loss.weights).astype(np.float32)
        assert np.allclose(loss.probabilities(output), true, atol=1e-6)

    @pytest.mark.parametrize(
        "options",
        [{"step": 3}, {"spread": 0}, {"rarity": 1.5}, {"temperature": 0}, {"weights": ("a",)}],
    )
    def test_options_have_ranges(self, options):
        with pytest.raises(UsageError, match=f"`{next(iter(options))}` must be"):
            find_loss("chroma_classes", options)

    def test_a_saved_loss_comes_back(self, chroma):
        loss = ChromaClasses(step=20.0, temperature=0.5).prepared(chroma)
        saved = json.loads(json.dumps(describe_loss(loss)))
        assert find_loss(saved["name"], saved["options"]) == loss


@dataclass(frozen=True)
class Levels(Loss):
    """Brightness as a choice among levels."""

    name: ClassVar[str] = "levels"

    def channels(self, answered):
        return 4

    def __call__(self, target, output):
        return -output.max(axis=-1)

    def classes(self):
        return np.linspace(0, 1, 4, dtype=np.float32)[:, None]


class TestClasses:
    def test_a_loss_that_names_its_classes_has_their_softmax(self):
        output = np.random.default_rng(0).normal(0, 40, (2, 3, 5, 4)).astype(np.float32)
        found = Levels().probabilities(output)
        assert found.dtype == np.float32
        assert np.allclose(found, softmax(output, axis=-1), atol=1e-6)

    @pytest.mark.parametrize("name", ["charbonnier", "perceptual", "huber"])
    def test_other_losses_know_no_probabilities(self, name):
        loss = find_loss(name)
        assert loss.classes() is None
        with pytest.raises(UsageError, match=f"the loss {name} does not choose among classes"):
            loss.probabilities(np.zeros((1, 2, 2, 3), np.float32))


@pytest.fixture(scope="module")
def photos(samples):
    """Two pieces of real photos, (2, 48, 48, 3)."""
    found = [decode_rgb8(samples / f"{name}.jpg") for name in ("coffee", "rocket")]
    return np.stack([one[100:148, 100:148] for one in found]).astype(np.float32) / 255


@pytest.fixture(scope="module")
def perceptual(photos):
    """Return a loss with untrained features, since trained ones would be downloaded."""
    return find_loss("perceptual", {"features": "random"}).prepared(photos)


class TestPerceptual:
    def test_equal_pictures_cost_next_to_nothing(self, perceptual, photos):
        # Charbonnier's epsilon is all that is left.
        assert np.allclose(perceptual(photos, photos), 1e-3, atol=1e-5)

    def test_what_the_features_see_is_added_by_its_share(self, perceptual, photos):
        blurred = gaussian(photos, (0, 2, 2, 0))
        pixels = np.mean(Charbonnier()(photos, blurred), axis=(1, 2))
        extra = np.asarray(perceptual(photos, blurred)) - pixels
        assert (extra > 1e-4).all()
        louder = dataclasses.replace(perceptual, share=2 * perceptual.share)
        vars(louder)["seen"] = perceptual.seen  # or its untrained features were others
        assert np.allclose(np.asarray(louder(photos, blurred)) - pixels, 2 * extra, rtol=1e-3)

    def test_it_can_be_learned_from(self, perceptual, photos):
        import tensorflow as tf

        target, guess = tf.constant(photos), tf.Variable(np.full_like(photos, 0.5))
        with tf.GradientTape() as tape:
            cost = tf.reduce_mean(perceptual(target, guess))
        slope = tape.gradient(cost, guess)
        assert np.isfinite(slope).all()
        better = tf.reduce_mean(perceptual(target, guess - 100 * slope))
        assert float(better) < float(cost)

    def test_any_network_of_keras_sees_several_scales(self):
        loss = Perceptual(network="MobileNetV2", features="random", scales=2)
        sides = [shape[1] for shape in loss.seen.compute_output_shape((1, 48, 48, 3))]
        assert sides == [24, 12]

    def test_it_is_for_pictures_only(self, chroma):
        with pytest.raises(UsageError, match="RGB pictures, not 2 channels"):
            Perceptual().channels(2)
        with pytest.raises(UsageError, match=r"RGB in \[0, 1\], but this task's targets go from"):
            Perceptual().prepared(2 * np.abs(chroma[..., :1]) + 1)

    def test_features_that_cannot_be_had(self, photos, monkeypatch, tmp_path):
        def offline(*args, **kwargs):
            raise Exception("URL fetch failure on https://example.org:\n no route")

        monkeypatch.setattr("keras.src.utils.file_utils.get_file", offline)
        says = (
            "the loss perceptual needs the weights of VGG16, which Keras cannot download here: URL"
        )
        with pytest.raises(TrainingError, match=says) as caught:
            find_loss("perceptual").prepared(photos)
        assert "\n" not in str(caught.value)
        with pytest.raises(TrainingError, match="there is no such file"):
            find_loss("perceptual", {"features": str(tmp_path / "none.h5")}).prepared(photos)
        (tmp_path / "bad.h5").write_text("nothing")
        with pytest.raises(TrainingError, match=r"bad\.h5 does not fit VGG16"):
            find_loss("perceptual", {"features": str(tmp_path / "bad.h5")}).prepared(photos)

    def test_networks_that_keras_does_not_have(self, photos):
        with pytest.raises(UnknownNameError, match="no network 'VGG17': did you mean VGG1"):
            find_loss("perceptual", {"network": "VGG17"}).prepared(photos)

    def test_a_saved_one_is_read_without_its_features(self, perceptual):
        saved = json.loads(json.dumps(describe_loss(perceptual)))
        assert saved["options"]["features"] == "random"
        assert find_loss(saved["name"], saved["options"]) == perceptual


@pytest.mark.slow
def test_a_network_learns_by_what_features_see(tmp_path, samples):
    restorer = pixrestore.train(
        "denoise",
        samples,
        tmp_path,
        steps=1,
        recipe={
            "arguments": {"widths": (4,), "blocks": (1,)},
            "loss_options": {"features": "random"},
            "patch": 16,
            "batch": 1,
            "loss": "perceptual",
        },
        quiet=True,
    )
    assert restorer.restore(np.zeros((9, 7, 3), np.uint8)).shape == (9, 7, 3)


@pytest.mark.parametrize("name", ["mean_absolute_error", "mse", "binary_crossentropy", "huber"])
def test_any_loss_of_keras_goes_by_its_name(name):
    import keras

    rng = np.random.default_rng(0)
    target, output = rng.random((2, 2, 4, 5, 3), np.float32)
    loss = find_loss(name)
    assert np.allclose(loss(target, output), keras.losses.get(name)(target, output))
    assert loss.channels(3) == 3
    assert describe_loss(loss) == {"name": name, "options": {}}
    assert options_of_loss(name) == ()


def test_an_unknown_loss_names_the_nearest():
    with pytest.raises(UnknownNameError, match="'charbonier': did you mean charbonnier"):
        find_loss("charbonier")
    with pytest.raises(UnknownNameError, match="there is no loss 'xyz': there is"):
        find_loss("xyz")


def test_options_that_a_loss_does_not_have():
    with pytest.raises(UsageError, match="charbonnier has no option 'step'"):
        find_loss("charbonnier", {"step": 3})
    with pytest.raises(UsageError, match="takes no options here, not delta"):
        find_loss("huber", {"delta": 2.0})


def test_options_of_losses_are_described():
    described = {option.name: option for option in options_of_loss("chroma_classes")}
    assert set(described) >= {"step", "spread", "rarity", "regression", "temperature"}
    assert all(option.help for option in described.values())
