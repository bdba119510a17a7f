"""Models from strangers: what they name outside their folder is not read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

import pixrestore
from pixrestore.engines.export import export_model
from pixrestore.engines.half_precision import half_precision_copy
from pixrestore.engines.onnx import OnnxNetwork
from pixrestore.errors import ModelError
from pixrestore.model.folder import check_weights, load_model

DENOISE = Path(pixrestore.__file__).parent / "models" / "denoise"
PHOTO = np.full((8, 8, 3), 90, np.uint8)


@pytest.fixture
def model(tmp_path):
    return Path(shutil.copytree(DENOISE, tmp_path / "model"))


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(b"abc" * 100)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["numbers"] = np.ones(3, np.float32)
    return path


def signed(folder):
    """Write the checksums that files have now, as whoever changed them can."""
    description = json.loads((folder / "model.json").read_text())
    for part, name in (("weights", "model.weights.h5"), ("graph", "model.onnx")):
        content = (folder / name).read_bytes()
        description[part]["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "model.json").write_text(json.dumps(description))


def external(file, secret):
    file.create_dataset("leak", (3,), np.uint8, external=[(str(secret), 0, 3)])


def external_link(file, secret):
    file["leak"] = h5py.ExternalLink(str(secret.with_name("other.h5")), "numbers")


def soft_link(file, secret):
    file["leak"] = h5py.SoftLink("/layers")


def virtual(file, secret):
    layout = h5py.VirtualLayout((3,), np.float32)
    layout[:] = h5py.VirtualSource(str(secret.with_name("other.h5")), "numbers", (3,))
    file.create_virtual_dataset("leak", layout)


def reference(file, secret):
    file.create_dataset("leak", (1,), h5py.ref_dtype)


@pytest.mark.parametrize("hide", [external, external_link, soft_link, virtual, reference])
@pytest.mark.parametrize("deep", [False, True], ids=["top", "deep"])
def test_weights_are_numbers_in_the_file_itself(model, secret, tmp_path, hide, deep):
    with h5py.File(model / "model.weights.h5", "r+") as file:
        hide(file.require_group("layers/below") if deep else file, secret)
    signed(model)
    refused = pytest.raises(ModelError, match=r"model\.weights\.h5 is refused: .*leak")
    for engine in ("onnx", "keras"):
        with refused:
            pixrestore.restore(PHOTO, model=model, engine=engine)
    with refused:
        export_model(load_model(model), "onnx", tmp_path / "out.onnx")
    with refused:
        half_precision_copy(load_model(model), tmp_path / "copy")
    with refused:
        pixrestore.train("denoise", init=model, out=tmp_path / "run", steps=1, quiet=True)


def graph_that_reads(place):
    """Return a graph that adds three bytes of a file to a photo."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    tensor = TensorProto(name="bytes", data_type=TensorProto.UINT8, dims=[3])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", place), ("offset", "0"), ("length", "3")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    small = numpy_helper.from_array(np.array([1 / 255], np.float32), "small")
    shape = ["n", "h", "w", 3]
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["bytes"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["floats", "small"], ["light"]),
            helper.make_node("Add", ["x", "light"], ["y"]),
        ],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [small, tensor],
    )
    imports = [helper.make_opsetid("", 17)]
    return onnx.helper.make_model(graph, opset_imports=imports, ir_version=8).SerializeToString()


@pytest.mark.parametrize("place", ["secret", "../secret", "{}"])
def test_a_graph_reads_no_file_of_the_users(model, secret, monkeypatch, place):
    (model / "model.onnx").write_bytes(graph_that_reads(place.format(secret)))
    signed(model)
    description = json.loads((model / "model.json").read_text())
    description["graph"]["weights"] = []
    (model / "model.json").write_text(json.dumps(description))
    monkeypatch.chdir(secret.parent)  # where the user happens to work
    with pytest.raises(ModelError, match="cannot be run"):
        pixrestore.restore(PHOTO, model=model, engine="onnx")


def test_a_link_out_of_the_folder_is_refused(model, secret):
    (model / "inside").symlink_to("model.json")
    check_weights(load_model(model))
    (model / "data.bin").symlink_to(secret)
    with pytest.raises(ModelError, match="is a link out of the model's folder"):
        pixrestore.restore(PHOTO, model=model)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_answers_that_are_no_numbers_are_an_error(model, tmp_path, value):
    with h5py.File(model / "model.weights.h5", "r+") as file:

        def spoil(name, item):
            if isinstance(item, h5py.Dataset):
                item[...] = np.full(item.shape, value, item.dtype)

        file.visititems(spoil)
    signed(model)
    photo = tmp_path / "photo.png"
    Image.fromarray(PHOTO).save(photo)
    with pytest.raises(ModelError, match="answers infinities or NaN"):
        pixrestore.restore(photo, model=model)


def _folder(path, content):
    path.mkdir()


def _deep(path, content):
    path.write_text("[" * 1_000_000)


def _long(path, content):
    path.write_text(content.replace("{", '{"number": ' + "9" * 10_000 + ",", 1))


def _large(path, content):
    path.write_text(content + " " * (16 << 20))


@pytest.mark.parametrize("spoil", [_folder, _deep, _long, _large])
def test_a_description_that_is_no_plain_small_file_is_refused_at_once(model, spoil):
    path = model / "model.json"
    content = path.read_text()
    path.unlink()
    spoil(path, content)
    with pytest.raises(ModelError) as caught:
        load_model(model)
    assert len(str(caught.value)) < 500


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize(
    "spoil",
    [lambda path: os.mkfifo(path), lambda path: path.symlink_to("/dev/zero")],
    ids=["pipe", "device"],
)
def test_a_description_that_never_ends_is_refused_at_once(model, spoil):
    path = model / "model.json"
    path.unlink()
    spoil(path)
    with pytest.raises(ModelError, match="is not a file"):
        load_model(model)


_CLOSED = """
import os, sys
from pixrestore.engines.opening import open_restorer
from pixrestore.errors import PixrestoreError
from pixrestore.model.folder import load_model
open_restorer(load_model(sys.argv[1]))  # what is imported on the way may be closed as well
os.chmod(os.path.join(sys.argv[1], sys.argv[2]), 0)
if os.geteuid() == 0:
    os.setuid(65534)
try:
    open_restorer(load_model(sys.argv[1]))
except PixrestoreError as error:
    print(error)
    sys.exit(error.exit_code)
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="no permissions as of POSIX")
@pytest.mark.parametrize("closed", ["model.json", "model.weights.h5", "model.onnx", ".", ".."])
def test_a_model_that_may_not_be_read(model, closed):
    for folder in (model, model.parent):
        folder.chmod(0o755)
    command = [sys.executable, "-c", _CLOSED, model.name, closed]
    done = subprocess.run(
        command, cwd=model.parent, capture_output=True, text=True, timeout=60, check=False
    )
    (model.parent if closed == ".." else model / closed).chmod(0o755)
    assert done.returncode == ModelError.exit_code, done.stderr
    assert "Permission denied" in done.stdout


def test_a_graph_without_inputs_is_no_bug(model):
    import onnx

    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Constant", [], ["y"], value_float=1.0)],
        "none",
        [],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [])],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    made.ir_version = 8
    (model / "model.onnx").write_bytes(made.SerializeToString())
    description = json.loads((model / "model.json").read_text())
    description["graph"]["weights"] = []
    (model / "model.json").write_text(json.dumps(description))
    signed(model)
    with pytest.raises(ModelError, match="has 0 inputs"):
        OnnxNetwork(load_model(model))


def test_a_geometry_that_does_not_suit_the_network_is_the_models_fault(model, capfd):
    description = json.loads((model / "model.json").read_text())
    description["geometry"] |= {"multiple": 1, "margin": 3}
    (model / "model.json").write_text(json.dumps(description))
    with pytest.raises(ModelError):
        pixrestore.load(model, engine="onnx").restore(np.zeros((37, 41, 3), np.uint8))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "engine"),
    [
        # 390 GB of weights; of the second, some thousand layers of a few numbers each.
        ({"widths": [4096] * 3, "blocks": [64] * 3}, "keras"),
        ({"widths": [1] * 7, "blocks": [64] * 7}, "keras"),
        ({"widths": [48, 96, 192], "blocks": [3, 1, 1]}, "keras"),
    ],
)
def test_a_network_is_no_larger_than_its_weights(model, arguments, engine):
    path = model / "model.json"
    description = json.loads(path.read_text())
    description["architecture"]["arguments"] |= arguments
    path.write_text(json.dumps(description))
    with pytest.raises(ModelError, match="describes a larger network than there are weights for"):
        pixrestore.restore(PHOTO, model=model, engine=engine)


@pytest.mark.parametrize("packed", [None, "gzip"])
def test_weights_claim_no_more_than_their_file_holds(model, packed):
    with h5py.File(model / "model.weights.h5", "r+") as file:
        file.create_dataset("claim", (1 << 40,), np.float32, chunks=(1 << 16,), compression=packed)
    signed(model)
    with pytest.raises(ModelError, match=r"claims 43980\d+ bytes of numbers"):
        pixrestore.restore(PHOTO, model=model)


def test_a_graph_takes_weights_no_more_often_than_it_needs(model):
    path = model / "model.json"
    description = json.loads(path.read_text())
    entry = max(description["graph"]["weights"], key=lambda one: len(one["axes"]))
    many = [{**entry, "name": f"copy {number}"} for number in range(1000)]
    description["graph"]["weights"] += many
    path.write_text(json.dumps(description))
    with pytest.raises(ModelError, match="takes the same weights many times"):
        pixrestore.restore(PHOTO, model=model, engine="onnx")
