"""Training against a discriminator: both sides learn, and a run goes on as any other does."""

from __future__ import annotations

import csv
import json

import h5py
import numpy as np
import pytest
from training_runs import TWO_DEVICES, interrupted

import pixrestore
from pixrestore import train
from pixrestore.errors import UsageError
from pixrestore.training.checkpoint import CHECKPOINT

TINY = {
    "recipe": {
        "arguments": {"widths": (4, 8), "blocks": (1, 1)},
        "patch": 16,
        "batch": 4,
        "warmup": 5,
        "rate": 3e-3,
        "adversarial": 0.1,
    }
}
# One whole epoch of 50 steps, and one that the budget ends early.
STEPS = 60


def tiny(out, task="denoise", **settings):
    recipe = {**TINY["recipe"], **settings.pop("recipe", {})}
    return train(task, out=out, **{**TINY, "quiet": True, **settings, "recipe": recipe})


def history(folder):
    with (folder / "history.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def saved(path, part=""):
    """Return the numbers in a file of weights, by where they are."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and part in name:
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(visit)
    assert found
    return found


def weights_of(folder):
    return saved(folder / CHECKPOINT, "discriminator/")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Train a tiny denoiser against a discriminator."""
    out = tmp_path_factory.mktemp("runs") / "reference"
    tiny(out, steps=STEPS)
    return out


def test_both_sides_learn(run):
    first, last = history(run)
    assert all(np.isfinite(value) for row in (first, last) for value in row.values())
    # A discriminator that knows nothing answers the same to all, and errs by 0.25 at best.
    assert 0 < last["discriminator"] < first["discriminator"]
    assert last["adversarial"] > 0
    assert last["psnr"] > last["input_psnr"] + 0.3


def test_the_kept_network_is_the_last_one_and_holds_no_discriminator(run):
    model = json.loads((run / "model.json").read_text())
    assert model["training"]["best_step"] == STEPS
    assert model["training"]["recipe"]["adversarial"] == 0.1
    kept = saved(run / "model.weights.h5")
    assert not any("discriminator" in name or "optimizer" in name for name in kept)
    count = sum(value.size for value in kept.values())
    assert model["training"]["parameters"] == count
    assert pixrestore.load(run).restore(np.zeros((9, 7, 3), np.uint8)).shape == (9, 7, 3)


def test_the_checkpoint_holds_the_discriminator_and_its_optimizer(run):
    layers = saved(run / CHECKPOINT, "discriminator/")
    moments = saved(run / CHECKPOINT, "discriminator_optimizer/")
    # Adam keeps two numbers for each weight, its steps and its rate.
    assert len(moments) == 2 * len(layers) + 2
    assert all(np.isfinite(value).all() for value in layers.values())


@pytest.mark.slow
def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(run, tmp_path, monkeypatch):
    out = tmp_path / "interrupted"

    interrupted(monkeypatch, lambda: tiny(out, steps=STEPS))
    train(out=out, resume=True, quiet=True)
    for row, expected in zip(history(out), history(run), strict=True):
        for name in ("step", "val_loss", "psnr"):
            # Sums in another order of threads differ in the last bits, and training enlarges that.
            assert row[name] == pytest.approx(expected[name], rel=1e-3), name
    again, whole = saved(out / CHECKPOINT), saved(run / CHECKPOINT)
    parts = ("generator/", "discriminator/", "discriminator_optimizer/", "optimizer/")
    for part in parts:
        names = [name for name in whole if name.startswith(part)]
        assert names
        for name in names:
            assert np.allclose(again[name], whole[name], rtol=0.01, atol=1e-3), name


@pytest.mark.slow
def test_without_weight_there_is_no_discriminator(run, tmp_path):
    tiny(tmp_path / "zero", steps=1, recipe={"adversarial": 0.0})
    assert set(history(run)[0]) - set(history(tmp_path / "zero")[0]) == {
        "adversarial",
        "discriminator",
    }
    names = saved(tmp_path / "zero" / CHECKPOINT)
    assert not any("discriminator" in name for name in names)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arch", "arguments", "options"),
    [
        # Answers a quarter the size, in classes of chroma that the loss reads.
        ("unet", {"widths": (4, 8), "blocks": (1, 1), "stop": 1}, {}),
        # One size only.
        ("bottleneck", {"side": 16, "filters": (4, 4), "code": 8}, {"space": "rgb"}),
    ],
)
def test_any_architecture_and_loss(tmp_path, arch, arguments, options):
    loss = {} if options else {"loss": "chroma_classes"}
    out = tmp_path / "out"
    tiny(
        out,
        "colorize",
        steps=2,
        recipe={"architecture": arch, "arguments": arguments, **loss},
        **options,
    )
    [row] = history(out)
    assert np.isfinite(row["adversarial"])
    assert np.isfinite(row["discriminator"])
    assert pixrestore.load(out).restore(np.zeros((9, 7, 3), np.uint8)).shape == (9, 7, 3)


@pytest.mark.slow
def test_two_devices_train_as_one_does(run, tmp_path, fresh_cli):
    out = tmp_path / "mirrored"
    code = (
        TWO_DEVICES + "import pixrestore\n"
        f"out = {str(out)!r}\n"
        f"pixrestore.train('denoise', out=out, steps={STEPS}, quiet=True, **{TINY!r})\n"
        f"pixrestore.train(out=out, resume=True, steps={STEPS + 1}, quiet=True)\n"
    )
    done = fresh_cli(code=code)
    assert done.code == 0, done.err
    *rows, resumed = history(out)
    assert resumed["step"] == STEPS + 1
    for row, expected in zip(rows, history(run), strict=True):
        # Each batch is halved, and the halves' gradients are clipped, then averaged.
        for name in ("loss", "val_loss", "psnr"):
            assert row[name] == pytest.approx(expected[name], rel=0.01), name
        for name in ("adversarial", "discriminator"):
            assert row[name] == pytest.approx(expected[name], rel=0.05), name


def test_a_weight_below_zero(tmp_path):
    with pytest.raises(UsageError, match="`adversarial` must be"):
        tiny(tmp_path / "out", recipe={"adversarial": -1.0})
