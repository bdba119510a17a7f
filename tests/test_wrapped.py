"""Graphs of other projects, in the shapes that theirs have, run as models."""

from __future__ import annotations

import hashlib
import json
import pickle
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import pixrestore
from pixrestore import Task, option
from pixrestore.engines.export import export_model
from pixrestore.engines.half_precision import half_precision_copy
from pixrestore.engines.wrap import wrap_graph
from pixrestore.errors import ModelError, OutputError, UsageError
from pixrestore.images import colour
from pixrestore.images.reading import read_photo
from pixrestore.model.folder import load_model
from pixrestore.training.asked import Asked

A, B = 12.0, 34.0


@dataclass(frozen=True)
class Enlarge(Task):
    """Enlarge photos, as a plugin does."""

    name: ClassVar[str] = "enlarge"
    scale: Literal[2, 4] = option(2, help="how many times as large")

    def corrupt(self, clean, rng):
        return clean[:: self.scale, :: self.scale]


def save(path, nodes, taken, answered, weights=(), *, type=TensorProto.FLOAT, domain=""):
    """Write a graph from x to y."""
    tensors = [numpy_helper.from_array(np.asarray(v), name) for name, v in dict(weights).items()]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", type, taken)],
        [helper.make_tensor_value_info("y", type, answered)],
        tensors,
    )
    imports = [helper.make_opsetid("", 17)] + [helper.make_opsetid(domain, 1)] * bool(domain)
    made = helper.make_model(graph, opset_imports=imports, ir_version=8)
    path.write_bytes(made.SerializeToString())
    return path


def node(kind, *inputs, output="y", **attributes):
    return helper.make_node(kind, list(inputs), [output], **attributes)


def constant_chroma(channels):
    """Return weights that answer the same a and b everywhere."""
    return {
        "w": np.zeros((2, channels, 1, 1), np.float32),
        "b": np.array([A, B], np.float32),
    }


@pytest.fixture
def ddcolor(tmp_path):
    """RGB of the gray photo, 512 x 512, to a and b."""
    sides = [512, 512]
    nodes = [node("Conv", "x", "w", "b")]
    path = tmp_path / "ddcolor.onnx"
    return save(path, nodes, [1, 3, *sides], [1, 2, *sides], constant_chroma(3))


@pytest.fixture
def eccv16(tmp_path):
    """Lightness, 256 x 256, to a and b: a grows with lightness from -20 to 20, b is 34."""
    weights = {
        "w": np.array([0.4, 0.0], np.float32).reshape(2, 1, 1, 1),
        "b": np.array([-20.0, B], np.float32),
    }
    nodes = [node("Conv", "x", "w", "b")]
    return save(tmp_path / "eccv16.onnx", nodes, ["n", 1, 256, 256], ["n", 2, 256, 256], weights)


@pytest.fixture
def esrgan(tmp_path):
    """RGB of any size to RGB four times as large: the mean of 3 x 3 pixels, repeated."""
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    kernel[range(3), range(3)] = 1 / 9
    nodes = [
        node("Conv", "x", "w", output="smooth", pads=[1, 1, 1, 1]),
        node("Resize", "smooth", "", "by", mode="nearest", nearest_mode="floor",
             coordinate_transformation_mode="asymmetric"),
    ]  # fmt: skip
    weights = {"w": kernel, "by": np.array([1, 1, 4, 4], np.float32)}
    return save(tmp_path / "esrgan.onnx", nodes, [1, 3, "h", "w"], [1, 3, "H", "W"], weights)


def gray(samples):
    pixels = read_photo(samples / "cat.jpg").pixels[:90, :120] / np.float32(255)
    return np.repeat(colour.gamma(colour.linear(pixels) @ colour.LUMINANCE)[..., None], 3, -1)


def test_a_colouriser_of_ddcolors_shape(cli, ddcolor, samples, tmp_path, monkeypatch):
    monkeypatch.setenv("PIXRESTORE_MODELS", str(tmp_path / "own"))
    words = ["models", "wrap", ddcolor, "--task", "colorize", "--output", "ab"]
    done = cli(*words, "--license", "Apache-2.0")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[1] == "ddcolor: colorize, rgb of 512 x 512 to ab"
    assert cli(*words).code == OutputError.exit_code
    [row] = [row for row in json.loads(cli("models", "--json").out) if row["name"] == "ddcolor"]
    assert (row["task"], row["licence"]) == ("colorize", "Apache-2.0")
    assert row["bytes"] == ddcolor.stat().st_size
    assert row["from"] == str(ddcolor)

    out = tmp_path / "out.png"
    assert cli("colorize", samples / "cat.jpg", "--model", "ddcolor", "-o", out).code == 0
    photo = gray(samples)
    found = pixrestore.colorize(photo, model="ddcolor")
    # The photo's own lightness, and the graph's chroma; sRGB's edge cuts off some of it in the
    # dark, so most pixels are looked at, not all.
    difference = np.abs(colour.chroma(found) - [A, B]).max(axis=-1)
    assert np.quantile(difference, 0.5) < 0.5
    assert np.abs(colour.lightness(found) - colour.lightness(photo)).mean() < 0.5
    pale = pixrestore.colorize(photo, model="ddcolor", saturation=0)
    np.testing.assert_allclose(pale, photo, atol=2e-3)


def test_a_colouriser_of_eccv16s_shape(eccv16, samples, tmp_path):
    model = wrap_graph(eccv16, "colorize", tmp_path / "m", input="l", output="ab")
    assert (model.geometry.side, model.adds_colour) == (256, True)
    photo = gray(samples)
    restorer = pixrestore.load(model.folder, engine="onnx")
    answer = restorer.answer(photo) * 110
    # At full resolution the guide puts back the detail that the graph has not seen.
    np.testing.assert_allclose(answer[..., 1], B, atol=0.1)
    wanted = 0.4 * colour.lightness(photo) - 20
    assert np.abs(answer[..., 0] - wanted).mean() < 1
    again = pickle.loads(pickle.dumps(restorer)).restore(photo)
    np.testing.assert_array_equal(again, restorer.restore(photo))


def test_hints_work_with_a_strangers_colouriser(samples, tmp_path):
    shapes = ["n", 1, 64, 64], ["n", 2, 64, 64]
    graph = save(tmp_path / "g.onnx", [node("Conv", "x", "w", "b")], *shapes, constant_chroma(1))
    folder = wrap_graph(graph, "colorize", tmp_path / "m", input="l", output="ab").folder
    photo = gray(samples)
    hinted = pixrestore.colorize(photo, model=folder, hints=[(60, 45, "#4060c0")])
    change = np.abs(hinted - pixrestore.colorize(photo, model=folder)).max(axis=-1)
    assert change[45, 60] > 0.1


def test_a_strangers_colouriser_suggests_nothing(eccv16, samples, tmp_path):
    folder = wrap_graph(eccv16, "colorize", tmp_path / "m", input="l", output="ab").folder
    restorer = pixrestore.load(folder)
    with pytest.raises(UsageError, match="the model m answers without saying how likely other"):
        restorer.suggest(samples / "cat.jpg", 5, 5)


def test_an_upscaler_of_real_esrgans_shape(esrgan, samples, tmp_path):
    model = wrap_graph(esrgan, Enlarge(), tmp_path / "m")
    assert (model.task.scale, model.geometry.multiple) == (4, 4)
    restorer = pixrestore.load(model.folder, task=Enlarge(scale=4))
    photo = (read_photo(samples / "cat.jpg").pixels[:71, :93] / 255).astype(np.float32)
    padded = np.pad(photo, ((1, 1), (1, 1), (0, 0)))
    rows = [padded[y : y + 71, x : x + 93] for y in range(3) for x in range(3)]
    wanted = np.mean(rows, axis=0).repeat(4, axis=0).repeat(4, axis=1)
    for restorer.tile in (896, 160):  # one tile, and many
        np.testing.assert_allclose(restorer.restore(photo), wanted, atol=1e-5)
    again = pickle.loads(pickle.dumps(restorer))
    np.testing.assert_array_equal(again.restore(photo), restorer.restore(photo))


def test_a_graph_that_enlarges_does_not_serve_a_task_that_keeps_the_size(esrgan, tmp_path):
    for task, message in (
        (_Own(), "enlarges 4 times, and own keeps"),
        ("colorize", "3 channels, and ab has 2"),
    ):
        output = "ab" if task == "colorize" else "rgb"
        with pytest.raises(ModelError, match=message):
            wrap_graph(esrgan, task, tmp_path / "m", output=output, input="rgb")


@dataclass(frozen=True)
class _Own(Task):
    """Do nothing."""

    name: ClassVar[str] = "own"

    def corrupt(self, clean, rng):
        return clean


@dataclass(frozen=True)
class _Odd(_Own):
    """Show the network something of its own."""

    name: ClassVar[str] = "odd"

    def encode(self, degraded):
        return degraded**2


def identity(path, shape=(1, 3, "h", "w"), **settings):
    return save(path, [node("Identity", "x")], list(shape), list(shape), **settings)


@pytest.mark.parametrize("settings", [
    {},
    {"input_range": (0, 255), "output_range": (0, 255)},
    {"input_range": (-1, 1), "output_range": (-1, 1)},
    {"input_range": (1, 0), "output_range": (1, 0)},
    {"input": "lab", "output": "lab"},
    {"input": "lab", "output": "lab", "input_range": (0, 1), "output_range": (0, 1),
     "ab_unit": 110.0},
    {"mean": (0.1, 0.2, 0), "std": (0.9, 1.1, 1)},
    {"layout": "nhwc"},
])  # fmt: skip
@pytest.mark.parametrize("half", [False, True])
def test_what_is_declared_is_what_the_graph_gets(tmp_path, samples, settings, half):
    shape = (1, "h", "w", 3) if settings.get("layout") == "nhwc" else (1, 3, "h", "w")
    type = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    graph = identity(tmp_path / "same.onnx", shape, type=type)
    folder = wrap_graph(graph, _Own(), tmp_path / "m", **settings).folder
    photo = (read_photo(samples / "cat.jpg").pixels[:40, :50] / 255).astype(np.float32)
    wanted = photo
    if "mean" in settings:
        wanted = np.clip((photo - settings["mean"]) / settings["std"], 0, 1)
    # Halves have 11 bits, which a, b and a step back to RGB make coarser.
    tolerance = 1e-2 if half else 1e-4
    restored = pixrestore.load(folder, task=_Own()).restore(photo)
    np.testing.assert_allclose(restored, wanted, atol=tolerance)


def _two_outputs(path):
    save(path, [node("Identity", "x")], [1, 3, "h", "w"], [1, 3, "h", "w"])
    model = onnx.load(path)
    model.graph.output.append(model.graph.output[0])
    model.graph.node.append(node("Identity", "x", output="z"))
    model.graph.output[1].CopyFrom(model.graph.output[0])
    model.graph.output[1].name = "z"
    path.write_bytes(model.SerializeToString())


def _external(path):
    weights = {"w": np.ones((3, 3, 1, 1), np.float32)}
    save(path, [node("Conv", "x", "w")], [1, 3, "h", "w"], [1, 3, "h", "w"], weights)
    onnx.save_model(
        onnx.load(path), path, save_as_external_data=True, location="w.bin", size_threshold=0
    )
    assert (path.parent / "w.bin").is_file()


def _fixed(channels, answered, sides):
    """Return what writes a graph that answers zeros of a shape."""

    def write(path):
        shape = [1, answered, *sides]
        value = numpy_helper.from_array(np.zeros(shape, np.float32))
        save(path, [node("Constant", value=value)], [1, channels, 64, 64], shape)

    return write


_ANY = [1, 3, "h", "w"]
UNFIT = {
    "no graph": (lambda path: path.write_bytes(b"text"), {}, "cannot be run"),
    "two outputs": (_two_outputs, {}, "has 2 outputs, not one"),
    "external data": (_external, {}, "its weights are in other files"),
    "custom operation": (
        lambda path: save(
            path, [node("Leak", "x", domain="evil")], _ANY, _ANY, domain="evil"
        ),
        {},
        "cannot be run",
    ),
    "integers": (
        lambda path: identity(path, type=TensorProto.UINT8), {}, "is of tensor.uint8., not"
    ),
    "five axes": (lambda path: identity(path, (1, 3, "t", "h", "w")), {}, "has 5 axes"),
    "batches": (lambda path: identity(path, (8, 3, "h", "w")), {}, "8 pictures at a time"),
    "last": (lambda path: identity(path, (1, 64, 64, 3)), {}, "set `layout` to nhwc"),
    "gray": (lambda path: identity(path, (1, 1, 64, 64)), {}, "1 channels, and rgb has 3"),
    "oblong": (lambda path: identity(path, (1, 3, 64, 96)), {}, "pictures of 64 x 96"),
    "small": (_fixed(3, 3, (32, 32)), {}, "answers 1 x 3 x 32 x 32 to 1 x 3 x 64 x 64"),
    "flat": (_fixed(3, 3, (64, 64)), {}, "answers 0 to 0 to a photo"),
    "range": (identity, {"input_range": (0, 255)}, "set `output_range`"),
    "no numbers": (
        lambda path: save(path, [node("Log", "x")], _ANY, _ANY), {}, "infinities or NaN"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNFIT, ids=lambda case: case.replace(" ", "-"))
def test_what_does_not_fit_is_refused_in_one_line(cli, tmp_path, monkeypatch, case):
    monkeypatch.setenv("PIXRESTORE_MODELS", str(tmp_path / "own"))
    write, settings, message = UNFIT[case]
    path = tmp_path / "graph.onnx"
    write(path)
    if case == "no numbers":  # of zeros, which a photo need not have
        settings = {"mean": (1, 1, 1)}
    with pytest.raises((ModelError, UsageError), match=message) as caught:
        wrap_graph(path, _Own(), tmp_path / "m", **settings)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value) or "the graph" in str(caught.value)
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ""] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task", "colorize", "--input", "l"], "3 channels, and l has 1"),
        (["--task", "colorize", "--output", "ab", "--output-range", "0,1"], "--ab-unit"),
        (["--task", "colorize", "--input-range", "1,1"], "--input-range must be two numbers"),
        (["--task", "colorize", "--mean", "0.5"], "--mean needs 3 numbers for rgb"),
        (["--task", "colorize", "--std", "1,0,1"], "--std must not be 0"),
        (["--task", "colorize", "--std", "1,x"], "should be numbers"),
        (["--task", "colorize", "--name", "colorize"], "has a model 'colorize'"),
        (["--task", "colorise"], "did you mean colorize or denoise?"),
    ],
)
def test_what_is_declared_wrongly_is_told_in_the_words_of_the_shell(
    cli, tmp_path, monkeypatch, words, message
):
    monkeypatch.setenv("PIXRESTORE_MODELS", str(tmp_path / "own"))
    done = cli("models", "wrap", identity(tmp_path / "graph.onnx"), *words)
    assert done.code in (2, 3, 5)
    assert message in done.error
    assert done.out == ""


def test_a_task_that_shows_something_of_its_own_is_not_served(tmp_path):
    with pytest.raises(UsageError, match="the network of odd sees or answers something of its"):
        wrap_graph(identity(tmp_path / "graph.onnx"), _Odd(), tmp_path / "m")


def test_it_restores_and_can_do_no_more(eccv16, tmp_path):
    folder = wrap_graph(eccv16, "colorize", tmp_path / "m", input="l", output="ab").folder
    model = load_model(folder)
    for attempt in (
        lambda: pixrestore.load(folder, engine="keras"),
        lambda: export_model(model, "onnx", tmp_path / "out.onnx"),
        lambda: half_precision_copy(model, tmp_path / "copy"),
        lambda: Asked("colorize", init=folder).plan(tmp_path / "run"),
    ):
        with pytest.raises(ModelError, match="m is a graph from elsewhere"):
            attempt()


def _signed(folder, change):
    description = json.loads((folder / "model.json").read_text())
    change(description)
    content = (folder / "model.onnx").read_bytes()
    description["graph"]["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "model.json").write_text(json.dumps(description))


@pytest.mark.parametrize(
    "values",
    [1, [], {"input": []}, {"input": "ab"}, {"scale": 10**6}, {"evil": 1}, {"ab_unit": "x"},
     {"input_range": [0, 0]}, {"shown": "lab"}, {"std": [0, 0, 0]}, {"layout": 3}],
)  # fmt: skip
def test_hostile_signatures_are_refused_in_one_line(tmp_path, values):
    folder = wrap_graph(identity(tmp_path / "graph.onnx"), _Own(), tmp_path / "m").folder
    _signed(folder, lambda said: said["graph"].update(signature=values))
    with pytest.raises(ModelError, match="signature cannot be used"):
        pixrestore.load(folder, task=_Own())


def test_an_altered_graph_is_refused(tmp_path):
    folder = wrap_graph(identity(tmp_path / "graph.onnx"), _Own(), tmp_path / "m").folder
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"more")
    with pytest.raises(ModelError, match="was altered or damaged"):
        pixrestore.load(folder, task=_Own())
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"has no model\.onnx"):
        pixrestore.load(folder, task=_Own())
