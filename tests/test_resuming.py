"""Runs that were interrupted, and go on."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest
from training_runs import (
    IN_A_PROCESS,
    STEPS,
    description,
    history,
    interrupted,
    progress,
    same,
    tiny,
    weights,
)

import pixrestore
from pixrestore import train
from pixrestore.errors import TrainingError, UsageError
from pixrestore.recipe import Recipe
from pixrestore.tasks import Colorize, Denoise
from pixrestore.training.asked import Asked
from pixrestore.training.checkpoint import CHECKPOINT
from pixrestore.training.history import Row, append, forget_after
from pixrestore.training.plan import Budget, load_plan
from pixrestore.training.resuming import plan_to_resume


class TestResume:
    @pytest.mark.slow
    def test_a_killed_run_goes_on_as_if_nothing_had_happened(self, tiny_run, tmp_path, fresh_cli):
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
        for row, expected in zip(history(out), history(tiny_run), strict=True):
            # Sums in another order of threads differ in the last bits, and training enlarges that.
            for name in ("epoch", "step", "loss", "val_loss", "psnr", "input_psnr"):
                assert row[name] == pytest.approx(expected[name], rel=1e-3), name

    @pytest.mark.slow
    def test_an_interrupted_run_keeps_a_model_and_goes_on(self, tiny_run, tmp_path, monkeypatch):
        out = tmp_path / "interrupted"

        interrupted(monkeypatch, lambda: tiny(out, steps=STEPS))
        assert progress(out)["step"] == 30
        assert not (out / "history.csv").exists()
        kept = pixrestore.load(out)
        assert kept.restore(np.zeros((5, 5, 3), np.uint8)).shape == (5, 5, 3)
        train(out=out, resume=True, quiet=True)
        rows = history(out)
        assert [row["step"] for row in rows] == [50, 100, STEPS]
        assert rows[-1]["psnr"] == pytest.approx(history(tiny_run)[-1]["psnr"], rel=1e-3)

    def test_a_finished_run_has_nothing_left_to_do(self, copied_run):
        before = weights(copied_run / "model.weights.h5"), history(copied_run)
        train(out=copied_run, resume=True, quiet=True)
        assert same(weights(copied_run / "model.weights.h5"), before[0])
        assert history(copied_run) == before[1]

    def test_a_damaged_checkpoint_is_told(self, copied_run):
        content = (copied_run / CHECKPOINT).read_bytes()
        (copied_run / CHECKPOINT).write_bytes(content[: len(content) // 2])
        with pytest.raises(TrainingError, match=r"checkpoint\.weights\.h5 cannot be resumed from"):
            train(out=copied_run, resume=True, quiet=True)

    @pytest.mark.parametrize(
        "text", ["", "{}", "[1]", '{"task": 3}', '{"task": {"name": "denoise", "options": 1}}']
    )
    def test_a_damaged_plan_is_told(self, tmp_path, text):
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(TrainingError, match=r"run\.json cannot be read"):
            train(out=tmp_path, resume=True)

    @pytest.mark.slow
    def test_the_same_command_starts_a_run_and_goes_on_with_it(self, tmp_path, monkeypatch, cli):
        monkeypatch.chdir(tmp_path)
        words = ["train", "--task", "denoise", "--resume", "--steps", "3", "--patch", "16"]
        words += ["--widths", "4,8", "--blocks", "1,1", "--sigma", "9", "--seed", "5"]
        assert cli(*words).code == 0
        assert progress(tmp_path / "runs" / "denoise")["step"] == 3
        before = weights(tmp_path / "runs" / "denoise" / "model.weights.h5")
        done = cli(*words)
        assert (done.code, "nothing is left to do" in done.err) == (0, True)
        assert [path.name for path in (tmp_path / "runs").iterdir()] == ["denoise"]
        assert same(weights(tmp_path / "runs" / "denoise" / "model.weights.h5"), before)
        assert cli(*words, "--steps", "4").code == 0
        assert progress(tmp_path / "runs" / "denoise")["step"] == 4

    def test_a_model_that_no_run_made_is_not_trained_on(self, copied_run):
        (copied_run / "run.json").unlink()
        with pytest.raises(UsageError, match="holds a model already"):
            train(out=copied_run, resume=True, quiet=True)

    @pytest.mark.parametrize("moment", ["prepare", "Run", "fit", "step"])
    def test_every_moment_of_an_interruption_can_be_gone_on_from(
        self, tmp_path, monkeypatch, moment
    ):
        """Ctrl-C while a run is prepared, made, before its first step, and after it."""
        places = {
            "prepare": "pixrestore.training.preparing.validation_pairs",
            "Run": "pixrestore.training.run.Pace",
            "fit": "pixrestore.training.run.feed",
            "step": "pixrestore.training.display.Display.step",
        }

        def press(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.chdir(tmp_path)
        with monkeypatch.context() as patched:
            patched.setattr(places[moment], press)
            with pytest.raises(KeyboardInterrupt):
                tiny(None, steps=2)
        out = tmp_path / "runs" / "denoise"
        assert not list(tmp_path.rglob(".pixrestore-*"))
        # Nothing is there, or a run that goes on.
        assert not out.exists() or (out / "run.json").is_file()
        assert (out / "model.json").is_file() == (moment == "step")
        tiny(None, steps=2, resume=True)
        assert progress(out)["step"] == 2
        assert [path.name for path in (tmp_path / "runs").iterdir()] == ["denoise"]

    def test_a_run_that_was_killed_before_its_first_checkpoint_begins_where_it_began(
        self, copied_run, tmp_path, monkeypatch
    ):
        out = tmp_path / "again"
        with monkeypatch.context() as patched:
            patched.setattr("pixrestore.training.run.feed", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                tiny(out, steps=1, init=copied_run)
        # With almost no rate the weights stay those of the model that it starts from.
        plan = json.loads((out / "run.json").read_text())
        plan["recipe"] |= {"rate": 1e-12, "ema": 0.0}
        (out / "run.json").write_text(json.dumps(plan))
        train(out=out, resume=True, quiet=True)
        first, trained = (weights(run / "model.weights.h5") for run in (copied_run, out))
        for name, values in first.items():
            np.testing.assert_allclose(trained[name], values, atol=1e-6)


class TestWhatMayChange:
    @pytest.mark.parametrize(
        ("given", "named"),
        [
            ({"data": "photos"}, "`data` .*samples, not .*photos"),
            ({"valid": "photos"}, "`valid` none, not .*photos"),
            ({"init": "denoise", "seed": 3}, "`init` none, not .*denoise, `seed` 0, not 3"),
            ({"recipe": {"architecture": "bottleneck"}}, "`architecture` unet, not bottleneck"),
            ({"sigma": 9}, "`sigma` 0.0,50.0, not 9.0,9.0"),
            ({"recipe": {"corrupt_on": "cpu", "batch": 8}}, "`corrupt_on` auto, not cpu"),
            ({"recipe": {"loss_options": {"epsilon": 1}}}, "`epsilon` 0.001, not 1.0"),
            ({"recipe": {"arguments": {"stop": 1}}}, "`stop` 0, not 1"),
            ({"task": Denoise(sigma=9, camera=0)}, "`sigma` 0.0,50.0, not 9.0,9.0"),
            ({"recipe": Recipe(batch=2)}, "`batch` 8, not 2"),
        ],
    )
    def test_settings_that_differ_are_refused(self, planned, given, named):
        words = f"^the run in .*planned has {named}: leave that out, or choose another `out`$"
        with pytest.raises(UsageError, match=words):
            train(out=planned, resume=True, **given)

    def test_the_runs_own_settings_may_be_given_again(self, planned, samples):
        asked = Asked(
            task="denoise",
            data=os.path.relpath(samples),
            seed=0,
            recipe={
                "architecture": "unet",
                "batch": 8,
                "loss": "charbonnier",
                "loss_options": {"epsilon": 1e-3},
                "arguments": {"widths": [32, 64, 128]},
                "precision": "auto",
            },
            options={"camera": 0, "sigma": (0, 50)},
        )
        assert plan_to_resume(asked, planned) == load_plan(planned)

    def test_another_task_is_refused(self, planned):
        for task in ("colorize", Colorize()):
            with pytest.raises(UsageError, match="is for denoise, not for colorize"):
                train(task, out=planned, resume=True)

    @pytest.mark.parametrize("task", [None, "denoise", Denoise(camera=0)])
    def test_the_runs_own_task_may_be_named(self, planned, task):
        assert plan_to_resume(Asked(task), planned) == load_plan(planned)

    def test_patience_may_end(self, planned):
        for patience, expected in ((None, 4), (7, 7), (0, 0)):
            plan = plan_to_resume(Asked(patience=patience), planned)
            assert plan.budget == Budget(steps=2, patience=expected)

    @pytest.mark.slow
    def test_end_patience_and_logs(self, copied_run):
        ends = {"steps": STEPS + 1, "patience": 3}
        train(out=copied_run, resume=True, tensorboard=True, quiet=True, **ends)
        assert progress(copied_run)["step"] == STEPS + 1
        assert list((copied_run / "tensorboard").rglob("events.*"))
        train(out=copied_run, resume=True, patience=0, quiet=True)
        plan = load_plan(copied_run)
        assert (plan.budget, plan.tensorboard) == (Budget(steps=STEPS + 1), True)


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
