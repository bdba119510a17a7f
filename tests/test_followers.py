"""Callbacks that follow a training run: TensorBoard's and those of plugins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from training_runs import tiny

import pixrestore
from pixrestore.training.followers import Followers

EXAMPLES = Path(pixrestore.__file__).parent.parent / "examples"

ASK = """
import json
from pathlib import Path
from pixrestore.plugins.callbacks import callbacks_of_plugins
found = callbacks_of_plugins(Path("out"), {"seed": 3}, 7, print)
print(json.dumps([[title, callback.told] for title, callback in found]))
"""
GOOD = """
from pixrestore import hookimpl

class Log:
    def __init__(self, *told):
        self.told = told
    def on_epoch_end(self, epoch, logs=None):
        pass

@hookimpl
def pixrestore_callbacks(out, settings, step):
    print("this must not end up in somebody's JSON")
    return [Log(str(out), settings, step)]
"""
RAISES = """
from pixrestore import hookimpl

@hookimpl
def pixrestore_callbacks():
    raise RuntimeError("no account")
"""
WRONG = """
from pixrestore import hookimpl

@hookimpl
def pixrestore_callbacks():
    return ["wandb"]
"""

# What stands for the packages, which take much room: it notes how they are called.
STAND_INS = {
    "wandb/__init__.py": """
import json, os
told = []
def init(**settings):
    told.append(["init", settings["name"], settings["config"]["task"]["name"], settings["notes"]])
def log(figures):
    told.append(["log", sorted(figures)])
def finish():
    with open(os.environ["TOLD"] + "-wandb", "w") as file:
        json.dump(told, file)
""",
    "wandb/integration/__init__.py": "",
    "wandb/integration/keras.py": """
import keras, wandb
class WandbMetricsLogger(keras.callbacks.Callback):
    def __init__(self, initial_global_step=0):
        super().__init__()
    def on_epoch_end(self, epoch, logs=None):
        wandb.log({f"epoch/{name}": value for name, value in logs.items()})
""",
    "mlflow/__init__.py": """
import json, os
told = []
def set_experiment(name):
    told.append(["experiment", name])
def start_run(run_name, tags):
    told.append(["start", run_name, tags])
def log_params(params):
    told.append(["params", params["recipe.patch"], params["task.options.sigma"]])
def log_metrics(figures, step):
    told.append(["metrics", step, sorted(figures)])
def end_run():
    with open(os.environ["TOLD"] + "-mlflow", "w") as file:
        json.dump(told, file)
""",
}
FIGURES = ["images_per_second", "input_psnr", "loss", "minutes", "psnr", "rate", "step", "val_loss"]


class Follower:
    def __init__(self, fails=""):
        self.told, self.fails = [], fails

    def __getattr__(self, name):
        def tell(*_):
            self.told.append(name)
            if name == self.fails:
                raise ValueError("broken\nin two lines")

        return tell


def test_one_that_fails_is_named_once_and_the_others_follow_on():
    said = []
    good, bad = Follower(), Follower("on_epoch_end")
    followers = Followers([("plugin bad 1.0", bad), ("plugin good 1.0", good)], said.append)
    followers.begin(None)
    followers.step(0, {"loss": 1.0})
    followers.epoch(0, {"loss": 1.0})
    followers.epoch(1, {"loss": 1.0})
    followers.end()
    assert said == [
        "plugin bad 1.0: on_epoch_end: ValueError: broken in two lines; it follows the run no more"
    ]
    assert good.told.count("on_epoch_end") == 2
    assert good.told[-1] == "on_train_end"
    assert bad.told[-1] == "on_epoch_end"


def test_each_plugin_is_asked_on_its_own(install, fresh_cli):
    for name, code in {"good": GOOD, "raises": RAISES, "wrong": WRONG}.items():
        install(f"pixrestore-{name}", code)
    done = fresh_cli(code=ASK)
    assert done.code == 0, done.err
    *said, found = done.out.splitlines()
    assert said == [
        "plugin pixrestore-raises 1.2 (raises): pixrestore_callbacks: RuntimeError: no account",
        "plugin pixrestore-wrong 1.2 (wrong): pixrestore_callbacks: TypeError: must return Keras "
        "callbacks, not 'wandb'",
    ]
    assert json.loads(found) == [["pixrestore-good 1.2 (good)", ["out", {"seed": 3}, 7]]]


@pytest.mark.slow
def test_the_example_follows_in_wandb_and_mlflow(tmp_path, monkeypatch, capfd):
    for name, text in STAND_INS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLES / "trackers")
    monkeypatch.setenv("PIXRESTORE_TRACKERS", "wandb, mlflow")
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    import pixrestore_trackers

    def ask(out, settings, step, say):
        made = pixrestore_trackers.pixrestore_callbacks(out, settings, step)
        return [("trackers", callback) for callback in made]

    monkeypatch.setattr("pixrestore.training.followers.callbacks_of_plugins", ask)
    tiny(tmp_path / "out", steps=2, quiet=False)
    assert "follows the run no more" not in capfd.readouterr().err
    assert json.loads((tmp_path / "told-wandb").read_text()) == [
        ["init", "out", "denoise", None],
        ["log", [f"epoch/{name}" for name in FIGURES]],
    ]
    told = json.loads((tmp_path / "told-mlflow").read_text())
    assert [one[0] for one in told] == ["experiment", "start", "params", "metrics"]
    assert told[-1] == ["metrics", 0, FIGURES]


@pytest.mark.slow
def test_what_tensorboard_shows(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    out = tmp_path / "out"
    tiny(out, steps=2, tensorboard=True)
    tags = set()
    for folder in (out / "tensorboard").iterdir():
        events = EventAccumulator(str(folder))
        events.Reload()
        tags |= set(events.Tags()["tensors"])
    assert {"epoch_loss", "epoch_psnr", "epoch_rate"} <= tags
