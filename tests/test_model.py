"""Model folders: written whole, checked before they are used, never trusted."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

import pixrestore
from pixrestore.engines.half_precision import half_precision_copy
from pixrestore.engines.opening import open_restorer
from pixrestore.errors import ModelError, OutputError, PixrestoreError, UnknownNameError, UsageError
from pixrestore.geometry import Geometry
from pixrestore.model.folder import Model, check_weights, describe, load_model, write_model
from pixrestore.tasks import Colorize


@pytest.fixture
def model(tmp_path):
    """Return a model that is in its folder, with weights of a few bytes."""
    model = Model(
        folder=tmp_path / "mine",
        task=Colorize(film=0.25, saturation=1.5),
        architecture="unet",
        arguments={"widths": [4, 8], "blocks": [1, 1]},
        channels=(1, 2),
        loss="chroma_classes",
        loss_options={"step": 20.0, "weights": [1.0, 2.0]},
        geometry=Geometry(multiple=4, margin=16, working_size=64),
        adds_colour=True,
        training={"steps": 3, "seed": 7},
        figures={"validation": {"psnr": 23.5}},
        licence="CC0-1.0",
    )
    return write_model(model, lambda path: path.write_bytes(b"weights"))


def altered(model, keys, value):
    """Change one place of ``model.json``."""
    data = json.loads((model.folder / "model.json").read_text())
    place = data
    for key in keys[:-1]:
        place = place[key]
    if value is ...:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    (model.folder / "model.json").write_text(json.dumps(data))


def test_a_model_comes_back_as_it_was(model):
    loaded = load_model(model.folder)
    assert loaded == model
    saved = json.loads((model.folder / "model.json").read_text())
    assert json.loads(json.dumps(describe(loaded))) == saved
    assert loaded.name == "mine"
    assert loaded.weights["sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert loaded.weights["bytes"] == 7
    assert set(loaded.versions) == {"pixrestore", "keras", "tensorflow"}
    check_weights(loaded)
    assert {path.name for path in model.folder.iterdir()} == {
        "README.md",
        "model.json",
        "model.weights.h5",
    }


def test_a_folder_may_be_moved_and_copied(model, tmp_path):
    moved = shutil.copytree(model.folder, tmp_path / "deep" / "other name")
    shutil.rmtree(model.folder)
    loaded = load_model(moved)
    check_weights(loaded)
    assert loaded.name == "other name"
    assert loaded.weights_path.parent == moved


def test_the_card_says_what_matters(model):
    card = (model.folder / "README.md").read_text()
    for told in ("# mine", "colorize", "film=0.25", "unet", "chroma_classes", "CC0-1.0", "23.5"):
        assert told in card


class TestChecks:
    def test_altered_weights(self, model):
        model.weights_path.write_bytes(b"Weights")
        with pytest.raises(
            ModelError, match=r"model\.weights\.h5 was altered or damaged: .*sha256"
        ):
            check_weights(load_model(model.folder))

    @pytest.mark.parametrize("weights", [{}, {"sha256": ""}, {"sha256": None}, {"sha256": [1]}])
    def test_weights_without_a_checksum(self, model, weights):
        altered(model, ["weights"], weights)
        with pytest.raises(ModelError, match="was altered or damaged"):
            check_weights(load_model(model.folder))

    def test_missing_weights(self, model):
        model.weights_path.unlink()
        with pytest.raises(ModelError, match=r"mine has no model\.weights\.h5"):
            check_weights(load_model(model.folder))

    def test_an_altered_graph(self, model):
        model.graph_path.write_bytes(b"graph")
        altered(model, ["graph"], {"sha256": hashlib.sha256(b"other").hexdigest()})
        with pytest.raises(ModelError, match=r"model\.onnx was altered or damaged"):
            check_weights(load_model(model.folder))

    def test_a_newer_format(self, model):
        altered(model, ["format"], 2)
        altered(model, ["versions", "pixrestore"], "9.9")
        with pytest.raises(ModelError, match=r"newer pixrestore \(9\.9\): update pixrestore"):
            load_model(model.folder)

    def test_no_model(self, tmp_path):
        with pytest.raises(ModelError, match=r"is no model folder: it has no model\.json"):
            load_model(tmp_path)
        with pytest.raises(UnknownNameError, match="no installed model is called 'nobody'"):
            load_model("nobody")

    def test_a_task_of_a_plugin_that_is_not_here(self, model):
        altered(model, ["task", "name"], "unscratch")
        with pytest.raises(UnknownNameError, match="unscratch"):
            load_model(model.folder)


NESTED = "[" * 100_000 + "]" * 100_000

HOSTILE_TEXTS = {
    "empty": b"",
    "no json": b"\x80\x04\x95",
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1e999",
    "nested": NESTED.encode(),
    "huge integer": b'{"format": 1' + b"0" * 5000 + b"}",
    "half": b'{"format": 1, "task": {"name": "colo',
}

HOSTILE_VALUES = [
    (["format"], "1"),
    (["format"], None),
    (["format"], ...),
    (["task"], "colorize"),
    (["task"], ...),
    (["task", "name"], 3),
    (["task", "name"], ["colorize"]),
    (["task", "options"], [1]),
    (["task", "options"], {"film": 1e999}),
    (["task", "options"], {"film": "much"}),
    (["task", "options"], {"__class__": 1}),
    (["architecture", "name"], {"a": 1}),
    (["architecture", "arguments"], [4, 8]),
    (["channels"], [1]),
    (["channels"], [1, 2, 3]),
    (["channels"], [0, 2]),
    (["channels"], [1, -2]),
    (["channels"], [1, 10**12]),
    (["channels"], [1e999, 2]),
    (["channels"], ["1", "2"]),
    (["channels"], [True, 2]),
    (["loss"], "charbonnier"),
    (["loss", "name"], {"class_name": "Huber"}),
    (["loss", "options"], {"step": 1e-300}),
    (["loss", "options"], {"weights": 5}),
    (["geometry"], []),
    (["geometry"], {"multiple": 1, "unknown": 2}),
    (["geometry", "multiple"], 0),
    (["geometry", "multiple"], 10**9),
    (["geometry", "multiple"], 2.5),
    (["geometry", "margin"], -1),
    (["geometry", "margin"], 1e999),
    (["geometry", "side"], 0),
    (["geometry", "side"], "80"),
    (["geometry", "working_size"], -64),
    (["weights"], "none"),
    (["weights"], None),
    (["graph"], [1]),
    (["training"], "long"),
    (["figures"], [1]),
    (["licence"], {"a": 1}),
    (["licence"], ...),
    (["versions"], "1.0"),
]


class TestHostileDescriptions:
    @pytest.mark.parametrize("content", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
    def test_what_is_no_description(self, model, content):
        (model.folder / "model.json").write_bytes(content)
        with pytest.raises(ModelError, match=r"model\.json cannot be read") as caught:
            load_model(model.folder)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 1000

    @pytest.mark.parametrize(("keys", "value"), HOSTILE_VALUES, ids=str)
    def test_wrong_values(self, model, keys, value):
        altered(model, keys, value)
        with pytest.raises(ModelError, match=r"model\.json cannot be (read|used)") as caught:
            load_model(model.folder)
        assert "\n" not in str(caught.value)

    def test_a_description_that_is_far_too_large(self, model, monkeypatch):
        monkeypatch.setattr("pixrestore.description._LARGEST", 100)
        with pytest.raises(ModelError, match="too large for the description of a model"):
            load_model(model.folder)

    def test_paths_out_of_the_folder_lead_nowhere(self, model, tmp_path):
        secret = tmp_path / "secret"
        secret.write_bytes(b"secret")
        checksum = hashlib.sha256(b"secret").hexdigest()
        for file in ("../secret", str(secret)):
            altered(model, ["weights"], {"file": file, "sha256": checksum})
            loaded = load_model(model.folder)
            assert loaded.weights_path == model.folder / "model.weights.h5"
            with pytest.raises(ModelError, match="was altered or damaged"):
                check_weights(loaded)

    def test_names_that_are_paths_are_no_names(self, model):
        altered(model, ["task", "name"], "../../colorize")
        with pytest.raises(UnknownNameError):
            load_model(model.folder)

    def test_a_damaged_model_is_told_by_its_path_as_text_too(self, model):
        altered(model, ["channels"], [0, 0])
        with pytest.raises(PixrestoreError):
            load_model(str(model.folder))


class TestWriting:
    def test_a_kill_before_the_description_leaves_the_old_model(self, model, monkeypatch):
        def killed(source, target):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", killed)
            with pytest.raises(KeyboardInterrupt):
                write_model(model, lambda path: path.write_bytes(b"newer weights"))
        loaded = load_model(model.folder)
        check_weights(loaded)
        assert loaded.weights_path.read_bytes() == b"weights"

    def test_a_kill_after_the_description_is_made_good(self, model, monkeypatch):
        replace = os.replace

        def killed(source, target):
            if Path(target).name == "model.weights.h5":
                raise KeyboardInterrupt
            replace(source, target)

        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", killed)
            with pytest.raises(KeyboardInterrupt):
                write_model(model, lambda path: path.write_bytes(b"newer weights"))
        loaded = load_model(model.folder)
        check_weights(loaded)
        assert loaded.weights_path.read_bytes() == b"newer weights"

    def test_what_cannot_be_written(self, model, tmp_path):
        (tmp_path / "file").touch()
        elsewhere = Model(**{**vars(model), "folder": tmp_path / "file" / "below"})
        with pytest.raises(OutputError, match="cannot write the model to"):
            write_model(elsewhere, lambda path: path.write_bytes(b"weights"))

    def test_a_disk_that_is_full_leaves_the_old_model(self, model):
        def full(path):
            path.write_bytes(b"ne")
            raise OSError(28, "No space left on device")

        with pytest.raises(OutputError, match="No space left on device"):
            write_model(model, full)
        loaded = load_model(model.folder)
        check_weights(loaded)
        assert loaded.weights_path.read_bytes() == b"weights"


class Payload:
    """Runs code when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_weights_that_are_a_pickle_are_never_run(model, tmp_path):
    content = pickle.dumps(Payload(tmp_path / "ran"))
    for name in ("model.weights.h5", "model.onnx"):
        (model.folder / name).write_bytes(content)
    checksum = {"sha256": hashlib.sha256(content).hexdigest(), "weights": []}
    altered(model, ["weights"], checksum)
    altered(model, ["graph"], checksum)
    with pytest.raises(ModelError, match="do not fit the network") as caught:
        open_restorer(load_model(model.folder))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "arguments", [{"widths": [10**9, 4]}, {"blocks": [10**9, 1]}, {"depth": 3}, {"widths": "ab"}]
)
def test_hostile_arguments_of_the_network(tiny_denoiser, tmp_path, arguments):
    shutil.copytree(tiny_denoiser, tmp_path / "mine")
    model = load_model(tmp_path / "mine")
    altered(model, ["architecture", "arguments"], {**model.arguments, **arguments})
    with pytest.raises(ModelError, match=r"model\.json (cannot be used|is refused)"):
        open_restorer(load_model(model.folder), "keras")


def item_sizes(path):
    """Return how many bytes the numbers in a weights file take."""
    sizes = set()

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            sizes.add(item.dtype.itemsize)

    with h5py.File(path) as file:
        file.visititems(visit)
    return sizes


class TestSlimCopy:
    def test_its_weights_take_half_and_restore_alike(self, tiny_denoiser, tmp_path, samples):
        whole = load_model(tiny_denoiser)
        slim = half_precision_copy(whole, tmp_path / "slim", licence="CC0-1.0")
        # In a network this small, the file's own bookkeeping is most of it.
        assert slim.weights["bytes"] < whole.weights["bytes"]
        assert item_sizes(whole.weights_path) == {4}
        assert item_sizes(slim.weights_path) == {2}
        assert load_model(tmp_path / "slim").licence == "CC0-1.0"
        photo = np.asarray(pixrestore.load(whole.folder).restore(samples / "cat.jpg"), float)
        other = np.asarray(open_restorer(slim).restore(samples / "cat.jpg"), float)
        # Half precision changes a weight by one part in 2048 at most.
        assert np.abs(photo - other).max() <= 1

    def test_not_onto_itself(self, model):
        with pytest.raises(UsageError, match="cannot be copied onto itself"):
            half_precision_copy(model, model.folder)
