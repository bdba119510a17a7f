"""Tasks that enlarge, through the same code as all others."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import uniform_filter

from pixrestore import Restorer, Task, evaluate, option, train
from pixrestore.errors import PhotoError, UsageError
from pixrestore.geometry import Geometry
from pixrestore.images import Photo, decode_rgb8, read_photo, write_photo
from pixrestore.images.resizing import enlarged
from pixrestore.restoring.files import restore_files
from pixrestore.testing import check_task

REACH = 8  # of the box filter below, on each side


@dataclass(frozen=True)
class Magnify(Task):
    """Enlarge photos."""

    name: ClassVar[str] = "magnify"
    scale: Literal[1, 2, 4] = option(2, help="how many times as large")

    def corrupt(self, clean, rng):
        height, width = (side // self.scale for side in clean.shape[:2])
        blocks = clean.reshape(height, self.scale, width, self.scale, 3)
        return blocks.mean((1, 3)) * np.float32(0.99)


@dataclass(frozen=True)
class Guided(Magnify):
    """Enlarge photos at a working size."""

    name: ClassVar[str] = "guided"
    scope: ClassVar[Literal["local", "scene"]] = "scene"


@dataclass(frozen=True)
class Blended(Magnify):
    """Enlarge photos, and keep some of the enlarged input."""

    name: ClassVar[str] = "blended"

    def compose(self, degraded, answer):
        return np.clip(0.5 * answer + 0.5 * enlarged(degraded, self.scale), 0, 1)


def blur(x):
    """Stand for a network: every pixel of the answer depends on the `REACH` around it."""
    return uniform_filter(x, (0, 2 * REACH + 1, 2 * REACH + 1, 0), mode="nearest")


def photo(samples: Path, height: int, width: int) -> np.ndarray:
    return decode_rgb8(samples / "cat.jpg")[:height, :width].astype(np.float32) / 255


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("kind", [Magnify, Guided])
def test_the_contract_holds_at_every_scale(kind, scale):
    check_task(kind(scale=scale), quick=True)


@dataclass(frozen=True)
class Forgets(Magnify):
    """Forget to enlarge what the network sees."""

    def encode(self, degraded):
        return degraded


@dataclass(frozen=True)
class LooksFar(Magnify):
    """Let a pixel depend on the whole picture."""

    def encode(self, degraded):
        return enlarged(degraded - degraded.mean(), self.scale)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Forgets, "encode must return an array of shape (48, 64, C), not (24, 32, 3)"),
        (LooksFar, "each pixel may depend on the 4 pixels around it"),
    ],
)
def test_what_breaks_the_contract_is_told(kind, says):
    with pytest.raises(AssertionError) as caught:
        check_task(kind(), quick=True)
    assert says in str(caught.value)


@pytest.mark.parametrize("task", [Magnify(scale=1), Magnify(), Magnify(scale=4), Blended(scale=4)])
@pytest.mark.parametrize("multiple", [1, 8, 12])
def test_tiles_equal_the_whole(samples, task, multiple):
    degraded = photo(samples, 45, 67)
    restorer = Restorer(task, blur, Geometry(multiple=multiple, margin=REACH))
    restorer.tile = 100_000
    whole = restorer.restore_pixels(degraded)
    assert whole.shape == (45 * task.scale, 67 * task.scale, 3)
    # The photo itself, without tiles or padding, away from where padding can be seen.
    direct = task.compose(degraded, blur(task.encode(degraded)[None])[0])
    seen = -(multiple + REACH + 4 * task.scale)
    np.testing.assert_allclose(whole[:seen, :seen], direct[:seen, :seen], atol=1e-6)
    restorer.tile = 64
    np.testing.assert_allclose(restorer.restore_pixels(degraded), whole, atol=1e-6)
    np.testing.assert_allclose(
        restorer.answer(degraded)[:seen, :seen],
        blur(task.encode(degraded)[None])[0][:seen, :seen],
        atol=1e-6,
    )


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_network_of_one_size_works_at_any_scale(samples, scale):
    degraded = photo(samples, 31, 23)
    restorer = Restorer(Magnify(scale=scale), lambda x: x, Geometry(side=40))
    result = restorer.restore_pixels(degraded)
    assert result.shape == (31 * scale, 23 * scale, 3)
    inside = slice(4 * scale, -4 * scale)
    expected = np.clip(enlarged(degraded, scale), 0, 1)
    # Where two squares meet, each enlarges its own pixels.
    assert np.mean(np.abs(result - expected)[inside, inside]) < 0.01


@pytest.mark.parametrize("scale", [1, 2])
def test_scenes_come_in_bands_without_seams(samples, scale, monkeypatch):
    degraded = photo(samples, 120, 90)
    restorer = Restorer(Guided(scale=scale), lambda x: x, Geometry(multiple=2, working_size=64))
    whole = restorer.restore_pixels(degraded)
    monkeypatch.setattr("pixrestore.restoring.scene._BAND", 90 * 7)
    bands = restorer.restore_pixels(degraded)
    assert bands.shape == (120 * scale, 90 * scale, 3)
    np.testing.assert_allclose(bands, whole, atol=1e-5)
    assert np.mean(np.abs(whole - enlarged(degraded, scale))) < 0.02


def test_one_pixel_becomes_four():
    restorer = Restorer(Magnify(), lambda x: x, Geometry(multiple=8, margin=16))
    result = restorer.restore(np.full((1, 1, 3), 100, np.uint8))
    assert result.shape == (2, 2, 3)
    assert np.abs(result.astype(int) - 100).max() <= 1


def test_what_belongs_to_the_pixels_grows_with_them(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    alpha = np.repeat(np.array([0, 255], np.uint8), 15)[None].repeat(20, 0)
    exif = Image.Exif()
    exif[0x0131] = "a scanner"
    exif.get_ifd(0x8769)[0xA002] = 30
    exif.get_ifd(0x8769)[0xA003] = 20
    given = Photo(pixels, alpha=alpha, dpi=(300.0, 600.0), exif=exif.tobytes())
    restorer = Restorer(Magnify(scale=4), lambda x: x, Geometry(margin=8))
    write_photo(restorer.restore_photo(given), tmp_path / "large.png")
    large = read_photo(tmp_path / "large.png")
    assert large.pixels.shape == (80, 120, 3)
    assert large.dpi == pytest.approx((1200, 2400), rel=1e-3)
    assert (large.alpha[:, :50] == 0).all()
    assert (large.alpha[:, 70:] == 255).all()
    with Image.open(tmp_path / "large.png") as image:
        kept = image.getexif()
    assert kept[0x0131] == "a scanner"
    assert (kept.get_ifd(0x8769)[0xA002], kept.get_ifd(0x8769)[0xA003]) == (120, 80)
    same = Restorer(Magnify(scale=1), lambda x: x, Geometry()).restore_photo(given)
    assert (same.dpi, same.exif) == (given.dpi, given.exif)


def test_what_would_be_too_large_is_refused_before_any_work():
    restorer = Restorer(Magnify(scale=4), lambda x: x, Geometry(margin=8))
    large = np.broadcast_to(np.zeros(3, np.uint8), (5000, 8000, 3))
    with pytest.raises(PhotoError, match="would have 32000 x 20000 pixels, more than the limit"):
        restorer.restore(large)


def test_bytes_and_gray_arrays_grow():
    restorer = Restorer(Magnify(), lambda x: x, Geometry(margin=8))
    stream = io.BytesIO()
    Image.new("L", (9, 7), 80).save(stream, "PNG")
    assert Image.open(io.BytesIO(restorer.restore(stream.getvalue()))).size == (18, 14)
    assert restorer.restore(np.full((7, 9), 80, np.uint16)).shape == (14, 18)


@pytest.mark.slow
def test_trained_restored_and_measured(tmp_path, samples):
    restorer = train(
        Magnify(scale=4),
        samples,
        tmp_path / "model",
        steps=2,
        recipe={
            "arguments": {"widths": (4, 8), "blocks": (1, 1)},
            # No multiple of 4 or of what the network takes: it is rounded up.
            "patch": 18,
            "batch": 2,
            "crops": 1,
        },
        quiet=True,
    )
    assert restorer.task.scale == 4
    [sheet] = (tmp_path / "model" / "samples").iterdir()
    assert size(sheet)[0] == 3 * 192 + 2 * 4
    small = tmp_path / "small.jpg"
    with Image.open(samples / "cat.jpg") as image:
        image.resize((50, 40)).save(small)
    done = restore_files([small], tmp_path / "large.png", restorer, compare=True)
    assert done.exit_code == 0
    assert size(tmp_path / "large.png") == (200, 160)
    assert size(tmp_path / "large-compare.jpg") == (2 * 200 + 8, 160)
    photos = tmp_path / "photos"
    photos.mkdir()
    true = photo(samples, 61, 83)
    write_photo(Photo(np.rint(true * 255).astype(np.uint8)), photos / "odd.png")
    figures = evaluate(Magnify(scale=4), photos, model=tmp_path / "model")
    # Doing nothing is bicubic enlarging: a little worse than the truth, far from noise.
    assert 15 < figures.input["psnr"] < 40
    # Two steps leave a residual network close to its input.
    assert abs(figures.restored["psnr"] - figures.input["psnr"]) < 3
    with pytest.raises(UsageError, match="enlarges 4 times, not 2"):
        evaluate(Magnify(scale=4), photos, model=tmp_path / "model", scale=2)
