"""Keras and ONNX Runtime run a model alike; exported models answer as the model does."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import onnx
import pytest

import pixrestore
from pixrestore.engines import graph, keras_export
from pixrestore.engines.export import export_model
from pixrestore.engines.half_precision import half_precision_copy
from pixrestore.engines.opening import open_network, open_restorer
from pixrestore.errors import ModelError, OutputError, UsageError
from pixrestore.images import decode_rgb8
from pixrestore.model.folder import load_model

ENGINES = ("onnx", "keras")


@pytest.fixture
def model(tiny_denoiser, tmp_path):
    """A copy of a trained model, to be broken."""
    return load_model(shutil.copytree(tiny_denoiser, tmp_path / "model"))


@pytest.fixture(scope="module")
def photo(samples):
    return decode_rgb8(samples / "cat.jpg")[:101, :157].astype(np.float32) / 255


@pytest.fixture(scope="module")
def tiny_colouriser(tmp_path_factory, samples):
    out = tmp_path_factory.mktemp("models") / "colour"
    pixrestore.train(
        "colorize",
        samples,
        out,
        steps=2,
        recipe={
            "arguments": {"widths": (4, 8), "blocks": (1, 1), "stop": 1, "context": True},
            "patch": 16,
            "batch": 2,
            "rate": 0.1,
        },
        quiet=True,
    )
    return out


@pytest.mark.parametrize("engine", ENGINES)
def test_a_restorer_goes_to_other_processes(tiny_denoiser, photo, engine):
    restorer = open_restorer(load_model(tiny_denoiser), engine)
    expected = restorer.restore_pixels(photo)
    copy = pickle.loads(pickle.dumps(restorer))
    assert np.array_equal(copy.restore_pixels(photo), expected)
    assert copy.info == restorer.info
    # A new process knows neither this one's sessions nor its imports.
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        found = pool.submit(restorer.restore_pixels, photo).result(timeout=120)
    # Where its arrays lie decides in which order sums are taken: some units in the last place.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_a_restorer_works_in_threads_and_after_a_fork(tiny_denoiser, photo):
    restorer = open_restorer(load_model(tiny_denoiser), "onnx")
    expected = restorer.restore_pixels(photo)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(restorer.restore_pixels, [photo] * 8):
            assert np.array_equal(found, expected)
    code = (
        "import os, sys, numpy as np, pixrestore\n"
        "restorer = pixrestore.load(sys.argv[1], engine='onnx')\n"
        "photo = np.zeros((40, 50, 3), np.float32)\n"
        "restorer.restore(photo)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(0 if restorer.restore(photo).shape == photo.shape else 3)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    command = [sys.executable, "-c", code, str(tiny_denoiser)]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0


def test_engines_agree_on_photos_of_any_size(tiny_denoiser, tiny_colouriser, photo):
    for folder in (tiny_denoiser, tiny_colouriser):
        first, second = (open_restorer(load_model(folder), engine) for engine in ENGINES)
        for height, width in ((101, 157), (1, 1), (3, 150)):
            part = photo[:height, :width]
            restored = first.restore_pixels(part)
            # Single precision summed in another order.
            np.testing.assert_allclose(restored, second.restore_pixels(part), atol=1e-4)
        assert np.abs(restored - part).max() > 0


@pytest.mark.slow
def test_a_photo_is_restored_without_tensorflow(tiny_colouriser, samples, tmp_path, fresh_cli):
    code = (
        "import sys; from pixrestore import restore; "
        f"restore({str(samples / 'cat.jpg')!r}, model={str(tiny_colouriser)!r}); "
        "heavy = {'tensorflow', 'keras', 'skimage', 'scipy'}; print(heavy & set(sys.modules))"
    )
    assert fresh_cli(code=code).out == "set()\n"


def test_the_graph_holds_no_weights_of_its_own(model):
    described = json.loads((model.folder / "model.json").read_text())["graph"]
    assert described["bytes"] == model.graph_path.stat().st_size
    inside = [
        tensor
        for tensor in onnx.load(model.graph_path, load_external_data=False).graph.initializer
        if tensor.data_type == onnx.TensorProto.FLOAT and not tensor.external_data
    ]
    assert all(np.prod(tensor.dims) < 4 for tensor in inside)  # a factor or two


def test_half_precision_copies_run_on_both(model, tmp_path, photo):
    copy = half_precision_copy(model, tmp_path / "slim")
    first, second = (open_restorer(copy, engine).restore_pixels(photo) for engine in ENGINES)
    np.testing.assert_allclose(first, second, atol=1e-4)


def test_without_a_graph_keras_runs_and_onnx_is_refused(model, photo, caplog):
    model.graph_path.unlink()
    caplog.set_level("INFO", logger="pixrestore")
    assert open_restorer(model).restore_pixels(photo).shape == photo.shape
    assert "no ONNX graph: it runs on Keras instead" in caplog.text
    with pytest.raises(ModelError, match="has no ONNX graph"):
        open_restorer(model, "onnx")


def test_a_graph_that_onnx_runtime_refuses(model, photo, monkeypatch):
    model.graph["weights"][0]["axes"] = [1, 0, 2, 3]  # of a kernel that is not square in them
    with pytest.raises(ModelError, match="cannot be run"):
        open_network(model, "onnx")
    assert open_restorer(model).restore_pixels(photo).shape == photo.shape


@pytest.mark.parametrize("name", ["model.onnx", "model.weights.h5"])
def test_altered_files_are_refused_whatever_runs_them(model, name):
    with (model.folder / name).open("ab") as file:
        file.write(b"\0")
    for engine in (*ENGINES, "auto"):
        with pytest.raises(ModelError, match="altered or damaged"):
            open_restorer(model, engine)


def test_a_gpu_is_left_to_keras(model, monkeypatch, tmp_path):
    (tmp_path / "gpus/0").mkdir(parents=True)
    monkeypatch.setattr("pixrestore.engines.opening._NVIDIA", tmp_path / "gpus")
    assert type(open_network(model)).__name__ == "KerasNetwork"
    monkeypatch.setattr("pixrestore.engines.opening._NVIDIA", tmp_path / "none")
    assert type(open_network(model)).__name__ == "OnnxNetwork"


def test_unknown_engines_are_named(model):
    with pytest.raises(UsageError, match="unknown engine 'onx'"):
        open_restorer(model, "onx")


def test_a_network_that_answers_otherwise_is_not_kept(model, monkeypatch):
    monkeypatch.setattr(keras_export, "_TOLERANCE", -1.0)
    model.graph_path.unlink()
    with pytest.raises(ModelError, match="gives different answers"):
        graph.add_graph(model)
    assert not model.graph_path.exists()


def test_a_network_too_large_for_the_memory_stays_with_keras(model, tmp_path, monkeypatch):
    size = model.weights_path.stat().st_size
    monkeypatch.setattr(keras_export, "available_memory", lambda: 50 * size)
    target = tmp_path / "m.onnx"
    for translate in (graph.add_graph, lambda one: export_model(one, "onnx", target)):
        with pytest.raises(ModelError, match="too large to become an ONNX graph here"):
            translate(model)
    assert not target.exists()
    monkeypatch.setattr(keras_export, "available_memory", lambda: 70 * size)
    assert graph.add_graph(model).graph


def test_what_writes_onnx_may_be_missing(tiny_denoiser, tmp_path, monkeypatch, cli):
    monkeypatch.setattr(keras_export, "find_spec", lambda name: None)
    done = cli("export", tiny_denoiser, "-o", tmp_path / "m.onnx")
    assert (done.code, list(tmp_path.iterdir())) == (ModelError.exit_code, [])
    assert "pip install 'pixrestore[train]'" in done.error


@pytest.mark.parametrize("form", ["onnx", "savedmodel"])
def test_an_export_never_replaces_a_folder_of_other_things(tiny_denoiser, tmp_path, cli, form):
    (tmp_path / "thesis.txt").write_text("years of work")
    done = cli("export", tiny_denoiser, "--to", form, "-o", tmp_path, "--overwrite")
    assert done.code == OutputError.exit_code
    assert "is a folder with other things: choose another name" in done.error
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.slow
@pytest.mark.parametrize("form", ["onnx", "tflite", "savedmodel"])
def test_exports_answer_as_the_model_does(tiny_denoiser, tmp_path, cli, form):
    target = tmp_path / "new" / "exported"
    done = cli("export", tiny_denoiser, "--to", form, "-o", target)
    assert (done.code, done.err) == (0, "")
    assert f"{target} answers as" in done.out
    again = cli("export", tiny_denoiser, "--to", form, "-o", target)
    assert again.code == OutputError.exit_code
    assert "exists" in again.error
    assert cli("export", tiny_denoiser, "--to", form, "-o", target, "--overwrite").code == 0
    assert [entry.name for entry in target.parent.iterdir()] == ["exported"]


def test_onnx_runtime_tells_nobody_of_its_use(fresh_cli, tmp_path, samples, monkeypatch):
    """By itself it counts its uses, beside a number of the machine, to be sent to its makers."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "TMPDIR"):
        monkeypatch.setenv(name, str(home))
    for name in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    done = fresh_cli("colorize", samples / "cat.jpg", "-o", "new.png", "--engine", "onnx")
    assert done.code == 0, done.err
    kept = [path.as_posix() for path in home.rglob("*") if path.is_file()]
    assert [path for path in kept if "Microsoft" in path or "onnx" in path or ".ses" in path] == []
