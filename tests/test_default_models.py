"""The models that pixrestore ships: as good as their cards say, and small."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from pixrestore import colorize, denoise, evaluate
from pixrestore.images import decode_rgb8
from pixrestore.model.lookup import default_model
from pixrestore.plugins.kinds import MODELS
from pixrestore.plugins.loading import load_plugins

NAMES = ("colorize", "denoise")


def figures(name: str, title: str) -> dict[str, dict[str, float]]:
    """Return what a model's card says it reached on a folder."""
    return default_model(name).figures[title]


def test_both_ship_with_graphs_and_fit_into_a_wheel():
    models = [default_model(name) for name in NAMES]
    folders = [load_plugins().all(MODELS)[name] for name in NAMES]
    total = sum(file.stat().st_size for folder in folders for file in folder.iterdir())
    assert total < 12_000_000
    assert all(model.graph and model.licence and model.limits for model in models)
    for model in models:
        assert model.training["minutes"] >= 25
        assert model.training["command"].startswith("pixrestore train --task")
        card = (model.folder / "README.md").read_text()
        assert model.limits in card
        assert model.training["command"] in card


@pytest.mark.slow
def test_the_denoiser_is_as_good_as_its_card_says(samples):
    found = evaluate("denoise", samples, sigma=25)
    said = figures("denoise", "samples, sigma 25")
    assert found.restored["psnr"] > said["restored"]["psnr"] - 0.1
    assert found.restored["ssim"] > 0.98 * said["restored"]["ssim"]
    assert found.restored["psnr"] > found.input["psnr"] + 8


@pytest.mark.slow
def test_the_colouriser_is_as_good_as_its_card_says(samples):
    found = evaluate("colorize", samples)
    said = figures("colorize", "samples")
    assert found.restored["psnr"] > said["restored"]["psnr"] - 0.1
    assert found.restored["ciede2000"] < 1.02 * said["restored"]["ciede2000"]
    assert found.restored["colourfulness"] > 0.98 * said["restored"]["colourfulness"]


@pytest.mark.parametrize(
    ("title", "below_gray", "gained"),
    [
        ("scenes", 0.18, 1.7),
        ("pets", 0.11, 1.2),
        ("objects", 0.10, 0.5),
        ("people", 0.09, 0.8),
        ("things", 0.13, 1.5),
    ],
)
def test_colours_on_photos_never_seen_are_nearer_the_truth_than_gray(title, below_gray, gained):
    said = figures("colorize", f"test/colour/{title}")
    assert said["restored"]["ciede2000"] < (1 - below_gray) * said["input"]["ciede2000"]
    assert said["restored"]["psnr"] > said["input"]["psnr"] + gained


def test_the_same_photo_small_and_large_gets_the_same_colours(samples):
    from PIL import Image

    from pixrestore.images import colour

    photo = Image.open(samples / "cat.jpg").convert("L").convert("RGB")
    chroma = []
    for width in (300, 1500):
        large = photo.resize((width, round(width * photo.height / photo.width)))
        small = colorize(large).resize((150, 100), Image.Resampling.BOX)
        chroma.append(colour.chroma(np.asarray(small, np.float32) / 255))
    assert np.abs(chroma[0] - chroma[1]).mean() < 3  # of CIE ab


def test_a_clean_photo_comes_back_nearly_untouched(samples):
    photo = decode_rgb8(samples / "raccoon.jpg").astype(np.float32) / 255
    error = np.square(denoise(photo) - photo).mean()
    assert -10 * np.log10(error) > 40


@pytest.mark.slow
def test_colouring_a_photo_imports_nothing_heavy(samples, tmp_path):
    code = (
        "import sys; from pixrestore import colorize; "
        f"colorize({str(samples / 'cat.jpg')!r}).save({str(tmp_path / 'cat.png')!r}); "
        "print({'tensorflow', 'keras', 'skimage', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_colours_that_are_replaced_are_told(cli, samples, tmp_path):
    with Image.open(samples / "coffee.jpg") as image:
        image.save(tmp_path / "colour.png")
        gray = np.asarray(image.convert("L"), float)[..., None]
    sepia = np.clip(gray * (1.0, 0.9, 0.7), 0, 255).astype(np.uint8)
    Image.fromarray(sepia).save(tmp_path / "sepia.png")
    Image.fromarray(gray[..., 0].astype(np.uint8)).convert("RGB").save(tmp_path / "gray.png")
    done = cli("colorize", tmp_path, "-o", tmp_path / "out")
    assert done.code == 0, done.err
    told = [line for line in done.out.splitlines() if "had colours already" in line]
    assert len(told) == 1
    assert "colour.png ->" in told[0]
