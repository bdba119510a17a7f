"""Files of tensors as PyTorch wrote them once, made without PyTorch."""

from __future__ import annotations

import pickle
import sys
from types import ModuleType

import numpy as np

from pixrestore.architectures.efficientnet_lite import blocks_of

MAGIC = 0x1950A86A20F9469CFC6C


def _rebuild_tensor_v2(*parts):
    raise AssertionError("only its name is pickled")


class FloatStorage:
    """What stands for numbers in a pickle."""

    def __init__(self, key, numbers):
        self.key, self.numbers = key, numbers


class View:
    """A tensor: a view of a storage."""

    def __init__(self, storage, shape, strides, offset=0):
        self.parts = storage, offset, shape, strides, False, {}

    def __reduce__(self):
        return _rebuild_tensor_v2, self.parts


for thing, place in ((_rebuild_tensor_v2, "torch._utils"), (FloatStorage, "torch")):
    thing.__module__ = place


class _Pickler(pickle.Pickler):
    def persistent_id(self, thing):
        if isinstance(thing, FloatStorage):
            return "storage", FloatStorage, thing.key, "cpu", len(thing.numbers), None
        return None


def write_views(path, views, order=None):
    """Write tensors by name; `order` replaces the keys of the storages."""
    named = {"torch": {"FloatStorage": FloatStorage}, "torch._utils": {}}
    named["torch._utils"]["_rebuild_tensor_v2"] = _rebuild_tensor_v2
    before = {name: sys.modules.get(name) for name in named}
    for name, things in named.items():
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(things)
    storages = {view.parts[0].key: view.parts[0] for view in views.values()}
    try:
        with path.open("wb") as file:
            for part in (MAGIC, 1001, {"little_endian": True}, views, order or list(storages)):
                _Pickler(file, protocol=2).dump(part)
            for storage in storages.values():
                file.write(len(storage.numbers).to_bytes(8, "little"))
                file.write(np.asarray(storage.numbers, "<f4").tobytes())
    finally:
        for name, module in before.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module


def write_tensors(path, tensors):
    """Write arrays by name, their axes stored the other way round, as the real files have them."""
    views = {}
    for name, array in tensors.items():
        storage = FloatStorage(str(len(views)), array.T.ravel())
        views[name] = View(storage, array.shape, tuple(n // 4 for n in array.T.copy().T.strides))
    write_views(path, views)


def lite_tensors(variant="efficientnet_lite0", seed=0):
    """Make up what such a file holds of an encoder."""
    rng = np.random.default_rng(seed)
    tensors = {}

    def add(name, norm, shape):
        inputs = np.prod(shape[1:])
        tensors[f"{name}.weight"] = rng.normal(0, inputs**-0.5, shape).astype(np.float32)
        for part, low, high in (
            ("weight", 0.5, 1.5),
            ("bias", -1, 1),
            ("running_mean", -1, 1),
            ("running_var", 0.5, 1.5),
        ):
            tensors[f"{norm}.{part}"] = rng.uniform(low, high, shape[0]).astype(np.float32)

    add("_conv_stem", "_bn0", (32, 3, 3, 3))
    for number, block in enumerate(blocks_of(variant)):
        place, inner = f"_blocks.{number}.", block.seen * block.expansion
        if block.expansion > 1:
            add(f"{place}_expand_conv", f"{place}_bn0", (inner, block.seen, 1, 1))
        add(f"{place}_depthwise_conv", f"{place}_bn1", (inner, 1, block.kernel, block.kernel))
        add(f"{place}_project_conv", f"{place}_bn2", (block.filters, inner, 1, 1))
    return tensors
