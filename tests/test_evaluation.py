"""How good a model is: figures, their keys, and what they are measured on."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pytest
from html_pages import Page
from PIL import Image
from scipy.ndimage import uniform_filter
from skimage import color, metrics

from pixrestore import Task, evaluate
from pixrestore.errors import (
    PhotoError,
    PluginError,
    TrainingDataError,
    UnknownNameError,
    UsageError,
)
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
            adds_colour=task.name == "colorize",
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
        assert figures.task == "denoise"
        assert figures.methods == {"input": "input", "simple-denoise": "model"}
        assert len(figures.photos) == 6
        assert set(figures.input) == {"psnr", "ssim"}
        assert set(figures.restored) == {"psnr", "ssim", "seconds", "cpu"}
        # Noise of 25 alone is 20.17 dB; clipping to what can be shown takes a little away.
        assert 20.1 < figures.input["psnr"] < 21.5
        assert figures.restored["psnr"] > figures.input["psnr"] + 4
        assert figures.restored["ssim"] > figures.input["ssim"] + 0.1

    def test_the_keys_of_colorize(self, model, samples):
        figures = evaluate("colorize", samples, model=model(Colorize(), sepia))
        for found in figures.quality().values():
            assert set(found) == {"psnr", "ssim", "ciede2000", "colourfulness"}
        assert figures.input["colourfulness"] == pytest.approx(0, abs=1e-3)
        assert figures.restored["colourfulness"] > 5
        assert figures.true["colourfulness"] > figures.restored["colourfulness"]
        assert 0 < figures.restored["ciede2000"] < 40

    def test_figures_are_the_means_of_what_was_measured(self, model, samples, tmp_path, cat):
        one = tmp_path / "one"
        one.mkdir()
        shutil.copy(samples / "cat.jpg", one)
        figures = evaluate("denoise", one, model=model(Denoise(), smooth), sigma=0)
        assert figures.input == {"psnr": 100.0, "ssim": pytest.approx(1)}
        restored = smooth(np.pad(cat, ((8, 8), (8, 8), (0, 0)), "reflect")[None])[0, 8:-8, 8:-8]
        # Photos end otherwise in a network than in a padded picture, at their last pixel only.
        inner = (slice(1, -1), slice(1, -1))
        assert figures.restored["psnr"] == pytest.approx(psnr(cat[inner], restored[inner]), 0.01)

    def test_the_same_seed_damages_alike(self, model, samples):
        folder = model(Denoise(), smooth)
        first, second, other = (
            evaluate("denoise", samples, model=folder, sigma=25, limit=1, seed=seed)
            for seed in (1, 1, 2)
        )
        assert first.quality() == second.quality()
        assert first.quality() != other.quality()
        assert len(first.photos) == 1

    def test_restoring_options_count(self, model, samples):
        folder = model(Denoise(), smooth)
        figures = evaluate("denoise", samples, model=folder, sigma=25, strength=0, limit=2)
        quality = figures.quality()
        assert quality["restored"] == pytest.approx(quality["input"])
        folder = model(Colorize(), sepia)
        figures = evaluate("colorize", samples, model=folder, saturation=0, limit=1)
        assert figures.restored["colourfulness"] == pytest.approx(0, abs=0.1)

    def test_damage_is_that_of_published_comparisons(self, model, samples):
        folder = model(Denoise(camera=1.0), smooth)
        plain = evaluate("denoise", samples, model=folder, sigma=25, limit=2)
        camera = evaluate("denoise", samples, model=folder, sigma=25, limit=2, camera=1.0)
        assert plain.input != camera.input
        assert 20.1 < plain.input["psnr"] < 21.5

    def test_a_task_with_its_options_is_measured_as_it_is(self, model, samples):
        folder = model(Denoise(), smooth)
        own = Denoise(sigma=(40, 40), strength=0.0)
        found = evaluate(own, samples, model=folder, limit=1)
        # Nothing is repaired, and the benchmark's sigma of 25 would be 20.2 dB.
        assert found.restored["psnr"] == pytest.approx(found.input["psnr"], abs=0.01)
        assert 15 < found.input["psnr"] < 18

    def test_the_model_knows_its_task(self, model, samples):
        folder = model(Denoise(), smooth)
        assert evaluate(None, samples, model=folder, sigma=25, limit=1).task == "denoise"

    def test_unreadable_photos_are_named(self, model, samples, tmp_path):
        photos = shutil.copytree(samples, tmp_path / "photos")
        (photos / "bad.png").write_bytes(b"no photo")
        figures = evaluate("denoise", photos, model=model(Denoise(), smooth), sigma=5)
        assert len(figures.photos) == 6
        assert list(figures.skipped) == [str(photos / "bad.png")]

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
        assert figures.task == "fade"
        assert figures.input["psnr"] < 15


@pytest.fixture(scope="module")
def photos(tmp_path_factory, samples):
    folder = tmp_path_factory.mktemp("photos") / "two"
    (folder / "more").mkdir(parents=True)
    for name, place in (("cat.jpg", "b,<1>.png"), ("coffee.jpg", "more/a.png")):
        part = decode_rgb8(samples / name)[:64, :96]
        Image.fromarray(part).save(folder / place)
    return folder


class TestComparing:
    """Several models, the classical methods and doing nothing, on the same damage."""

    @pytest.fixture
    def found(self, model, photos):
        folder = model(Denoise(), smooth)
        other = shutil.copytree(folder, folder.parent / "other")
        models = [folder, other, folder]
        settings = {"sigma": 25, "baselines": True, "pictures": 1}
        return evaluate("denoise", photos, model=models, **settings)

    def test_all_are_in_one_table(self, found):
        kinds = list(found.methods.items())[:4]
        assert kinds == [
            ("input", "input"),
            ("simple-denoise", "model"),
            ("other", "model"),
            ("BM3D" if find_spec("bm3d") else "non-local means", "baseline"),
        ]
        head, rows = found.table
        assert head == ["", "PSNR dB", "SSIM", "s/MP", "CPU s/MP", "gain dB"]
        assert [row[0] for row in rows] == list(found.methods)
        for name in ("non-local means", "total variation"):
            assert found[name]["psnr"] > found.input["psnr"] + 4

    def test_all_see_the_same_damage(self, found):
        assert found["other"]["psnr"] == found.restored["psnr"]
        assert found.gain("other", over="simple-denoise").mean == 0

    def test_means_come_with_confidence_intervals(self, found):
        values = [photo.figures["other"]["psnr"] for photo in found.photos]
        mean = found.means["other"]["psnr"]
        assert mean.mean == pytest.approx(np.mean(values))
        # Student's t of one degree of freedom at 97.5 %, times the standard error of two values.
        assert mean.margin == pytest.approx(12.706 * abs(values[0] - values[1]) / 2, rel=1e-3)
        assert (mean.low + mean.high) / 2 == pytest.approx(mean.mean)
        gained = [photo.figures["other"]["psnr"] - photo.figures["input"]["psnr"]
                  for photo in found.photos]  # fmt: skip
        assert found.gain("other").mean == pytest.approx(np.mean(gained))

    def test_one_photo_has_no_interval(self, model, photos):
        found = evaluate("denoise", photos, model=model(Denoise(), smooth), sigma=25, limit=1)
        assert found.means["input"]["psnr"].margin is None
        assert "±" not in str(found)

    def test_a_row_a_photo(self, found, tmp_path):
        found.write_csv(tmp_path / "rows.csv")
        with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["photo"] for row in rows] == ["b,<1>.png", "more/a.png"]
        assert [(row["width"], row["height"]) for row in rows] == [("96", "64")] * 2
        psnr_of_first = found.photos[0].figures["other"]["psnr"]
        assert float(rows[0]["other psnr"]) == found.rows[0]["other psnr"] == psnr_of_first

    def test_a_page_that_needs_no_other_file(self, found, tmp_path):
        found.write_html(tmp_path / "page.html")
        text = (tmp_path / "page.html").read_text(encoding="utf-8")
        page = Page(text)
        assert all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
        # The best and the worst photo: input, methods, and the true one.
        assert len(page.addresses) == 2 * (len(found.methods) + 1)
        assert page.tags["svg"] == 3
        assert page.tags["circle"] == 2 * (3 * len(found.methods) - 1)
        assert "b,&lt;1&gt;.png" in text
        assert "Student" in text
        assert [shown.gain for shown in found.best] >= [shown.gain for shown in found.worst]

    def test_a_table_in_notebooks(self, found):
        page = Page(found._repr_html_())
        assert page.tags["tr"] == len(found.methods) + 1

    def test_other_kinds_of_files_are_not_replaced(self, found, tmp_path):
        photo = tmp_path / "photo.png"
        photo.write_bytes(b"mine")
        for write in (found.write_csv, found.write_html):
            with pytest.raises(UsageError, match=r"photo.png must end in \.(csv|html)"):
                write(photo)
        assert photo.read_bytes() == b"mine"

    def test_a_baseline_of_another_shape(self, model, photos):
        with pytest.raises(PluginError, match=r"baseline half of halved returns \(32, 48, 3\)"):
            evaluate(Halved(), photos, model=model(Halved(), smooth), baselines=True)


@dataclass(frozen=True)
class Fade(Task):
    """Bring back photos that faded."""

    name = "fade"

    def corrupt(self, clean, rng):
        return clean * np.float32(0.5)


@dataclass(frozen=True)
class Halved(Fade):
    """Name a method whose photos are too small."""

    name = "halved"

    def baselines(self):
        return {"half": lambda degraded: degraded[::2, ::2]}
