"""What may befall a training run, and what cannot be trained."""

from __future__ import annotations

import json
import math
import shutil
import threading
from dataclasses import dataclass

import numpy as np
import pytest
from training_runs import STEPS, progress, same, tiny, weights

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


@pytest.mark.slow
def test_spoilt_weights_are_not_kept(copied_run):
    plan = json.loads((copied_run / "run.json").read_text())
    plan["recipe"] |= {"rate": 1000.0, "clip": 0.0}
    (copied_run / "run.json").write_text(json.dumps(plan))
    before = weights(copied_run / "model.weights.h5")
    with pytest.raises(TrainingError, match="keeps the last good weights; try a lower `rate`"):
        train(out=copied_run, resume=True, steps=STEPS + 100, quiet=True)
    assert same(weights(copied_run / "model.weights.h5"), before)
    assert progress(copied_run)["step"] == STEPS
    assert pixrestore.load(copied_run).restore(np.zeros((5, 5, 3), np.uint8)).shape == (5, 5, 3)


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


def test_init_from_an_altered_model(copied_run, tmp_path):
    with (copied_run / "model.weights.h5").open("r+b") as file:
        file.seek(2000)
        file.write(b"altered")
    with pytest.raises(ModelError, match="was altered or damaged"):
        tiny(tmp_path / "out", init=copied_run, steps=1)


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
def test_a_disk_that_fills_up_while_weights_are_written(tmp_path, fresh_cli):
    """HDF5 would end the process: its weights take 1.2 MB here, a checkpoint four times that."""
    code = f"""
import resource, signal
import pixrestore
from pixrestore.errors import OutputError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
network = {{"widths": (64,), "blocks": (4,)}}
for room in (800_000, 2_000_000, 4_500_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    out = {str(tmp_path)!r} + f"/{{room}}"
    try:
        pixrestore.train("denoise", out=out, steps=1, quiet=True,
                         recipe={{"arguments": network, "patch": 16, "batch": 1}})
    except OutputError as error:
        print("told:", error)
"""
    done = fresh_cli(code=code)
    assert done.code == 0, done.err
    assert done.out.count("told: cannot write") == 3
    assert "weights.h5" in done.out
    left = [path.name for path in tmp_path.rglob("*.h5")]
    # The last one has room for the model, not for the checkpoint.
    assert set(left) == {"model.weights.h5"}


class TestWhatCannotBeTrained:
    def test_logs_without_tensorboard(self, tmp_path, monkeypatch):
        monkeypatch.setattr("pixrestore.training.plan.find_spec", lambda name: None)
        with pytest.raises(UsageError, match="`tensorboard` needs TensorBoard: pip install"):
            tiny(tmp_path / "out", steps=1, tensorboard=True)

    def test_out_that_is_no_folder(self, tmp_path):
        (tmp_path / "file").touch()
        for out in (tmp_path / "file", tmp_path / "file" / "below"):
            with pytest.raises(OutputError, match="cannot write"):
                tiny(out, steps=1)

    def test_a_run_that_cannot_begin_leaves_no_folder_of_its_own(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(PhotoError):
            tiny(None, tmp_path / "missing", steps=1)
        assert list(tmp_path.iterdir()) == []
        (tmp_path / "empty").mkdir()
        with pytest.raises(TrainingDataError):
            tiny(None, tmp_path / "empty", steps=1)
        assert list((tmp_path / "runs").iterdir()) == []
        (tmp_path / "mine").mkdir()
        with pytest.raises(PhotoError):
            tiny(tmp_path / "mine", tmp_path / "missing", steps=1)
        assert (tmp_path / "mine").is_dir()

    def test_photos_that_are_not_there(self, tmp_path, samples):
        (tmp_path / "empty").mkdir()
        with pytest.raises(PhotoError, match="does not exist"):
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
            ({"recipe": {"architecture": "unett", "arguments": {}}}, UnknownNameError, "unet"),
            ({"init": "nobody"}, UnknownNameError, "nobody"),
            ({"recipe": {"loss": "hubber"}}, UnknownNameError, "huber"),
            ({"sigma": 300}, UsageError, "`sigma` must be"),
            ({"noise": 3}, UsageError, "denoise has no option 'noise'"),
            ({"recipe": {"speed": 1}}, UsageError, "training has no setting 'speed'"),
            ({"recipe": {"patch": 0}}, UsageError, "`patch` must be int 1..4096, not 0"),
            ({"recipe": {"batch": 0}}, UsageError, "`batch` must be"),
            ({"recipe": {"rate": math.nan}}, UsageError, "`rate` must be"),
            ({"recipe": {"ema": 1.0}}, UsageError, "`ema` must be"),
            ({"epochs": 0}, UsageError, "`epochs` must be more than 0"),
            ({"minutes": math.nan}, UsageError, "`minutes` must be more than 0"),
            ({"patience": -1}, UsageError, "`patience` must be 0 or more"),
            ({"seed": -1}, UsageError, "`seed` must be 0 to 4294967295"),
            ({"recipe": {"loss_options": {"epsilon": -1.0}}}, UsageError, "`epsilon` must be"),
        ],
        ids=str,
    )
    def test_settings_that_make_no_sense(self, tmp_path, settings, kind, says):
        with pytest.raises(kind, match=says):
            tiny(tmp_path / "out", **settings)
        assert not (tmp_path / "out").exists()
