"""Runs that were interrupted, and go on."""

from __future__ import annotations

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
from pixrestore.tasks import Colorize, Denoise
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

    def test_without_a_run_there_is_nothing_to_resume(self, tmp_path, monkeypatch):
        with pytest.raises(TrainingError, match="there is no run to resume in"):
            train(out=tmp_path / "nothing", resume=True)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(TrainingError, match=r"there is no run to resume in runs.denoise"):
            train("denoise", resume=True)


class TestWhatMayChange:
    @pytest.mark.parametrize(
        ("given", "named"),
        [
            ({"data": "photos", "valid": "photos"}, "--data, --valid"),
            ({"arch": "unet", "init": "denoise", "seed": 0}, "--arch, --init, --seed"),
            ({"sigma": 9, "recipe": {"corrupt_on": "cpu"}}, "--sigma, --corrupt-on"),
            ({"loss_options": {"epsilon": 1}, "arguments": {"stop": 1}}, "--epsilon, --stop"),
            ({"task": Denoise(sigma=9, camera=0)}, "--sigma"),
        ],
    )
    def test_new_settings_are_refused(self, planned, given, named):
        words = f"--resume goes on with the settings of the run: leave out {named}"
        with pytest.raises(UsageError, match=f"^{words}$"):
            train(out=planned, resume=True, **given)

    def test_another_task_is_refused(self, planned):
        for task in ("colorize", Colorize()):
            with pytest.raises(UsageError, match="is for denoise, not for colorize"):
                train(task, out=planned, resume=True)

    @pytest.mark.parametrize("task", [None, "denoise", Denoise(camera=0)])
    def test_the_runs_own_task_may_be_named(self, planned, task):
        assert plan_to_resume(task, planned, [], {}, False) == load_plan(planned)

    def test_patience_may_end(self, planned):
        for patience, expected in ((None, 4), (7, 7), (0, 0)):
            plan = plan_to_resume(None, planned, [], {"patience": patience}, False)
            assert plan.budget == Budget(steps=2, patience=expected)

    @pytest.mark.slow
    def test_end_patience_and_logs(self, copied_run):
        pytest.importorskip("tensorboard")
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
