"""Tiny training runs, and what they left in their folders."""

from __future__ import annotations

import csv
import json

import h5py
import numpy as np
import pytest

from pixrestore import train
from pixrestore.training.checkpoint import CHECKPOINT
from pixrestore.training.display import Display

TINY = {
    "recipe": {
        "arguments": {"widths": (4, 8), "blocks": (1, 1)},
        "patch": 16,
        "batch": 2,
        "crops": 1,
        "warmup": 10,
        "rate": 3e-3,
    }
}


# Two whole epochs of 50 steps, and one that the budget ends early.
STEPS = 120


IN_A_PROCESS = f"""
import os, signal
import pixrestore
def tiny(out, **settings):
    return pixrestore.train("denoise", out=out, quiet=True, **{{**{TINY!r}, **settings}})
"""


# Run before TensorFlow has started, in a process of its own.
TWO_DEVICES = """
import tensorflow as tf
cpu = tf.config.list_physical_devices('CPU')[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
"""


def interrupted(monkeypatch, train_some, at=30):
    """Press Ctrl-C at a step of a run."""

    def interrupt(self, epoch, step, done, loss):
        if step == at:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Display, "step", interrupt)
        with pytest.raises(KeyboardInterrupt):
            train_some()


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
