"""Graphs from elsewhere, run as the networks of tasks."""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pixrestore.engines.onnx import open_session, run_session
from pixrestore.engines.signature import CHANNELS, Signature
from pixrestore.errors import ModelError
from pixrestore.images.resizing import Array
from pixrestore.task import Task

_TYPES: Mapping[str, Any] = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


class WrappedNetwork:
    """A graph from elsewhere as a function of arrays, (N, H, W, Cx) to (N, H, W, Cy), float32.

    Parameters
    ----------
    path : Path
        The graph, which holds its weights itself.
    signature : Signature
        What it takes and answers.

    Attributes
    ----------
    size : tuple of int or None
        Height and width that the graph takes; None where it takes any.

    Raises
    ------
    ModelError
        ONNX Runtime refuses it, or it has not one input and one output of pictures.
    """

    def __init__(self, path: Path, signature: Signature) -> None:
        self._path, self._signature = path, signature
        try:
            self._session = open_session(path, {})
        except ModelError as error:
            if "external data" in str(error).lower():
                raise self._unfit("its weights are in other files: save it as one file") from error
            raise
        taken = self._the_one("input", self._session.get_inputs(), signature.input)
        self._the_one("output", self._session.get_outputs(), signature.output)
        self._input, self._type = taken.name, _TYPES[taken.type]
        height, width = _sides(taken.shape, signature)
        self.size = (_number(height), _number(width))

    def __call__(self, x: Array) -> Array:
        """Run the graph picture by picture; `MemoryError` when one is too large."""
        return np.stack([self._answer(each) for each in x])

    def measured_scale(self, x: Array) -> int:
        """Find by how much the graph enlarges a picture, (H, W, C); a `ModelError` where not."""
        given, answer = self._raw(x)
        shape = np.shape(answer)
        if len(shape) == 4:
            before, after = (_sides(each, self._signature) for each in (given.shape, shape))
            scale = after[0] // before[0]
            if scale and after == (before[0] * scale, before[1] * scale):
                return scale
        raise self._unfit(f"it answers {_told(shape)} to {_told(given.shape)}")

    def check_answer(self, x: Array) -> None:
        """Raise an error unless the answer to what a task shows of a photo is as declared.

        Raises
        ------
        ModelError
            It has another shape, or is no number.
        UsageError
            It has another range.
        """
        given, answer = self._raw(x)
        self._check(answer, given)
        if not np.isfinite(answer).all():
            raise self._unfit("it answers infinities or NaN to a photo")
        self._signature.check_range(answer)

    def _answer(self, x: Array) -> Array:
        given, answer = self._raw(x)
        self._check(answer, given)
        return self._signature.read(answer, x)

    def _raw(self, x: Array) -> tuple[Array, Array]:
        given = self._signature.given(x).astype(self._type, copy=False)
        return given, run_session(self._session, self._path, self._input, given)

    def _check(self, answer: Any, given: Array) -> None:
        """Raise a `ModelError` unless an answer has the shape that the signature promises."""
        height, width = _sides(given.shape, self._signature)
        wanted = (height * self._signature.scale, width * self._signature.scale)
        shape = np.shape(answer)
        if len(shape) == 4 and _sides(shape, self._signature) == wanted:
            channels = shape[1 if self._signature.layout == "nchw" else 3]
            if shape[0] == 1 and channels == CHANNELS[self._signature.output]:
                return
        raise ModelError(
            f"{self._path} answers {_told(shape)} to {_told(given.shape)}, where "
            f"{wanted[0]} x {wanted[1]} of {self._signature.output} are needed"
        )

    def _the_one(self, side: str, found: Any, space: str) -> Any:
        """Return the only input or output, which must be able to hold pictures of a space."""
        if len(found) != 1:
            raise self._unfit(f"it has {len(found)} {side}s, not one")
        (one,) = found
        if one.type not in _TYPES:
            raise self._unfit(f"its {side} is of {one.type}, not of floats")
        if len(one.shape) != 4:
            raise self._unfit(f"its {side} has {len(one.shape)} axes, not the 4 of pictures")
        if isinstance(one.shape[0], int) and one.shape[0] != 1:
            raise self._unfit(f"its {side} holds {one.shape[0]} pictures at a time, not one")
        place = 1 if self._signature.layout == "nchw" else 3
        channels = one.shape[place]
        if isinstance(channels, int) and channels != CHANNELS[space]:
            other = "nhwc" if place == 1 else "nchw"
            hint = f": set `layout` to {other}" if one.shape[4 - place] == CHANNELS[space] else ""
            raise self._unfit(
                f"its {side} has {channels} channels, and {space} has {CHANNELS[space]}{hint}"
            )
        return one

    def _unfit(self, why: str) -> ModelError:
        return ModelError(f"{self._path} does not fit: {why}")


def _sides(shape: Any, signature: Signature) -> tuple[Any, Any]:
    first = 2 if signature.layout == "nchw" else 1
    return shape[first], shape[first + 1]


def _number(side: Any) -> int | None:
    return side if isinstance(side, int) else None


def _told(shape: Any) -> str:
    return " x ".join(map(str, shape)) or "a number"


def shown_plainly(task: Task) -> Task:
    """Return a task that enlarges by repeating pixels what its network sees, and is else the same.

    A graph from elsewhere enlarges by itself. Of what the task shows its network it must see the
    photo's own pixels, which cannot be had back from a photo that was enlarged smoothly.
    """
    if task.scale == 1:
        return task
    return _plain(type(task))(**task.options())


@cache
def _plain(kind: type[Task]) -> type[Task]:
    class Plain(kind):  # type: ignore[misc, valid-type]
        def encode(self, degraded: Array) -> Array:
            return degraded.repeat(self.scale, axis=0).repeat(self.scale, axis=1)

        def encode_guided(self, degraded: Array, layers: Mapping[str, Array]) -> Array:
            return self.encode(degraded)

    Plain.__name__, Plain.__doc__ = kind.__name__, kind.__doc__
    Plain.__qualname__ = kind.__qualname__
    # Pickle finds classes by their names, which this one has lent from another.
    copyreg.pickle(Plain, lambda task: (_plainly, (kind, task.options())))  # type: ignore[arg-type, return-value]
    return Plain


def _plainly(kind: type[Task], options: dict[str, Any]) -> Task:
    return _plain(kind)(**options)
