"""The built-in tasks: what they do to photos, and what their options mean."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from pixrestore import colorize
from pixrestore.errors import UsageError
from pixrestore.images import decode_rgb8
from pixrestore.tasks import Colorize, Denoise
from pixrestore.testing import check_task

NAMES = ["astronaut", "cat", "coffee", "officer", "raccoon", "rocket"]
# Where float32 carries a value through Lab and back.
ROUNDING = 1e-5


@pytest.fixture(params=NAMES)
def photo(request, samples):
    return read(samples, request.param)


@pytest.fixture
def cat(samples):
    return read(samples, "cat")


def read(samples, name):
    return decode_rgb8(samples / f"{name}.jpg").astype(np.float32) / np.float32(255)


def rng(seed=0):
    return np.random.default_rng(seed)


def flat(colour, side=64):
    return np.full((side, side, 3), colour, np.float32)


def channels_differ(image):
    return float(np.ptp(image, axis=-1).max())


@pytest.mark.parametrize(
    "task",
    [
        Denoise(),
        Denoise(camera=1.0),
        Denoise(sigma=0),
        Colorize(film=0.0),
        Colorize(film=0.0, space="rgb"),
    ],
    ids=str,
)
def test_a_perfect_answer_gives_the_clean_photo(task, photo):
    degraded = task.corrupt(photo, rng())
    restored = task.compose(degraded, task.target(photo))
    assert not task.inexact
    assert float(np.abs(restored - photo).max()) < ROUNDING


def test_film_says_why_a_perfect_answer_is_not_the_clean_photo():
    assert "film" in Colorize().inexact
    assert "film" in Colorize(film=0.01, space="rgb").inexact


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        (Denoise, {"sigma": (30, 10)}, "`sigma` must be float 0..255 or low,high"),
        (Denoise, {"sigma": (0, 256)}, "`sigma` must be"),
        (Denoise, {"sigma": -1}, "`sigma` must be"),
        (Denoise, {"sigma": (1, 2, 3)}, "`sigma` must be"),
        (Denoise, {"sigma": "25"}, "`sigma` must be"),
        (Denoise, {"sigma": float("nan")}, "`sigma` must be"),
        (Denoise, {"camera": 1.1}, "`camera` must be float 0..1, not 1.1"),
        (Denoise, {"camera": True}, "`camera` must be"),
        (Denoise, {"strength": -0.1}, "`strength` must be"),
        (Denoise, {"strength": float("inf")}, "`strength` must be"),
        (Colorize, {"space": "hsv"}, r"`space` must be lab\|rgb, not 'hsv'"),
        (Colorize, {"film": 2}, "`film` must be"),
        (Colorize, {"saturation": 4.5}, "`saturation` must be float 0..4, not 4.5"),
    ],
)
def test_options_have_ranges(kind, options, says):
    with pytest.raises(UsageError, match=says):
        kind(**options)


def test_options_take_their_own_type():
    assert Denoise(sigma=25).sigma == (25.0, 25.0)
    assert Denoise(sigma=[0, 10]).sigma == (0.0, 10.0)
    assert isinstance(Colorize(saturation=2).saturation, float)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Denoise().sigma = (1.0, 2.0)


class TestDenoise:
    def test_noise_has_the_deviation_asked_for_and_is_not_clipped(self, cat):
        degraded = Denoise(sigma=25, camera=0.0).corrupt(cat, rng())
        noise = (degraded - cat) * 255
        # The sample deviation of 300,000 values is within 0.4 % of the true one, three times out
        # of a thousand not.
        assert abs(noise.std() - 25) < 0.1
        assert abs(noise.mean()) < 0.2
        assert degraded.min() < 0
        assert degraded.max() > 1

    def test_the_strength_of_noise_is_drawn_from_the_range(self):
        gray = flat(0.5, 32)
        task = Denoise(sigma=(10, 40), camera=0.0)
        found = [255 * float((task.corrupt(gray, rng(i)) - gray).std()) for i in range(60)]
        assert 9 < min(found) < 16
        assert 34 < max(found) < 42

    def test_camera_noise_grows_with_the_light(self):
        task = Denoise(sigma=10, camera=1.0)
        for seed in range(5):
            dark, bright = (task.corrupt(flat(level), rng(seed)) for level in (0.3, 0.8))
            # In linear light, where cameras count photons.
            assert (bright**2.2).std() > 1.2 * (dark**2.2).std()

    def test_camera_noise_is_about_as_strong_as_asked_for_in_the_middle(self):
        gray = flat(0.5)
        task = Denoise(sigma=15, camera=1.0)
        found = [255 * float((task.corrupt(gray, rng(i)) - gray).std()) for i in range(20)]
        assert 12 < np.mean(found) < 18

    def test_camera_noise_runs_across_channels_and_neighbours(self):
        gray, task = flat(0.5), Denoise(sigma=20, camera=1.0)
        noise = np.stack([task.corrupt(gray, rng(i)) - gray for i in range(20)])
        across = np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]
        beside = np.corrcoef(noise[:, :, 1:].ravel(), noise[:, :, :-1].ravel())[0, 1]
        assert across > 0.05
        assert beside > 0.05
        plain = Denoise(sigma=20, camera=0.0).corrupt(gray, rng()) - gray
        assert abs(np.corrcoef(plain[..., 0].ravel(), plain[..., 1].ravel())[0, 1]) < 0.05

    def test_camera_is_a_share_of_the_pairs(self):
        gray = flat(0.0, 8)
        # Camera noise is clipped at black as a sensor's is, the other is not.
        clipped = [Denoise(camera=0.3).corrupt(gray, rng(i)).min() >= 0 for i in range(300)]
        assert 0.2 < np.mean(clipped) < 0.4

    def test_strength_blends_with_the_input(self, cat):
        degraded = Denoise(sigma=20).corrupt(cat, rng())
        kept = Denoise(strength=0.0).compose(degraded, cat)
        half = Denoise(strength=0.5).compose(degraded, cat)
        assert np.array_equal(kept, np.clip(degraded, 0, 1))
        assert np.allclose(half, np.clip((degraded + cat) / 2, 0, 1), atol=ROUNDING)


class TestColorize:
    def test_without_film_it_sees_luminance_alone(self, photo):
        degraded = Colorize(film=0.0).corrupt(photo, rng())
        assert channels_differ(degraded) == 0
        lightness = rgb2lab(photo)[..., 0]
        assert np.abs(rgb2lab(degraded)[..., 0] - lightness).max() < 0.01
        assert np.array_equal(degraded, Colorize(film=0.0).corrupt(photo, rng(7)))

    def test_film_sees_colours_otherwise_than_the_eye(self):
        # Red, blue and a gray, all of one luminance: tone curves treat them alike, film does not.
        luminance = 0.0721
        red, blue = (luminance / 0.2127, 0, 0), (0, 0, luminance / 0.0722)
        linear = np.stack([flat(red), flat(blue), flat(luminance)])
        clean = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        strip = np.concatenate(clean, axis=1).astype(np.float32)
        eye = Colorize(film=0.0).corrupt(strip, rng())
        assert float(np.ptp(eye[0, ::64, 0])) < 0.01
        reds, blues = [], []
        for seed in range(40):
            printed = Colorize(film=1.0).corrupt(strip, rng(seed))
            assert channels_differ(printed) == 0
            red, blue, gray = (printed[:, i : i + 64].mean() for i in (0, 64, 128))
            reds.append(red - gray)
            blues.append(blue - gray)
        # Of a gray of 0.3. Orthochromatic film hardly sees red, panchromatic film more.
        assert min(reds) < -0.05
        assert max(reds) > 0.02
        # Both see blue better: skies come out pale.
        assert min(blues) > -0.01
        assert max(blues) > 0.15

    def test_film_has_tone_curves_fading_and_grain(self):
        task = Colorize(film=1.0)
        prints = [task.corrupt(flat(0.5), rng(seed)) for seed in range(40)]
        assert np.ptp([one.mean() for one in prints]) > 0.2
        grain = [one.std() for one in prints]
        assert min(grain) < 0.01
        assert 0.02 < max(grain) < 0.1
        blacks = [task.corrupt(flat(0.0), rng(seed)).mean() for seed in range(40)]
        assert 0.08 < max(blacks) < 0.15
        assert all(one.min() >= 0 and one.max() <= 1 for one in prints)

    def test_film_is_a_share_of_the_pairs(self):
        gray = flat(0.4, 8)
        plain = Colorize(film=0.0).corrupt(gray, rng())
        other = [
            not np.array_equal(Colorize(film=0.3).corrupt(gray, rng(i)), plain) for i in range(300)
        ]
        assert 0.2 < np.mean(other) < 0.4

    def test_the_network_sees_lightness_and_answers_chroma(self, photo):
        task, lab = Colorize(film=0.0), rgb2lab(photo)
        x = task.encode(task.corrupt(photo, rng()))
        y = task.target(photo)
        assert x.shape == (*photo.shape[:2], 1)
        assert y.shape == (*photo.shape[:2], 2)
        assert np.abs(100 * x[..., 0] - lab[..., 0]).max() < 0.01
        assert np.abs(110 * y - lab[..., 1:]).max() < 1e-3

    def test_a_photo_keeps_its_own_lightness(self, cat):
        task = Colorize(film=1.0)
        degraded = task.corrupt(cat, rng(3))
        restored = task.compose(degraded, task.target(cat) * 0.5)
        inside = (restored > 0.001).all(-1) & (restored < 0.999).all(-1)
        before, after = (rgb2lab(image)[..., 0] for image in (degraded, restored))
        assert inside.mean() > 0.5
        assert np.abs(before - after)[inside].max() < 0.1

    def test_colour_of_the_degraded_photo_does_not_matter(self, cat):
        task = Colorize(film=0.0)
        gray = task.corrupt(cat, rng())
        assert np.allclose(task.encode(cat), task.encode(gray), atol=1e-4)

    def test_rgb_is_the_articles_way(self, cat):
        task = Colorize(space="rgb", film=0.0)
        x = task.encode(task.corrupt(cat, rng()))
        assert x.shape == cat.shape
        assert channels_differ(x) == 0
        assert np.array_equal(task.target(cat), cat)
        assert np.array_equal(task.target(cat), Colorize(space="rgb").target(cat))

    @pytest.mark.parametrize("space", ["lab", "rgb"])
    def test_saturation_multiplies_chroma(self, cat, space):
        # Pale colours, so that none reaches the border of sRGB and is clipped.
        pale = 0.3 + 0.4 * (0.7 * cat.mean(-1, keepdims=True) + 0.3 * cat)
        chroma = {}
        for saturation in (0.0, 1.0, 1.5):
            task = Colorize(space=space, film=0.0, saturation=saturation)
            restored = task.compose(task.corrupt(pale, rng()), task.target(pale))
            chroma[saturation] = rgb2lab(restored)[..., 1:]
        assert np.abs(chroma[0.0]).max() < 0.1
        assert np.abs(chroma[1.5] - 1.5 * chroma[1.0]).max() < 0.1

    def test_strong_answers_stay_in_range(self, cat):
        task = Colorize(film=0.0, saturation=4.0)
        wild = np.clip(rng().normal(0, 3, (*cat.shape[:2], 2)), -10, 10).astype(np.float32)
        restored = task.compose(task.corrupt(cat, rng()), wild)
        assert restored.dtype == np.float32
        assert np.isfinite(restored).all()
        assert 0 <= restored.min() <= restored.max() <= 1


@pytest.mark.parametrize("task", [Denoise(camera=1.0), Colorize(film=1.0)], ids=str)
def test_a_seed_gives_the_same_damage(task, cat):
    before = cat.copy()
    first, second, other = (task.corrupt(cat, rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert np.array_equal(cat, before)


@pytest.mark.parametrize("task", [Denoise, Colorize])
def test_measuring_starts_from_what_published_figures_measure(task):
    fair = dataclasses.replace(task(), **task.benchmark)
    assert not fair.inexact
    check_task(fair, quick=True)


@pytest.mark.parametrize("level", [0, 1, 60, 128, 200, 255])
def test_a_photo_of_one_gray_stays_gray(level):
    """Nothing is to be seen in it that could have a colour."""
    result = colorize(np.full((90, 120, 3), level, np.uint8))
    assert np.abs(result.astype(int) - level).max() <= 1  # CIE Lab and back rounds


def test_colour_fades_with_detail_only_where_there_is_next_to_none(samples):
    """A photo at a quarter of its contrast still has colours; one at a hundredth has hardly any."""
    photo = np.asarray(Image.open(samples / "cat.jpg").convert("L"), np.float32)
    spreads = {}
    for contrast in (0.25, 0.01):
        dull = (128 + contrast * (photo - photo.mean())).clip(0, 255).astype(np.uint8)
        spreads[contrast] = np.ptp(colorize(dull).astype(int), axis=-1).mean()
    assert spreads[0.25] > 8
    assert spreads[0.01] < 4
