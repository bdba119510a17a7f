"""A task and the name of a model: every verb takes them alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pytest

from pixrestore import Task, evaluate, load, option, restore
from pixrestore.errors import UnknownNameError, UsageError
from pixrestore.geometry import Geometry
from pixrestore.model.folder import Model, write_model
from pixrestore.preview import preview


@dataclass(frozen=True)
class Own(Task):
    """Enlarge and brighten photos; no plugin provides it."""

    name: ClassVar[str] = "own"
    scale: Literal[1, 2, 4] = option(1, help="how many times as large")
    gain: float = option(2.0, help="how many times as bright", restoring=True, min=1, max=4)

    def corrupt(self, clean, rng):
        return clean[:: self.scale, :: self.scale] / np.float32(2)

    def compose(self, degraded, answer):
        return np.clip(answer * self.gain, 0, 1)


@dataclass(frozen=True)
class Other(Own):
    """Do the same under another name."""

    name: ClassVar[str] = "other"


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Return a function that makes the folder of a model of `Own`, whose network does nothing."""

    def make(**options):
        geometry = Geometry(margin=4)
        folder = tmp_path / "mine"
        model = Model(
            folder,
            Own(**options),
            "unet",
            {},
            (3, 3),
            "charbonnier",
            {},
            geometry,
            adds_colour=False,
        )
        write_model(model, lambda path: path.write_bytes(b"none"))
        monkeypatch.setattr(
            "pixrestore.engines.opening.open_network", lambda model, engine: lambda x: x
        )
        return folder

    return make


def test_a_model_of_a_task_that_no_plugin_provides(made):
    folder = made(gain=3.0)
    dark = np.full((9, 7, 3), 0.2)
    # The options that it was trained with count, not those of the task that is given.
    np.testing.assert_allclose(load(folder, task=Own()).restore(dark), 0.6, atol=1e-6)
    np.testing.assert_allclose(restore(dark, Own(), folder), 0.6, atol=1e-6)
    np.testing.assert_allclose(restore(dark, [Own()], [folder], gain=1), 0.2, atol=1e-6)
    for attempt in (lambda: load(folder), lambda: restore(dark, "own", folder)):
        with pytest.raises(UnknownNameError, match="there is no task 'own'"):
            attempt()


def test_a_model_of_another_task_or_scale_is_refused_alike(made, samples):
    folder, photo = made(scale=4), samples / "cat.jpg"
    verbs = [
        lambda task: load(folder, task=task),
        lambda task: restore(photo, task, folder),
        lambda task: evaluate(task, samples, model=folder),
        lambda task: preview(task, photo, model=folder),
    ]
    for verb in verbs:
        with pytest.raises(UsageError) as caught:
            verb(Own(scale=2))
        assert str(caught.value) == "the model mine enlarges 4 times, not 2"
    for verb in verbs:
        with pytest.raises(UnknownNameError, match="there is no task 'own'"):
            verb(Other())


def test_the_scale_may_be_an_option(made, samples):
    folder = made(scale=4)
    assert evaluate(Own(), samples, model=folder, scale=4, limit=1).models == ["mine"]
    with pytest.raises(UsageError, match="enlarges 4 times, not 2"):
        evaluate(Own(scale=4), samples, model=folder, scale=2)


def test_a_preview_at_the_models_scale(made, samples):
    sheet = preview(Own(scale=4), samples / "cat.jpg", count=1, side=64, model=made(scale=4))
    assert sheet.size == (3 * 64 + 2 * 4, 64 + 16)


def test_another_task_than_the_models_is_refused_alike(samples):
    photo = samples / "cat.jpg"
    for attempt in (
        lambda: load("denoise", task="colorize"),
        lambda: restore(photo, "colorize", "denoise"),
        lambda: evaluate("colorize", samples, model="denoise"),
        lambda: preview(Own(), photo, model="denoise"),
    ):
        with pytest.raises(UsageError, match=r"^the model denoise is for denoise, not for \w+$"):
            attempt()


@pytest.mark.parametrize("verb", ["restore", "preview", "evaluate"])
def test_on_the_command_line_a_model_knows_its_task(cli, samples, tmp_path, verb):
    words = [verb, samples / "cat.jpg", "-o", tmp_path / "out.png"]
    if verb == "evaluate":
        words = [verb, "--data", samples, "--limit", 1]
    assert cli(*words).error == "name a --task or a --model"
    done = cli(*words, "--model", "denoise", "--task", "colorize")
    assert (done.code, done.error) == (2, "the model denoise is for denoise, not for colorize")
    # The options are those of the task.
    option = "--strength" if verb == "restore" else "--sigma"
    done = cli(*words, "--model", "denoise", option, 1)
    assert (done.code, done.err) == (0, "")
