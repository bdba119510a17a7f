"""The trainer: runs from their photos to their model folders, and what may befall them."""

from __future__ import annotations

import csv
import json
import math
import shutil
import signal
import threading
from dataclasses import dataclass
from itertools import pairwise

import h5py
import numpy as np
import pytest
from PIL import Image

import pixrestore
from pixrestore import Task, train
from pixrestore.errors import (
    ModelError,
    OutputError,
    PhotoError,
    TrainingDataError,
    TrainingError,
    UnknownNameError,
    UsageError,
)
from pixrestore.recipe import Recipe
from pixrestore.tasks import Denoise
from pixrestore.training import Budget, Plan
from pixrestore.training.checkpoint import CHECKPOINT
from pixrestore.training.display import Display
from pixrestore.training.history import Row, append, forget_after
from pixrestore.training.schedule import ema_momentum_at, rate_at
from pixrestore.training.validation import validation_pairs

TINY = {
    "arguments": {"widths": (4, 8), "blocks": (1, 1)},
    "recipe": {"patch": 16, "batch": 2, "crops": 1, "warmup": 10, "rate": 3e-3},
}
# Two whole epochs of 50 steps, and one that the budget ends early.
STEPS = 120

IN_A_PROCESS = f"""
import os, signal
import pixrestore
def tiny(out, **settings):
    return pixrestore.train("denoise", out=out, quiet=True, **{{**{TINY!r}, **settings}})
"""


def tiny(out, data=None, task="denoise", **settings):
    recipe = {**TINY["recipe"], **settings.pop("recipe", {})}
    return train(task, data, out, **{**TINY, "quiet": True, **settings, "recipe": recipe})


def history(folder):
    with (folder / "history.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def weights(path):
    """Return the weights in a file, without the optimiser's."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and name.startswith("layers/"):
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(visit)
    assert found
    return found


def same(first, second):
    return first.keys() == second.keys() and all(np.array_equal(first[k], second[k]) for k in first)


def progress(folder):
    with h5py.File(folder / CHECKPOINT) as file:
        return json.loads(file.attrs["progress"])


def description(folder):
    return json.loads((folder / "model.json").read_text())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Train a tiny denoiser on the package's own photos for three short epochs."""
    out = tmp_path_factory.mktemp("runs") / "reference"
    tiny(out, steps=STEPS)
    return out


@pytest.fixture
def copied(run, tmp_path):
    """Return a copy of that run's folder."""
    return shutil.copytree(run, tmp_path / "copied")


class TestARun:
    def test_it_leaves_a_model_folder_and_its_history(self, run):
        names = {path.name for path in run.iterdir()}
        assert names >= {"README.md", "model.json", "model.weights.h5"}
        assert names >= {"checkpoint.weights.h5", "history.csv", "run.json", "samples"}
        assert not any(name.startswith("new.") for name in names)
        rows = history(run)
        assert [row["epoch"] for row in rows] == [1, 2, 3]
        assert [row["step"] for row in rows] == [50, 100, STEPS]
        assert all(math.isfinite(value) for row in rows for value in row.values())
        assert all(row["images_per_second"] > 0 for row in rows)
        assert len({row["input_psnr"] for row in rows}) == 1

    def test_it_draws_degraded_restored_and_true_beside_each_other(self, run):
        sheets = sorted(path.name for path in (run / "samples").iterdir())
        assert sheets == ["epoch-0001.png", "epoch-0002.png", "epoch-0003.png"]
        with Image.open(run / "samples" / sheets[-1]) as image:
            sheet = np.asarray(image)
        # Of six photos one is held out: three squares of 192 pixels, 4 apart.
        assert sheet.shape == (192, 3 * 192 + 2 * 4, 3)
        degraded, restored, true = (sheet[:, x : x + 192].astype(float) for x in (0, 196, 392))
        noise, left = (np.abs(one - true).mean() for one in (degraded, restored))
        assert 0 < left < noise

    def test_it_learns_and_keeps_the_best_epoch(self, run):
        rows = history(run)
        best = min(rows, key=lambda row: row["val_loss"])
        model = description(run)
        assert best["psnr"] > best["input_psnr"] + 0.3
        assert model["training"]["best_step"] == best["step"]
        assert model["figures"]["validation"]["loss"] == pytest.approx(best["val_loss"], rel=1e-4)
        assert model["figures"]["validation"]["psnr"] == pytest.approx(best["psnr"], rel=1e-4)

    def test_the_card_tells_how_it_was_made(self, run):
        card = (run / "README.md").read_text()
        for told in ("denoise", "unet", "charbonnier", "psnr", "steps", "best_step"):
            assert told in card

    def test_the_rate_follows_the_cosine(self, run):
        rates = [row["rate"] for row in history(run)]
        highest = TINY["recipe"]["rate"]
        for row, rate in zip(history(run), rates, strict=True):
            # Set before the epoch's last step.
            before = row["step"] - 1
            assert rate == pytest.approx(rate_at(before, before / STEPS, highest, 10), rel=1e-3)

    def test_its_model_restores(self, run, samples):
        restorer = pixrestore.load(run)
        figures = pixrestore.evaluate("denoise", samples, model=run, sigma=25, limit=2)
        assert figures["restored"]["psnr"] > figures["input"]["psnr"] + 0.3
        assert restorer.restore(np.zeros((9, 7, 3), np.uint8)).shape == (9, 7, 3)

    def test_a_run_is_not_overwritten(self, run):
        with pytest.raises(UsageError, match="holds a run already: go on with --resume"):
            tiny(run, steps=1)


class TestResume:
    @pytest.mark.slow
    def test_a_killed_run_goes_on_as_if_nothing_had_happened(self, run, tmp_path, fresh_cli):
        out = tmp_path / "killed"
        code = IN_A_PROCESS + (
            "from pixrestore.training.display import Display\n"
            "def step(self, epoch, step, done, loss):\n"
            "    step == 70 and os.kill(os.getpid(), signal.SIGKILL)\n"
            "Display.step = step\n"
            f"tiny({str(out)!r}, steps={STEPS})\n"
        )
        assert fresh_cli(code=code).code == -signal.SIGKILL
        assert progress(out)["step"] == 50
        train(out=out, resume=True, quiet=True)
        assert progress(out)["step"] == STEPS
        assert description(out)["training"]["steps"] == STEPS
        for row, expected in zip(history(out), history(run), strict=True):
            # Sums in another order of threads differ in the last bits, and training enlarges that.
            for name in ("epoch", "step", "loss", "val_loss", "psnr", "input_psnr"):
                assert row[name] == pytest.approx(expected[name], rel=1e-3), name

    @pytest.mark.slow
    def test_an_interrupted_run_keeps_a_model_and_goes_on(self, run, tmp_path, monkeypatch):
        out = tmp_path / "interrupted"

        def interrupt(self, epoch, step, done, loss):
            if step == 30:
                raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(Display, "step", interrupt)
            with pytest.raises(KeyboardInterrupt):
                tiny(out, steps=STEPS)
        assert progress(out)["step"] == 30
        assert not (out / "history.csv").exists()
        kept = pixrestore.load(out)
        assert kept.restore(np.zeros((5, 5, 3), np.uint8)).shape == (5, 5, 3)
        train(out=out, resume=True, quiet=True)
        rows = history(out)
        assert [row["step"] for row in rows] == [50, 100, STEPS]
        assert rows[-1]["psnr"] == pytest.approx(history(run)[-1]["psnr"], rel=1e-3)

    def test_a_finished_run_has_nothing_left_to_do(self, copied):
        before = weights(copied / "model.weights.h5"), history(copied)
        train(out=copied, resume=True, quiet=True)
        assert same(weights(copied / "model.weights.h5"), before[0])
        assert history(copied) == before[1]

    def test_a_damaged_checkpoint_is_told(self, copied):
        content = (copied / CHECKPOINT).read_bytes()
        (copied / CHECKPOINT).write_bytes(content[: len(content) // 2])
        with pytest.raises(TrainingError, match=r"checkpoint\.weights\.h5 cannot be resumed from"):
            train(out=copied, resume=True, quiet=True)

    @pytest.mark.parametrize(
        "text", ["", "{}", "[1]", '{"task": 3}', '{"task": {"name": "denoise", "options": 1}}']
    )
    def test_a_damaged_plan_is_told(self, tmp_path, text):
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(TrainingError, match=r"run\.json cannot be read"):
            train(out=tmp_path, resume=True)

    def test_without_a_run_there_is_nothing_to_resume(self, tmp_path, monkeypatch):
        with pytest.raises(TrainingError, match="there is no run to resume in"):
            train(out=tmp_path / "nothing", resume=True)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(TrainingError, match=r"there is no run to resume in runs.denoise"):
            train("denoise", resume=True)


@pytest.mark.slow
def test_spoilt_weights_are_not_kept(copied):
    plan = json.loads((copied / "run.json").read_text())
    plan["recipe"] |= {"rate": 1000.0, "clip": 0.0}
    (copied / "run.json").write_text(json.dumps(plan))
    before = weights(copied / "model.weights.h5")
    with pytest.raises(TrainingError, match="keeps the last good weights; try a lower --rate"):
        train(out=copied, resume=True, steps=STEPS + 100, quiet=True)
    assert same(weights(copied / "model.weights.h5"), before)
    assert progress(copied)["step"] == STEPS
    assert pixrestore.load(copied).restore(np.zeros((5, 5, 3), np.uint8)).shape == (5, 5, 3)


@dataclass(frozen=True)
class Spoilt(Task):
    """Make no numbers of patches."""

    name = "spoilt"

    def corrupt(self, clean, rng):
        degraded = clean * np.float32(0.5)
        if threading.current_thread() is not threading.main_thread():
            degraded[0, 0] = np.nan
        return degraded


@dataclass(frozen=True)
class Raises(Task):
    """Fail in the middle of training."""

    name = "raises"

    def corrupt(self, clean, rng):
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("no film left")
        return clean * np.float32(0.5)


def test_numbers_spoilt_from_the_start_leave_no_model(tmp_path):
    says = "no longer a number after step 1: no epoch had ended, so there is no model"
    with pytest.raises(TrainingError, match=says):
        tiny(tmp_path / "out", task=Spoilt(), steps=20)
    assert not (tmp_path / "out" / "model.json").exists()


def test_a_task_that_fails_is_to_blame_itself(tmp_path):
    with pytest.raises(RuntimeError, match="no film left"):
        tiny(tmp_path / "out", task=Raises(), steps=20)


@pytest.mark.slow
def test_bad_photos_are_named_and_a_moment_gives_a_model(tmp_path, samples, capfd):
    photos = shutil.copytree(samples, tmp_path / "photos")
    (photos / "cut.jpg").write_bytes((samples / "cat.jpg").read_bytes()[:500])
    out = tmp_path / "out"
    tiny(out, photos, minutes=1e-4, quiet=False, recipe={"ema": 0.0})
    said = capfd.readouterr().err
    assert "5 photos to train on, 1 to validate on" in said
    assert "the pipeline alone makes" in said
    assert "images/s" in said
    assert "1 photo was skipped, unreadable:" in said
    assert "cut.jpg" in said
    assert [row["step"] for row in history(out)] == [1]
    # Without averaging, what is kept is what was trained.
    assert same(weights(out / "model.weights.h5"), weights(out / CHECKPOINT))


def test_averages_are_kept_not_the_last_weights(run):
    kept, last = weights(run / "model.weights.h5"), weights(run / CHECKPOINT)
    assert description(run)["training"]["best_step"] == progress(run)["step"]
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
def test_init_starts_from_trained_weights(run, tmp_path):
    out = tmp_path / "out"
    train("denoise", out=out, init=run, steps=1, quiet=True, recipe={**TINY["recipe"], "rate": 0.0})
    assert same(weights(out / "model.weights.h5"), weights(run / "model.weights.h5"))
    assert description(out)["architecture"] == description(run)["architecture"]


def test_init_from_an_altered_model(copied, tmp_path):
    with (copied / "model.weights.h5").open("r+b") as file:
        file.seek(2000)
        file.write(b"altered")
    with pytest.raises(ModelError, match="was altered or damaged"):
        tiny(tmp_path / "out", init=copied, steps=1)


@pytest.mark.slow
def test_two_devices_train_as_one_does(run, tmp_path, fresh_cli):
    out = tmp_path / "mirrored"
    code = (
        "import tensorflow as tf\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "two = [tf.config.LogicalDeviceConfiguration()] * 2\n"
        "tf.config.set_logical_device_configuration(cpu, two)\n"
        + IN_A_PROCESS
        + f"tiny({str(out)!r}, steps={STEPS})\n"
        + "from pixrestore.training.devices import choose_devices\n"
        + "print(choose_devices().strategy.num_replicas_in_sync)\n"
    )
    done = fresh_cli(code=code)
    assert done.code == 0, done.err
    assert done.out.split()[-1] == "2"
    for row, expected in zip(history(out), history(run), strict=True):
        assert row["step"] == expected["step"]
        assert row["input_psnr"] == pytest.approx(expected["input_psnr"], rel=1e-6)
        # Each batch is halved, and the halves' gradients are averaged: the same up to rounding.
        for name in ("loss", "val_loss", "psnr"):
            assert row[name] == pytest.approx(expected[name], rel=0.01), name


@pytest.mark.slow
def test_a_full_disk_is_told_in_one_line(tmp_path, fresh_cli):
    words = ["train", "--task", "denoise", "--out", str(tmp_path / "out"), "--steps", "1"]
    words += ["--widths", "16,16", "--blocks", "1,1", "--patch", "16", "--batch", "2"]
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "from pixrestore.cli import main\n"
        f"sys.exit(main({words!r}))\n"
    )
    done = fresh_cli(code=code)
    assert done.code == OutputError.exit_code, done.err
    assert "Traceback" not in done.err
    assert done.err.splitlines()[-1].startswith("pixrestore: cannot write")
    assert not (tmp_path / "out" / "model.json").exists()


@pytest.mark.slow
def test_logs_for_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    tiny(tmp_path / "out", steps=1, tensorboard=True)
    assert list((tmp_path / "out" / "tensorboard").rglob("events.*"))


class TestWhatCannotBeTrained:
    def test_logs_without_tensorboard(self, tmp_path, monkeypatch):
        monkeypatch.setattr("pixrestore.training.plan.find_spec", lambda name: None)
        with pytest.raises(UsageError, match="--tensorboard needs TensorBoard: pip install"):
            tiny(tmp_path / "out", steps=1, tensorboard=True)

    def test_out_that_is_no_folder(self, tmp_path):
        (tmp_path / "file").touch()
        for out in (tmp_path / "file", tmp_path / "file" / "below"):
            with pytest.raises(OutputError, match="cannot write to"):
                tiny(out, steps=1)

    def test_photos_that_are_not_there(self, tmp_path, samples):
        (tmp_path / "empty").mkdir()
        with pytest.raises(PhotoError, match="there is no folder"):
            tiny(tmp_path / "out", tmp_path / "missing", steps=1)
        with pytest.raises(TrainingDataError, match="no photos to train on in"):
            tiny(tmp_path / "out", tmp_path / "empty", steps=1)
        with pytest.raises(TrainingDataError, match="no photos to validate on in"):
            tiny(tmp_path / "out", valid=tmp_path / "empty", steps=1)
        shutil.copy(samples / "cat.jpg", tmp_path / "empty")
        with pytest.raises(TrainingDataError, match="give two different photos or more"):
            tiny(tmp_path / "out", tmp_path / "empty", steps=1)
        (tmp_path / "empty" / "bad.png").touch()
        (tmp_path / "empty" / "worse.png").touch()
        with pytest.raises(TrainingDataError, match="2 of 3 photos cannot be read"):
            tiny(tmp_path / "out", tmp_path / "empty", steps=1)
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize(
        ("settings", "kind", "says"),
        [
            ({"task": "denoize"}, UnknownNameError, "denoise"),
            ({"arch": "unett"}, UnknownNameError, "unet"),
            ({"init": "nobody"}, UnknownNameError, "nobody"),
            ({"recipe": {"loss": "hubber"}}, UnknownNameError, "huber"),
            ({"sigma": 300}, UsageError, "--sigma must be"),
            ({"noise": 3}, UsageError, "denoise has no option 'noise'"),
            ({"recipe": {"speed": 1}}, UsageError, "training has no setting 'speed'"),
            ({"recipe": {"patch": 0}}, UsageError, "--patch must be int 1..4096, not 0"),
            ({"recipe": {"batch": 0}}, UsageError, "--batch must be"),
            ({"recipe": {"rate": math.nan}}, UsageError, "--rate must be"),
            ({"recipe": {"ema": 1.0}}, UsageError, "--ema must be"),
            ({"epochs": 0}, UsageError, "--epochs must be more than 0"),
            ({"minutes": math.nan}, UsageError, "--minutes must be more than 0"),
            ({"patience": -1}, UsageError, "--patience must be 0 or more"),
            ({"seed": -1}, UsageError, "--seed must be 0 to 4294967295"),
            ({"loss_options": {"epsilon": -1.0}}, UsageError, "--epsilon must be"),
        ],
        ids=str,
    )
    def test_settings_that_make_no_sense(self, tmp_path, settings, kind, says):
        with pytest.raises(kind, match=says):
            tiny(tmp_path / "out", **settings)
        assert not (tmp_path / "out").exists()


def test_more_patience_alone_keeps_the_end():
    old = Budget(epochs=20, patience=2)
    assert old.replaced_by(Budget()) == old
    assert old.replaced_by(Budget(patience=5)) == Budget(epochs=20, patience=5)
    assert old.replaced_by(Budget(steps=9)) == Budget(steps=9, patience=2)


def test_a_budget_ends_at_the_first_of_its_ends():
    budget = Budget(epochs=3, steps=40, minutes=2)
    assert budget.last_step(10) == 30
    assert budget.last_step(20) == 40
    assert Budget(minutes=1).last_step(10) is None
    assert budget.done(15, 30, seconds=12) == 0.5
    assert budget.done(15, 30, seconds=108) == pytest.approx(0.9)
    assert budget.done(50, 30, seconds=1e6) == 1


def test_the_rate_rises_then_falls_to_nothing():
    rates = [rate_at(step, step / 1000, 1e-3, 100) for step in range(1001)]
    assert rates[0] == pytest.approx(1e-5)
    assert max(rates) == pytest.approx(1e-3, rel=0.05)
    assert 90 <= int(np.argmax(rates)) <= 100
    assert rates[-1] == pytest.approx(0, abs=1e-12)
    assert all(a >= b for a, b in pairwise(rates[100:]))
    # A short run is not spent on warming up.
    assert max(rate_at(step, step / 50, 1e-3, 1000) for step in range(50)) > 0.9e-3


def test_a_constant_rate_stays_after_the_warm_up():
    rates = [rate_at(step, step / 1000, 1e-3, 100, constant=True) for step in range(1001)]
    assert rates[0] == pytest.approx(1e-5)
    assert set(rates[100:]) == {1e-3}


def test_a_pass_may_be_cut_into_epochs(tmp_path):
    def plan(**settings):
        return Plan(Denoise(), Recipe(**settings), Budget(epochs=1), (), tmp_path)

    assert plan(batch=50).steps_per_epoch(17500) == 350
    assert plan(batch=50, chunks=20).steps_per_epoch(17500) == 18
    assert plan(batch=50, crops=4, chunks=20).steps_per_epoch(17500) == 70
    # Without chunks, an epoch over a handful of photos is still worth measuring after.
    assert plan(batch=50).steps_per_epoch(10) == 50
    assert plan(batch=50, chunks=20).steps_per_epoch(10) == 1


def test_validation_looks_at_photos_from_all_folders():
    # As they are found: one folder after the other.
    photos = [np.full((16, 16, 3), value, np.uint8) for value in (0, 51, 255) for _ in range(100)]
    clean = validation_pairs(Denoise(), photos, 16, seed=0).clean
    levels, counts = np.unique(clean, return_counts=True)
    assert levels == pytest.approx([0, 0.2, 1])
    assert len(clean) == 64
    assert counts.min() >= 20 * 16 * 16 * 3
    assert len(validation_pairs(Denoise(), photos[:3], 16, seed=0).clean) == 3


def test_averaging_starts_short():
    assert ema_momentum_at(0, 0.999) == pytest.approx(0.1)
    assert ema_momentum_at(10**6, 0.999) == 0.999


def test_rows_past_the_checkpoint_are_forgotten(tmp_path):
    forget_after(tmp_path, 10)
    assert not (tmp_path / "history.csv").exists()
    for epoch in (1, 2, 3):
        append(tmp_path, Row(epoch, 50 * epoch, 0.1, 1e-3, 0.5, 0.25, 30.125, 20.0, 99.0))
    whole = (tmp_path / "history.csv").read_text()
    with (tmp_path / "history.csv").open("a") as file:
        file.write("4,200,0.")  # a full disk ended it here
    forget_after(tmp_path, 150)
    assert (tmp_path / "history.csv").read_text() == whole
    forget_after(tmp_path, 100)
    assert [row["step"] for row in history(tmp_path)] == [50, 100]
    assert whole.startswith((tmp_path / "history.csv").read_text())
