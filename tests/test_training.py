"""The trainer: runs from their photos to their model folders."""

from __future__ import annotations

import math
import shutil

import numpy as np
import pytest
from PIL import Image
from training_runs import (
    IN_A_PROCESS,
    STEPS,
    TINY,
    TWO_DEVICES,
    description,
    history,
    progress,
    same,
    tiny,
    weights,
)

import pixrestore
from pixrestore import train
from pixrestore.errors import UsageError
from pixrestore.training.asked import Asked
from pixrestore.training.checkpoint import CHECKPOINT
from pixrestore.training.schedule import rate_at
from pixrestore.training.start import start


class TestARun:
    def test_it_leaves_a_model_folder_and_its_history(self, tiny_run):
        names = {path.name for path in tiny_run.iterdir()}
        assert names >= {"README.md", "model.json", "model.weights.h5"}
        assert names >= {"checkpoint.weights.h5", "history.csv", "run.json", "samples"}
        assert not any(name.startswith("new.") for name in names)
        rows = history(tiny_run)
        assert [row["epoch"] for row in rows] == [1, 2, 3]
        assert [row["step"] for row in rows] == [50, 100, STEPS]
        assert all(math.isfinite(value) for row in rows for value in row.values())
        assert all(row["images_per_second"] > 0 for row in rows)
        assert len({row["input_psnr"] for row in rows}) == 1

    def test_it_draws_degraded_restored_and_true_beside_each_other(self, tiny_run):
        sheets = sorted(path.name for path in (tiny_run / "samples").iterdir())
        assert sheets == ["epoch-0001.png", "epoch-0002.png", "epoch-0003.png"]
        with Image.open(tiny_run / "samples" / sheets[-1]) as image:
            sheet = np.asarray(image)
        # Of six photos one is held out: three squares of 192 pixels, 4 apart.
        assert sheet.shape == (192, 3 * 192 + 2 * 4, 3)
        degraded, restored, true = (sheet[:, x : x + 192].astype(float) for x in (0, 196, 392))
        noise, left = (np.abs(one - true).mean() for one in (degraded, restored))
        assert 0 < left < noise

    def test_it_learns_and_keeps_the_best_epoch(self, tiny_run):
        rows = history(tiny_run)
        best = min(rows, key=lambda row: row["val_loss"])
        model = description(tiny_run)
        assert best["psnr"] > best["input_psnr"] + 0.3
        assert model["training"]["best_step"] == best["step"]
        assert model["figures"]["validation"]["loss"] == pytest.approx(best["val_loss"], rel=1e-4)
        assert model["figures"]["validation"]["psnr"] == pytest.approx(best["psnr"], rel=1e-4)

    def test_the_card_tells_how_it_was_made(self, tiny_run):
        card = (tiny_run / "README.md").read_text()
        for told in ("denoise", "unet", "charbonnier", "psnr", "steps", "best_step"):
            assert told in card

    def test_the_rate_follows_the_cosine(self, tiny_run):
        rates = [row["rate"] for row in history(tiny_run)]
        highest = TINY["recipe"]["rate"]
        for row, rate in zip(history(tiny_run), rates, strict=True):
            # Set before the epoch's last step.
            before = row["step"] - 1
            assert rate == pytest.approx(rate_at(before, before / STEPS, highest, 10), rel=1e-3)

    def test_its_model_restores(self, tiny_run, samples):
        restorer = pixrestore.load(tiny_run)
        figures = pixrestore.evaluate("denoise", samples, model=tiny_run, sigma=25, limit=2)
        assert figures.restored["psnr"] > figures.input["psnr"] + 0.3
        assert restorer.restore(np.zeros((9, 7, 3), np.uint8)).shape == (9, 7, 3)

    def test_a_run_is_not_overwritten(self, tiny_run):
        with pytest.raises(UsageError, match="holds a run already: go on with `resume`"):
            tiny(tiny_run, steps=1)


@pytest.mark.slow
def test_bad_photos_are_named_and_a_moment_gives_a_model(tmp_path, samples, capfd):
    photos = shutil.copytree(samples, tmp_path / "photos")
    (photos / "cut.jpg").write_bytes((samples / "cat.jpg").read_bytes()[:500])
    out = tmp_path / "out"
    tiny(out, photos, minutes=1e-9, quiet=False, recipe={"ema": 0.0})
    said = capfd.readouterr().err
    assert "5 photos to train on, 1 to validate on" in said
    assert "the pipeline alone makes" in said
    assert "images/s" in said
    assert "1 photo was skipped, unreadable:" in said
    assert "cut.jpg" in said
    # The first step compiles: it tells no speed.
    assert [(row["step"], row["images_per_second"]) for row in history(out)] == [(1, 0)]
    # Without averaging, what is kept is what was trained.
    assert same(weights(out / "model.weights.h5"), weights(out / CHECKPOINT))


def test_averages_are_kept_not_the_last_weights(tiny_run):
    kept, last = weights(tiny_run / "model.weights.h5"), weights(tiny_run / CHECKPOINT)
    assert description(tiny_run)["training"]["best_step"] == progress(tiny_run)["step"]
    assert kept.keys() == last.keys()
    assert not any(np.array_equal(kept[name], last[name]) for name in kept)


@pytest.mark.slow
def test_patience_ends_a_run_that_gets_no_better(tmp_path):
    out = tmp_path / "out"
    tiny(out, epochs=9, patience=1, recipe={"rate": 0.0})
    assert [row["epoch"] for row in history(out)] == [1, 2]
    assert description(out)["training"]["best_step"] == 50


@pytest.mark.slow
def test_a_seed_gives_the_same_weights(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        tiny(tmp_path / name, steps=2, seed=seed)
    first, second, other = (weights(tmp_path / n / "model.weights.h5") for n in "abc")
    assert all(np.allclose(first[name], second[name], atol=1e-6) for name in first)
    assert not all(np.allclose(first[name], other[name], atol=1e-3) for name in first)


@pytest.mark.slow
def test_init_starts_from_trained_weights(tiny_run, tmp_path):
    out = tmp_path / "out"
    train(
        "denoise",
        out=out,
        init=tiny_run,
        steps=1,
        quiet=True,
        recipe={**TINY["recipe"], "rate": 0.0},
    )
    assert same(weights(out / "model.weights.h5"), weights(tiny_run / "model.weights.h5"))
    assert description(out)["architecture"] == description(tiny_run)["architecture"]


def test_a_model_tells_from_which_model_it_was_trained_on(tiny_run, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    asked = Asked(
        "denoise",
        out=first,
        steps=1,
        init=tiny_run,
        recipe=TINY["recipe"],
        command="the first",  # which the shell notes
    )
    start(asked, quiet=True)
    tiny(second, steps=1, init=first)
    train(out=second, resume=True, steps=2, quiet=True)
    told = description(second)["training"]["init"]
    assert (told["model"], told["command"], told["steps"]) == (str(first), "the first", 1)
    assert (told["init"]["model"], told["init"]["steps"]) == (str(tiny_run), STEPS)
    assert "init" not in told["init"]
    assert "the first" in (second / "README.md").read_text()


@pytest.mark.slow
def test_two_devices_train_as_one_does(tiny_run, tmp_path, fresh_cli):
    out = tmp_path / "mirrored"
    code = (
        TWO_DEVICES
        + IN_A_PROCESS
        + f"tiny({str(out)!r}, steps={STEPS})\n"
        + "from pixrestore.training.devices import choose_devices\n"
        + "print(choose_devices().strategy.num_replicas_in_sync)\n"
    )
    done = fresh_cli(code=code)
    assert done.code == 0, done.err
    assert done.out.split()[-1] == "2"
    for row, expected in zip(history(out), history(tiny_run), strict=True):
        assert row["step"] == expected["step"]
        assert row["input_psnr"] == pytest.approx(expected["input_psnr"], rel=1e-6)
        # Each batch is halved, and the halves' gradients are averaged: the same up to rounding.
        for name in ("loss", "val_loss", "psnr"):
            assert row[name] == pytest.approx(expected[name], rel=0.01), name


def test_half_precision_learns_as_single_does(tiny_run, tmp_path):
    out = tmp_path / "half"
    tiny(out, steps=STEPS, recipe={"precision": "mixed_bfloat16"})
    last, expected = history(out)[-1], history(tiny_run)[-1]
    # bfloat16 has 8 significant bits: another path through the same losses, seldom 5 % apart.
    assert last["val_loss"] == pytest.approx(expected["val_loss"], rel=0.05)
    assert last["val_loss"] != expected["val_loss"]
    assert {value.dtype for value in weights(out / CHECKPOINT).values()} == {np.dtype("float32")}


@pytest.mark.slow
def test_logs_for_tensorboard(tmp_path):
    tiny(tmp_path / "out", steps=1, tensorboard=True)
    assert list((tmp_path / "out" / "tensorboard").rglob("events.*"))
