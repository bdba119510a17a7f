"""Damage in layers: tasks made of others, and several tasks that restore in sequence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest
from PIL import Image

import pixrestore
from pixrestore import Chain, Restorer, Task, option
from pixrestore.errors import UsageError
from pixrestore.geometry import Geometry
from pixrestore.images import decode_rgb8
from pixrestore.options import options_of
from pixrestore.plugins.checks import named_task
from pixrestore.restoring.sequence import RestorerSequence
from pixrestore.tasks import Colorize, Denoise
from pixrestore.testing import check_task


@dataclass(frozen=True)
class Fade(Task):
    """Bring back photos that faded."""

    name: ClassVar[str] = "fade"
    loss: float = option(0.3, help="contrast that is lost", min=0, max=0.9)
    strength: float = option(1.0, help="how much to undo", min=0, max=1, restoring=True)

    def corrupt(self, clean, rng):
        return clean * np.float32(1 - self.loss)

    def compose(self, degraded, answer):
        return np.clip(degraded + np.float32(self.strength) * (answer - degraded), 0, 1)


@dataclass(frozen=True)
class Halve(Task):
    """Enlarge photos."""

    name: ClassVar[str] = "halve"
    scale: Literal[2, 4] = option(2, help="how many times")

    def corrupt(self, clean, rng):
        return clean[:: self.scale, :: self.scale]


@dataclass(frozen=True)
class Worn(Chain):
    """Restore worn photos."""

    name: ClassVar[str] = "worn"
    parts = (Fade(loss=0.2), Denoise(sigma=(5, 10), camera=0.0), Fade())


@dataclass(frozen=True)
class SmallGray(Chain):
    """Restore small gray photos."""

    name: ClassVar[str] = "small-gray"
    parts = (Halve(), Colorize(film=0.0), Halve())
    colorize_film: float = option(1.0, help="share of pairs that imitate film", min=0, max=1)


def clean(samples: Path) -> np.ndarray:
    return decode_rgb8(samples / "coffee.jpg")[:64, :80].astype(np.float32) / 255


def test_damage_is_done_in_order_from_one_generator(samples):
    photo = clean(samples)
    rng = np.random.default_rng(7)
    faded = np.clip(Fade(loss=0.2).corrupt(photo, rng), 0, 1)
    noisy = np.clip(Denoise(sigma=(5, 10), camera=0.0).corrupt(faded, rng), 0, 1)
    expected = Fade(loss=0.3).corrupt(noisy, rng)
    found = Worn().corrupt(photo, np.random.default_rng(7))
    np.testing.assert_array_equal(found, expected)


def test_options_of_the_parts_are_options_of_the_whole(samples):
    options = {each.name: each for each in options_of(Worn)}
    assert list(options) == ["fade_loss", "denoise_sigma", "denoise_camera", "fade2_loss"]
    assert options["fade_loss"].default == 0.2
    assert options["fade2_loss"].default == 0.3
    assert options["fade_loss"].max == 0.9
    assert options["fade_loss"].help == "contrast that is lost"
    worn = Worn(fade2_loss=0.5, denoise_sigma=0)
    assert worn.links == (Fade(loss=0.2), Denoise(sigma=(0, 0), camera=0.0), Fade(loss=0.5))
    assert Worn(**worn.options()) == worn
    found = worn.corrupt(clean(samples), np.random.default_rng(0))
    np.testing.assert_allclose(found, clean(samples) * 0.8 * 0.5, atol=1e-6)
    with pytest.raises(UsageError, match="`fade_loss` must be"):
        Worn(fade_loss=2.0)


def test_scope_and_scale_of_the_whole():
    assert (Worn.scope, Worn().scale) == ("local", 1)
    assert (SmallGray.scope, SmallGray().scale) == ("scene", 4)
    assert SmallGray(halve2_scale=4).scale == 8
    # Its own word on an option counts.
    assert SmallGray().links[1] == Colorize(film=1.0)


@pytest.mark.parametrize("task", [Worn(), SmallGray()], ids=lambda task: task.name)
def test_chains_keep_the_contract(task):
    assert named_task(type(task)) == (task.name, type(task))
    check_task(task, quick=True)


def test_parts_that_are_no_tasks_are_told():
    for parts in ((), (Denoise,), ("denoise",)):
        with pytest.raises(TypeError, match=r"Wrong.parts must be tasks, such as \(Denoise"):
            type("Wrong", (Chain,), {"parts": parts})


@pytest.mark.slow
def test_a_chain_is_trained_saved_and_loaded(tmp_path, samples):
    restorer = pixrestore.train(
        Worn(),
        samples,
        tmp_path / "worn",
        steps=2,
        recipe={
            "arguments": {"widths": (4, 8), "blocks": (1, 1)},
            "patch": 16,
            "batch": 2,
            "crops": 1,
        },
        quiet=True,
        fade_loss=0.1,
    )
    assert restorer.task == Worn(fade_loss=0.1)
    assert restorer.restore(np.zeros((9, 11, 3), np.uint8)).shape == (9, 11, 3)


def lighten(x):
    """Stand for a network: answer a little more than what it sees."""
    return x + np.float32(0.3 / 255)


def darken(x):
    return x - np.float32(0.3 / 255)


def test_nothing_is_rounded_between_two_tasks():
    pixels = np.arange(0, 256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, -1)
    light = Restorer(Fade(), lighten, Geometry())
    dark = Restorer(Fade(), darken, Geometry())
    both = RestorerSequence([light, light, light, dark, dark])
    # 3 - 2 thirds: rounding after each would change nothing at all, or everything by one.
    expected = np.clip(np.minimum(pixels + 0.9, 255) - 0.6, 0, 255)
    np.testing.assert_array_equal(both.restore(pixels), np.rint(expected).astype(np.uint8))
    up = RestorerSequence([light, light]).restore(pixels)
    np.testing.assert_array_equal(up, np.minimum(pixels.astype(int) + 1, 255))
    floats = pixels.astype(np.float32) / 255
    np.testing.assert_allclose(
        RestorerSequence([light, light]).restore(floats),
        np.clip(floats + 0.6 / 255, 0, 1),
        atol=1e-6,
    )


def test_sizes_and_colours_add_up():
    grow = Restorer(Halve(), lambda x: x, Geometry(margin=8))
    paint = Restorer(
        Colorize(film=0.0),
        lambda x: np.full((*x.shape[:3], 2), 0.3, np.float32),
        Geometry(),
        adds_colour=True,
    )
    result = RestorerSequence([grow, paint, grow]).restore(Image.new("L", (10, 8), 120))
    assert (result.size, result.mode) == ((40, 32), "RGB")


def test_each_task_gets_its_own_options():
    fade, grade = Restorer(Fade(), lighten, Geometry()), Restorer(Denoise(), darken, Geometry())
    both = RestorerSequence([fade, grade, fade])
    photo = np.full((4, 4, 3), 0.5, np.float32)
    step = 0.3 / 255
    for options, expected in (
        ({}, step),
        ({"strength": 0.0}, 0.0),
        ({"denoise_strength": 0.0}, 2 * step),
        ({"strength": 0.0, "fade_strength": 0.0}, -step),
    ):
        change = both.restore(photo, **options) - photo
        np.testing.assert_allclose(change, expected, atol=1e-6)
    with pytest.raises(UsageError, match="fade-denoise-fade has no option 'saturation'"):
        both.restore(photo, saturation=2)


@pytest.fixture(scope="module")
def models(tmp_path_factory, samples, tiny_denoiser) -> dict[str, Path]:
    """Models of both built-in tasks, hardly trained."""
    folder = tmp_path_factory.mktemp("models") / "tiny-colorizer"
    pixrestore.train(
        "colorize",
        samples,
        folder,
        steps=2,
        recipe={
            "arguments": {"widths": (4, 8), "blocks": (1, 1), "stop": 0, "context": False},
            "patch": 16,
            "batch": 2,
            "crops": 1,
        },
        quiet=True,
    )
    return {"denoise": tiny_denoiser, "colorize": folder}


@pytest.mark.slow
def test_the_command_line_and_the_verb_do_the_same(cli, models, samples, tmp_path):
    chosen = [word for task in models for word in ("--task", task)]
    chosen += ["--model", models["colorize"], "--model", models["denoise"]]
    result = tmp_path / "new.png"
    done = cli("restore", *chosen, samples / "officer.jpg", "-o", result, "--saturation", "2")
    assert done.code == 0, done.err
    restored = pixrestore.restore(
        samples / "officer.jpg",
        ["denoise", "colorize"],
        model=[models["denoise"], models["colorize"]],
        saturation=2.0,
    )
    with Image.open(result) as image:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(restored))
    # The models alone say as much, in their order.
    again = pixrestore.restore(samples / "officer.jpg", model=list(models.values()), saturation=2.0)
    np.testing.assert_array_equal(np.asarray(again), np.asarray(restored))
    beside = tmp_path / "photos"
    beside.mkdir()
    with Image.open(samples / "officer.jpg") as image:
        image.resize((20, 30)).save(beside / "old.png")
    done = cli("restore", *chosen, beside / "old.png")
    assert (beside / "old-denoise-colorize.png").exists(), done.err


@pytest.mark.slow
def test_help_and_errors_of_a_sequence(cli, models, tmp_path):
    done = cli("restore", "--task", "denoise", "--task", "colorize", "--task", "denoise", "--help")
    assert "Options of the tasks denoise, colorize, denoise:" in done.out
    for flag in ("--strength float", "--saturation float", "--denoise-strength float"):
        assert flag in done.out
    done = cli("restore", "--task", "denoise", "--model", models["colorize"], "x.jpg")
    assert (done.code, done.error) == (
        2,
        f"the model {models['colorize']} is for colorize, not for denoise",
    )
    with pytest.raises(
        UsageError, match="the model tiny-colorizer is for colorize, not for denoise"
    ):
        pixrestore.restore("x.jpg", ["denoise", "denoise"], model=models["colorize"])
