"""Runs that are stopped at awkward moments, and runs that have ended, when they are resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest
from test_training_failures import Spoilt
from training_runs import STEPS, history, progress, same, tiny, weights

from pixrestore import Recipe, train
from pixrestore.errors import PhotoError, TrainingError, UsageError
from pixrestore.training.asked import Asked
from pixrestore.training.checkpoint import CHECKPOINT
from pixrestore.training.interrupts import Interrupts, last_signal
from pixrestore.training.plan import Budget
from pixrestore.training.resuming import plan_to_resume
from pixrestore.training.validation import Validation


def press():
    os.kill(os.getpid(), signal.SIGINT)


class TestCtrlC:
    def test_the_first_is_kept_until_it_is_let_through(self):
        with Interrupts() as interrupts:
            press()
            assert not interrupts.impatient  # the program goes on
            with pytest.raises(KeyboardInterrupt):
                interrupts.let_through()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_the_second_stops_at_once(self):
        with Interrupts() as interrupts:
            press()
            with pytest.raises(KeyboardInterrupt):
                press()
            assert interrupts.impatient

    def test_one_that_nobody_let_through_is_not_lost(self):
        with pytest.raises(KeyboardInterrupt), Interrupts():
            press()

    def test_the_programs_own_handler_stays(self):
        seen = []
        before = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
        try:
            with Interrupts() as interrupts:
                press()
                interrupts.let_through()
        finally:
            signal.signal(signal.SIGINT, before)
        assert seen == [1]

    @pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals of POSIX")
    @pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
    def test_other_requests_to_stop_are_kept_likewise(self, name):
        number = getattr(signal, name)
        with Interrupts() as interrupts:
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)  # a machine that goes down is not impatient
            assert not interrupts.impatient
            with pytest.raises(KeyboardInterrupt):
                interrupts.let_through()
        assert signal.getsignal(number) is signal.SIG_DFL
        assert last_signal() == number

    @pytest.mark.slow
    @pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals of POSIX")
    @pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
    def test_a_run_that_is_ended_can_go_on(self, tmp_path, name):
        number = getattr(signal, name)
        words = "train --task denoise --steps 100000 --widths 4,8 --blocks 1,1 --patch 16"
        command = [sys.executable, "-m", "pixrestore", *words.split(), "--batch", "2"]
        with subprocess.Popen(
            [*command, "--out", "out"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
        ) as running:
            while not (line := running.stderr.readline()).startswith("epoch 1 "):
                assert line, "the run has ended by itself"
            running.send_signal(number)
            said = running.stderr.read()
        assert running.returncode == 128 + number
        assert f"pixrestore: stopped by {name}" in said
        step = progress(tmp_path / "out")["step"]
        assert f"stopped at step {step}: the run in out can go on with" in said
        assert not list(tmp_path.rglob(".*"))
        train(out=tmp_path / "out", resume=True, steps=step + 1, quiet=True)
        assert progress(tmp_path / "out")["step"] == step + 1

    @pytest.mark.slow
    def test_while_an_epoch_is_measured_loses_nothing_of_it(self, tiny_run, tmp_path, monkeypatch):
        out = tmp_path / "out"
        measure = Validation.measure

        def pressed(self, *given):
            press()
            return measure(self, *given)

        with monkeypatch.context() as patched:
            patched.setattr(Validation, "measure", pressed)
            with pytest.raises(KeyboardInterrupt):
                tiny(out, steps=STEPS)
        assert progress(out)["step"] == 50
        assert [row["step"] for row in history(out)] == [50]
        train(out=out, resume=True, quiet=True)
        for row, expected in zip(history(out), history(tiny_run), strict=True):
            for name in ("epoch", "step", "loss", "val_loss", "psnr"):
                assert row[name] == pytest.approx(expected[name], rel=1e-3), name

    @pytest.mark.slow
    def test_twice_leaves_the_checkpoint_before(self, copied_run, monkeypatch):
        before = weights(copied_run / CHECKPOINT), progress(copied_run)

        def impatient(*_):
            press()
            press()

        monkeypatch.setattr(Validation, "measure", impatient)
        with pytest.raises(KeyboardInterrupt):
            train(out=copied_run, resume=True, steps=STEPS + 5, quiet=True)
        assert same(weights(copied_run / CHECKPOINT), before[0])
        assert progress(copied_run) == before[1]


@pytest.mark.slow
def test_rows_that_no_checkpoint_knows_are_taken_again(copied_run):
    path = copied_run / "history.csv"
    last = path.read_text().splitlines()[-1]
    with path.open("a") as file:
        file.write(last.replace(f"3,{STEPS},", f"4,{STEPS + 5},") + "\n")
    assert history(copied_run)[-1]["step"] == STEPS + 5
    train(out=copied_run, resume=True, steps=STEPS + 1, quiet=True)
    assert [row["step"] for row in history(copied_run)] == [50, 100, STEPS, STEPS + 1]


class TestARunThatEnded:
    def test_needs_no_photos_to_say_so(self, copied_run, capfd):
        plan = json.loads((copied_run / "run.json").read_text())
        plan["data"] = ["gone"]
        (copied_run / "run.json").write_text(json.dumps(plan))
        before = (copied_run / "model.json").read_text()
        restorer = train(out=copied_run, resume=True, steps=STEPS)
        assert "has ended: nothing is left to do" in capfd.readouterr().err
        assert restorer.restore(np.zeros((5, 5, 3), np.uint8)).shape == (5, 5, 3)
        assert (copied_run / "model.json").read_text() == before

    def test_for_want_of_patience_stays_so(self, copied_run, capfd):
        with h5py.File(copied_run / CHECKPOINT, "r+") as file:
            stood = json.loads(file.attrs["progress"])
            file.attrs["progress"] = json.dumps({**stood, "stale": 3})
        train(out=copied_run, resume=True, steps=1000, patience=3)
        assert "nothing is left to do" in capfd.readouterr().err
        assert progress(copied_run)["step"] == STEPS

    @pytest.mark.slow
    def test_is_completed_where_it_was_killed_before_that(self, copied_run, capfd):
        model = json.loads((copied_run / "model.json").read_text())
        model["graph"] = {}
        margin = model["geometry"].pop("margin")
        model["geometry"]["margin"] = 64
        del model["training"]["best_step"]
        (copied_run / "model.json").write_text(json.dumps(model))
        train(out=copied_run, resume=True)
        assert "nothing is left to do" not in capfd.readouterr().err
        model = json.loads((copied_run / "model.json").read_text())
        assert model["geometry"]["margin"] == margin
        assert model["training"]["best_step"] == progress(copied_run)["best_step"]


def test_a_budget_is_over_at_its_end_or_without_patience():
    budget = Budget(steps=9, patience=2)
    assert not budget.is_over(0.5, step=5, stale=1)
    assert budget.is_over(0.5, step=5, stale=2)
    assert budget.is_over(1.0, step=9, stale=0)
    # A budget of a moment still gets a step.
    assert not budget.is_over(1.0, step=0, stale=0)
    assert not Budget(steps=9).is_over(0.5, step=5, stale=5)


class TestARunThatCouldNotBegin:
    def test_may_be_begun_again_with_other_settings(self, tmp_path):
        for seed in (1, 2):
            with pytest.raises(TrainingError, match="no longer a number after step 1"):
                tiny(tmp_path / "out", task=Spoilt(), steps=20, seed=seed)
            assert not (tmp_path / "out").exists()

    def test_starts_where_it_will_be_looked_for(self, tmp_path, monkeypatch):
        """Even where a kill left an empty folder of the name."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "runs" / "denoise").mkdir(parents=True)
        with pytest.raises(PhotoError):
            tiny(None, tmp_path / "missing", steps=1, resume=True)
        assert [path.name for path in (tmp_path / "runs").iterdir()] == ["denoise"]
        tiny(None, steps=1, resume=True)
        assert progress(tmp_path / "runs" / "denoise")["step"] == 1

    def test_not_beside_a_model_that_no_run_made(self, copied_run, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "runs").mkdir()
        (copied_run / "run.json").unlink()
        copied_run.rename(tmp_path / "runs" / "denoise")
        with pytest.raises(UsageError, match="holds a model already"):
            train("denoise", resume=True)


class TestWhatDiffers:
    def test_a_whole_recipe_is_compared_whole(self, planned):
        plan = json.loads((planned / "run.json").read_text())
        plan["recipe"]["arguments"] = {"widths": [4, 8]}
        (planned / "run.json").write_text(json.dumps(plan))
        with pytest.raises(UsageError, match=r"has `widths` 4,8, not 32,64,128"):
            plan_to_resume(Asked(recipe=Recipe()), planned)
        plan_to_resume(Asked(recipe=Recipe(arguments={"widths": (4, 8)})), planned)
        plan_to_resume(Asked(recipe={"batch": 8}), planned)

    def test_another_architecture_is_told_without_its_arguments(self, planned):
        other = {"architecture": "bottleneck", "arguments": {"code": 9}}
        with pytest.raises(UsageError, match=r"has `architecture` unet, not bottleneck: leave"):
            plan_to_resume(Asked(recipe=other), planned)

    def test_an_argument_that_does_not_exist(self, planned):
        with pytest.raises(UsageError, match="no option 'width': did you mean widths"):
            plan_to_resume(Asked(recipe={"arguments": {"width": 9}}), planned)
