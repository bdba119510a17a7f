"""How good a model is: figures, their keys, and what they are measured on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from skimage import color, metrics

from pixrestore import Task, evaluate
from pixrestore.errors import PhotoError, TrainingDataError, UnknownNameError, UsageError
from pixrestore.geometry import Geometry
from pixrestore.images import decode_rgb8
from pixrestore.images.metrics import ciede2000, colourfulness, psnr, ssim
from pixrestore.model.folder import Model, write_model
from pixrestore.network.pairs import pair_channels
from pixrestore.tasks import Colorize, Denoise


@pytest.fixture
def cat(samples):
    return decode_rgb8(samples / "cat.jpg").astype(np.float32) / np.float32(255)


@pytest.fixture
def noisy(cat):
    noise = np.random.default_rng(0).normal(0, 0.1, cat.shape).astype(np.float32)
    return np.clip(cat + noise, 0, 1)


def smooth(x):
    """Stand in for a network that removes noise."""
    return uniform_filter(x, (0, 3, 3, 0))


def sepia(x):
    """Stand in for a network that finds one colour everywhere."""
    return np.broadcast_to(np.float32([5, 15]) / 110, (*x.shape[:3], 2)).astype(np.float32)


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Return a function that makes the folder of a model which answers as it is told."""

    def make(task, network):
        folder = tmp_path / f"simple-{task.name}"
        geometry = Geometry(multiple=1, margin=4, working_size=64)
        made = Model(
            folder,
            task,
            "unet",
            {},
            pair_channels(task),
            "charbonnier",
            {},
            geometry,
            adds_colour=False,
        )
        write_model(made, lambda path: path.write_bytes(b"none"))
        monkeypatch.setattr(
            "pixrestore.engines.opening.open_network", lambda model, engine: network
        )
        return folder

    return make


class TestFigures:
    def test_psnr_is_scikit_images(self, cat, noisy):
        expected = metrics.peak_signal_noise_ratio(cat, noisy, data_range=1)
        assert psnr(cat, noisy) == pytest.approx(expected, abs=1e-6)
        assert psnr(cat, cat) == 100

    def test_psnr_of_a_known_difference(self):
        zero, tenth = np.zeros((4, 4, 3)), np.full((4, 4, 3), 0.1)
        assert psnr(zero, tenth) == pytest.approx(20)

    def test_ssim_is_scikit_images_with_the_papers_windows(self, cat, noisy):
        expected = metrics.structural_similarity(
            cat, noisy, channel_axis=-1, data_range=1, gaussian_weights=True,
            sigma=1.5, use_sample_covariance=False,
        )  # fmt: skip
        assert ssim(cat, noisy) == pytest.approx(expected, abs=1e-6)
        assert ssim(cat, cat) == pytest.approx(1)
        assert ssim(cat, noisy) < 0.9

    @pytest.mark.parametrize("side", [1, 2, 3, 4, 7, 10, 11])
    def test_ssim_of_small_pictures(self, cat, noisy, side):
        assert ssim(cat[:side, :side], cat[:side, :side]) == pytest.approx(1)
        assert ssim(cat[:side, :side], 1 - cat[:side, :side]) < 1

    def test_ciede2000_is_scikit_images(self, cat, noisy):
        expected = color.deltaE_ciede2000(color.rgb2lab(cat), color.rgb2lab(noisy)).mean()
        assert ciede2000(cat, noisy) == pytest.approx(expected, rel=1e-3)
        assert ciede2000(cat, cat) == pytest.approx(0, abs=1e-3)

    def test_colourfulness(self, cat):
        gray = np.repeat(cat[..., :1], 3, axis=-1)
        assert colourfulness(gray) == pytest.approx(0, abs=1e-3)
        assert 0 < colourfulness((gray + cat) / 2) < colourfulness(cat)
        # Half red, half green: rg is ±255, yb is 127.5 everywhere.
        halves = np.zeros((2, 2, 3), np.float32)
        halves[0, :, 0] = halves[1, :, 1] = 1
        assert colourfulness(halves) == pytest.approx(255 + 0.3 * 127.5)


class TestEvaluate:
    def test_the_keys_of_denoise(self, model, samples):
        figures = evaluate("denoise", samples, model=model(Denoise(), smooth), sigma=25)
        assert set(figures) == {"task", "model", "images", "restored", "input"}
        assert figures["task"] == "denoise"
        assert figures["model"] == "simple-denoise"
        assert figures["images"] == 6
        assert set(figures["restored"]) == set(figures["input"]) == {"psnr", "ssim"}
        # Noise of 25 alone is 20.17 dB; clipping to what can be shown takes a little away.
        assert 20.1 < figures["input"]["psnr"] < 21.5
        assert figures["restored"]["psnr"] > figures["input"]["psnr"] + 4
        assert figures["restored"]["ssim"] > figures["input"]["ssim"] + 0.1

    def test_the_keys_of_colorize(self, model, samples):
        figures = evaluate("colorize", samples, model=model(Colorize(), sepia))
        for kind in ("restored", "input"):
            assert set(figures[kind]) == {"psnr", "ssim", "ciede2000", "colourfulness"}
        assert figures["input"]["colourfulness"] == pytest.approx(0, abs=1e-3)
        assert figures["restored"]["colourfulness"] > 5
        assert figures["true"]["colourfulness"] > figures["restored"]["colourfulness"]
        assert 0 < figures["restored"]["ciede2000"] < 40

    def test_figures_are_the_means_of_what_was_measured(self, model, samples, tmp_path, cat):
        one = tmp_path / "one"
        one.mkdir()
        shutil.copy(samples / "cat.jpg", one)
        figures = evaluate("denoise", one, model=model(Denoise(), smooth), sigma=0)
        assert figures["input"] == {"psnr": 100.0, "ssim": pytest.approx(1)}
        restored = smooth(np.pad(cat, ((8, 8), (8, 8), (0, 0)), "reflect")[None])[0, 8:-8, 8:-8]
        # Photos end otherwise in a network than in a padded picture, at their last pixel only.
        inner = (slice(1, -1), slice(1, -1))
        assert figures["restored"]["psnr"] == pytest.approx(psnr(cat[inner], restored[inner]), 0.01)

    def test_the_same_seed_damages_alike(self, model, samples):
        folder = model(Denoise(), smooth)
        first, second, other = (
            evaluate("denoise", samples, model=folder, sigma=25, limit=1, seed=seed)
            for seed in (1, 1, 2)
        )
        assert first == second
        assert first != other
        assert first["images"] == 1

    def test_restoring_options_count(self, model, samples):
        folder = model(Denoise(), smooth)
        figures = evaluate("denoise", samples, model=folder, sigma=25, strength=0, limit=2)
        assert figures["restored"] == pytest.approx(figures["input"])
        folder = model(Colorize(), sepia)
        figures = evaluate("colorize", samples, model=folder, saturation=0, limit=1)
        assert figures["restored"]["colourfulness"] == pytest.approx(0, abs=0.1)

    def test_damage_is_that_of_published_comparisons(self, model, samples):
        folder = model(Denoise(camera=1.0), smooth)
        plain = evaluate("denoise", samples, model=folder, sigma=25, limit=2)
        camera = evaluate("denoise", samples, model=folder, sigma=25, limit=2, camera=1.0)
        assert plain["input"] != camera["input"]
        assert 20.1 < plain["input"]["psnr"] < 21.5

    def test_a_task_with_its_options_is_measured_as_it_is(self, model, samples):
        folder = model(Denoise(), smooth)
        own = Denoise(sigma=(40, 40), strength=0.0)
        found = evaluate(own, samples, model=folder, limit=1)
        # Nothing is repaired, and the benchmark's sigma of 25 would be 20.2 dB.
        assert found["restored"]["psnr"] == pytest.approx(found["input"]["psnr"], abs=0.01)
        assert 15 < found["input"]["psnr"] < 18

    def test_the_model_knows_its_task(self, model, samples):
        folder = model(Denoise(), smooth)
        assert evaluate(None, samples, model=folder, sigma=25, limit=1)["task"] == "denoise"

    def test_unreadable_photos_are_named(self, model, samples, tmp_path):
        photos = shutil.copytree(samples, tmp_path / "photos")
        (photos / "bad.png").write_bytes(b"no photo")
        figures = evaluate("denoise", photos, model=model(Denoise(), smooth), sigma=5)
        assert figures["images"] == 6
        assert list(figures["skipped"]) == [str(photos / "bad.png")]

    def test_what_cannot_be_measured(self, model, samples, tmp_path):
        folder = model(Denoise(), smooth)
        (tmp_path / "empty").mkdir()
        with pytest.raises(TrainingDataError, match="can be read"):
            evaluate("denoise", tmp_path / "empty", model=folder)
        with pytest.raises(PhotoError, match="does not exist"):
            evaluate("denoise", tmp_path / "missing", model=folder)
        with pytest.raises(UsageError, match="`limit` must be 1 or more, not 0"):
            evaluate("denoise", samples, model=folder, limit=0)
        with pytest.raises(UsageError, match="is for denoise, not for colorize"):
            evaluate("colorize", samples, model=folder)
        with pytest.raises(UsageError, match="`sigma` must be"):
            evaluate("denoise", samples, model=folder, sigma=-5)
        with pytest.raises(UsageError, match="denoise has no option 'blur'"):
            evaluate("denoise", samples, model=folder, blur=3)
        with pytest.raises(UsageError, match="name a `task` or a `model`"):
            evaluate(None, samples)
        with pytest.raises(UnknownNameError, match="nobody"):
            evaluate("denoise", samples, model="nobody")

    def test_a_task_that_no_plugin_provides(self, model, samples):
        figures = evaluate(Fade(), samples, model=model(Fade(), smooth), limit=1)
        assert figures["task"] == "fade"
        assert figures["input"]["psnr"] < 15


@dataclass(frozen=True)
class Fade(Task):
    """Bring back photos that faded."""

    name = "fade"

    def corrupt(self, clean, rng):
        return clean * np.float32(0.5)
