"""The examples, run as users run them, with budgets of a few steps."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pixrestore

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*.py"))
DETROIT = EXAMPLES / "photos" / "detroit-1915.jpg"


def run(script: str, folder: Path, *words: object) -> str:
    """Run a script in `folder` and return what it printed."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / script, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def colourer(tmp_path_factory, samples):
    """A model folder of a colorizer that was trained for two steps."""
    out = tmp_path_factory.mktemp("models") / "colourer"
    pixrestore.train(
        "colorize",
        samples,
        out,
        steps=2,
        recipe={
            "arguments": {"widths": (4, 8), "blocks": (1, 1), "stop": 1},
            "patch": 32,
            "batch": 2,
        },
        quiet=True,
    )
    return out


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_says_in_its_first_lines_how_to_run_it(script):
    text = (EXAMPLES / script).read_text(encoding="utf-8")
    assert f"python examples/{script}" in text.split('"""')[1]


def test_photos_are_named_with_their_source():
    text = (EXAMPLES / "photos" / "README.md").read_text(encoding="utf-8")
    photos = sorted((EXAMPLES / "photos").glob("*.jpg"))
    assert [photo.name for photo in photos if photo.name not in text] == []
    # They travel with every clone.
    assert sum(photo.stat().st_size for photo in photos) < 1.5e6


@pytest.mark.slow
def test_demo_colours_a_photo_and_sets_it_beside_the_old_one(colourer, tmp_path):
    out = tmp_path / "out"
    printed = run("demo.py", tmp_path, "--photos", DETROIT, "--model", colourer, "--out", out)
    assert "1 restored" in printed
    with Image.open(DETROIT) as old, Image.open(out / DETROIT.name) as new:
        assert new.size == old.size
    with Image.open(out / "detroit-1915-compare.jpg") as both:
        assert both.width > 2 * both.height  # a wide photo, twice


@pytest.mark.slow
def test_own_task_trains_and_restores(tmp_path):
    printed = run("own_task.py", tmp_path, "--steps", 2, "--widths", "4,8")
    assert "PSNR" in printed
    out = tmp_path / "runs" / "unfade"
    assert json.loads((out / "model.json").read_text())["task"]["name"] == "unfade"
    with Image.open(out / "faded-restored-true.png") as sheet:
        assert sheet.width > 3 * sheet.height


@pytest.mark.slow
def test_a_deeper_unet_begins_where_the_trained_one_ended(tmp_path):
    tiny = {"widths": (4, 8), "blocks": (1, 0)}
    pixrestore.train(
        "denoise", out=tmp_path / "a", recipe={"arguments": tiny, "patch": 16}, steps=9, quiet=True
    )
    run("deepen_unet.py", tmp_path, "a", "b", "--blocks", "2,1")
    first, second = (
        np.asarray(pixrestore.load(tmp_path / name, engine="keras").restore(DETROIT), int)
        for name in "ab"
    )
    assert np.abs(first - second).max() <= 1
    told = json.loads((tmp_path / "b" / "model.json").read_text())
    assert told["architecture"]["arguments"]["blocks"] == [2, 1]
    assert told["training"]["init"]["steps"] == 9
    pixrestore.train("denoise", out=tmp_path / "c", init=tmp_path / "b", steps=1, quiet=True)


@pytest.mark.slow
def test_the_default_models_are_trained_in_stages_measured_and_shipped(samples, tmp_path):
    for folder in ("detail", "valid/bsds32", "test/cbsd68", "test/kodak24"):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copy(samples / "cat.jpg", tmp_path / folder)
    shutil.copy(samples / "coffee.jpg", tmp_path / "detail")
    words = ("denoise", "--photos", tmp_path, "--share", 1e-4, "--limit", 1, "--out", "models")
    printed = run("train_default_models.py", tmp_path, *words)
    commands = [line for line in printed.splitlines() if line.startswith("$ pixrestore train")]
    assert len(commands) == 2
    assert "--init runs/denoise-deeper" in commands[1]
    model = json.loads((tmp_path / "models" / "denoise" / "model.json").read_text())
    assert model["architecture"]["arguments"]["blocks"] == [4, 1, 1]
    assert model["figures"]["test/kodak24, sigma 25"]["restored"]["psnr"] > 0
    before = model["training"]["init"]["init"]
    assert before["model"] == "runs/denoise-1"
    assert f"$ {before['command']}" == commands[0]


@pytest.mark.slow
def test_the_articles_study_writes_its_page(samples, tmp_path):
    small = ("--side", 16, "--batch", 2, "--test", 2, "--first", 2)
    words = (samples, *small, "--scale", 0.01, "--out", "runs")
    printed = run("article_study.py", tmp_path, *words)
    page = tmp_path / "runs" / "page"
    assert (page / "article-study.md").read_text() == printed.rstrip() + "\n"
    assert "| 1: 3×3, 1 filters, 1 epochs | 0." in printed
    assert "- Step 2 against step 1: validation loss 0." in printed
    # Gray, two steps, true: each 160 pixels.
    for kind in ("answer", "restored"):
        with Image.open(page / f"article-{kind}.jpg") as sheet:
            assert sheet.width == 4 * 160 + 3 * 6
    assert (page / "article-curves.svg").read_text().count("<polyline") == 2
    with (tmp_path / "runs" / "step-2" / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    # Each epoch is a chunk of the photos, a step here, at the rate of the first.
    assert [row["step"] for row in rows] == ["1", "2", "3", "4"]
    assert len({row["rate"] for row in rows}) == 1
    assert run("article_study.py", tmp_path, *words) == printed  # nothing is trained again


@pytest.mark.slow
def test_losses_are_compared_on_a_page(samples, tmp_path):
    tiny = ("--widths", "4,8", "--patch", 32, "--side", 32, "--steps", 2, "--test", 2)
    ways = ("--ways", "rebalanced", "adversarial")
    printed = run("compare_losses.py", tmp_path, samples, *tiny, "--out", "runs", *ways)
    page = tmp_path / "runs" / "page"
    assert (page / "losses.md").read_text() == printed.rstrip() + "\n"
    assert "| rebalanced | " in printed
    assert "| adversarial | " in printed
    recipe = json.loads((tmp_path / "runs" / "adversarial" / "run.json").read_text())["recipe"]
    assert (recipe["loss"], recipe["adversarial"]) == ("charbonnier", 0.01)
    assert (page / "losses.jpg").is_file()
    # Colours are multiplied, by four at most, until a model is as inaccurate as the worst.
    cells = [line.strip("| ").split(" | ") for line in printed.splitlines() if "%" in line][2:]
    assert [line[0] for line in cells] == ["rebalanced", "adversarial"]
    for line in cells:
        assert 1 <= float(line[6]) <= 4
        assert float(line[7].rstrip("%")) >= float(line[3].rstrip("%"))


@pytest.mark.slow
def test_the_default_network_is_set_beside_the_articles(samples, tmp_path):
    tiny = ("--steps", 2, "--scales", 0.01, "--sees", 16, "--widths", "4,8", "--side", 32)
    printed = run("unet_against_bottleneck.py", tmp_path, samples, *tiny, "--test", 2)
    page = tmp_path / "runs" / "surpassed" / "page"
    assert (page / "surpassed.md").read_text() == printed.rstrip() + "\n"
    # 50 crops a step against 8, and what a bottleneck of those sizes holds.
    assert re.search(r"\| bottleneck, filters 3, 1, code 20 \| 1,084 \| .* \| 2 \| 100 \|", printed)
    assert re.search(r"\| unet, 1 steps \| 4,734 \| .* \| 1 \| 8 \|", printed)
    assert "bottleneck, filters 3, 1, code 20, " in printed.partition("## How many times")[2]
    # Gray, the bottleneck, the shortest and the longest run, true.
    with Image.open(page / "surpassed.jpg") as sheet:
        assert sheet.width == 5 * 160 + 4 * 6


@pytest.mark.slow
def test_noise_is_taken_out_with_either_network(samples, tmp_path):
    tiny = ("--steps", 1, "--scale", 0.02, "--sees", 32, "--widths", "4,8", "--side", 32)
    words = (samples, *tiny, "--test", 2, "--tasks", "denoise")
    printed = run("other_damage.py", tmp_path, *words)
    rows = [line.split(" | ") for line in printed.splitlines() if line.startswith("| denoise")]
    nothing, article, default = (float(row[6]) for row in rows)
    assert nothing == pytest.approx(20.6, abs=0.5)  # that is noise of sigma 25, clipped
    assert article < nothing  # squeezed through a code by a network that knows nothing
    assert default == pytest.approx(nothing, abs=0.2)  # starts from what it is given
    assert (tmp_path / "runs" / "other-damage" / "page" / "denoise.jpg").is_file()


@pytest.mark.slow
def test_a_code_is_asked_what_it_knows(samples, tmp_path):
    pixrestore.train(
        "colorize",
        samples,
        tmp_path / "model",
        recipe={
            "architecture": "bottleneck",
            "arguments": {"side": 16, "kernel": 3, "filters": (4, 4), "code": 12},
            "batch": 2,
        },
        steps=1,
        quiet=True,
        space="rgb",
    )
    data = tmp_path / "data"
    data.mkdir()
    for number in range(40):
        with Image.open(samples / "cat.jpg") as cat:
            square = cat.crop((4 * number, 3 * number, 4 * number + 64, 3 * number + 64))
        dark = number % 2
        name = f"{'dark' if dark else 'light'}_{number}.png"
        square.point(lambda value, dark=dark: value // 4 + (0 if dark else 190)).save(data / name)
    words = ("model", "--data", data, "--side", 16, "--show", EXAMPLES / "photos", "--out", "code")
    printed = run("code_study.py", tmp_path, *words)
    assert "40 photos: dark 20, light 20." in printed
    assert "| the commonest kind |  | 50.0% |  |" in printed
    # Light and dark are plain even to a network that learned nothing.
    for row in ("code of model | 12", "principal components of gray pixels, of these photos | 12"):
        assert f"| {row} | 100.0% ± 0.0% | 100.0% |" in printed
    # A photo and three like it in two ways, 160 pixels each.
    with Image.open(tmp_path / "code" / "page" / "neighbours.jpg") as sheet:
        assert sheet.width == 7 * 160 + 6 * 6


@pytest.mark.slow
def test_training_on_a_folder_goes_on_where_it_was_stopped(samples, tmp_path):
    words = (samples, "--task", "denoise", "--widths", "4,8", "--limit", 1)
    run("train_on_a_folder.py", tmp_path, *words, "--steps", 2)
    printed = run("train_on_a_folder.py", tmp_path, *words, "--steps", 3)
    assert "denoise-samples" in printed.partition("PSNR dB")[2]  # a row of the table
    with (tmp_path / "runs" / "denoise-samples" / "history.csv").open() as file:
        assert int(list(csv.DictReader(file))[-1]["step"]) == 3
