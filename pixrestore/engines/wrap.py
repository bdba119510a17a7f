"""Making a model of a graph from elsewhere, tried before it is kept."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pixrestore.description import DESCRIPTION, GRAPH, MOST_BYTES
from pixrestore.engines import Answered, Layout, Taken
from pixrestore.engines.signature import Signature, describe_signature, spaces_of
from pixrestore.engines.wrapped import WrappedNetwork, shown_plainly
from pixrestore.errors import ModelError, OutputError, UsageError
from pixrestore.files import printable, replacing
from pixrestore.geometry import Geometry
from pixrestore.images import read_photo, to_float
from pixrestore.images.parts import middle
from pixrestore.images.resizing import Array
from pixrestore.model.folder import Model, load_model, write_wrapped
from pixrestore.network.measure import measure_margin
from pixrestore.network.pairs import adds_colour, pair_channels
from pixrestore.options import checked, options_of
from pixrestore.plugins.kinds import TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.task import Task

_PHOTO = Path(__file__).parent.parent / "samples" / "cat.jpg"
_MULTIPLES = (1, 2, 4, 8, 16, 32, 64)
_LEAST_SIDE = 32
_PROBED = 128  # a multiple of all of these
_MEASURED = 128  # side of what the margin is measured on, in degraded pixels
_WORKING_SIZE = 256


def wrap_graph(
    path: str | os.PathLike[str],
    task: str | Task,
    folder: str | os.PathLike[str],
    *,
    input: Taken = "rgb",
    output: Answered = "rgb",
    input_range: Sequence[float] | None = None,
    output_range: Sequence[float] | None = None,
    mean: Sequence[float] = (),
    std: Sequence[float] = (),
    ab_unit: float = 1.0,
    layout: Layout = "nchw",
    size: int | None = None,
    working_size: int | None = None,
    margin: int | None = None,
    licence: str = "",
    overwrite: bool = False,
) -> Model:
    """Make a model folder of a stranger's ONNX graph, which then restores photos as any model.

    The graph is run on a photo first. So what does not fit is found here.

    Parameters
    ----------
    path : path
        The graph, in one file with its weights.
    task : str or Task
        Task that it was trained for. A task of plain colours can be served: `colorize`, and those
        whose network sees RGB and answers RGB.
    folder : path
        The folder to make, whose name becomes the model's.
    input, output, input_range, output_range, mean, std, ab_unit, layout
        What it takes and answers; see `pixrestore.engines.signature.Signature`.
    size : int, optional
        Height and width of the only pictures that it takes; by default what the graph states.
    working_size : int, optional
        For a task that needs the whole photo, the shorter side at which the graph sees photos;
        256 by default, or the graph's own size.
    margin : int, optional
        For other tasks, how far around a tile the graph looks, in pixels of the photo that it is
        given; measured by default.
    licence : str
        Terms of the graph.
    overwrite : bool
        Replace a model there.

    Returns
    -------
    Model

    Raises
    ------
    UsageError
        What was declared makes no sense, or the task cannot be served.
    ModelError
        The graph does not fit what was declared, or ONNX Runtime refuses it.
    UnknownNameError
        There is no such task.
    OutputError
        The folder exists or cannot be written.
    """
    source, target = Path(path), Path(folder)
    if os.path.lexists(target) and not (overwrite and (target / DESCRIPTION).is_file()):
        raise OutputError(f"{printable(target)} exists: choose another name")
    _check_file(source)
    if isinstance(task, str):
        task = load_plugins().find(TASKS, task)()
    declared: dict[str, Any] = {
        "input": input,
        "output": output,
        "input_range": None if input_range is None else tuple(input_range),
        "output_range": None if output_range is None else tuple(output_range),
        "mean": tuple(mean),
        "std": tuple(std),
        "ab_unit": ab_unit,
        "layout": layout,
    }
    if output == "ab" and output_range is not None:
        raise UsageError("`output_range` says nothing of a and b: set `ab_unit`")
    with replacing(target) as fresh:
        fresh.mkdir()
        graph = fresh / GRAPH
        shutil.copyfile(source, graph)
        try:
            task, signature, network = _fitted(graph, task, declared, size)
            geometry = _geometry(network, task, size, working_size, margin)
        except ModelError as error:
            # The user knows the graph by its own name.
            raise ModelError(str(error).replace(str(graph), printable(source))) from error
        model = Model(
            folder=fresh,
            task=task,
            architecture="onnx",
            arguments={},
            channels=pair_channels(task),
            loss="",
            loss_options={},
            geometry=geometry,
            adds_colour=adds_colour(task),
            graph={**_noted(graph), "signature": describe_signature(signature)},
            licence=licence,
        )
        write_wrapped(model, target.name)
    return load_model(target, type(task))


def _check_file(path: Path) -> None:
    try:
        if not path.is_file():
            raise ModelError(f"{printable(path)} is no file")
        if path.stat().st_size > MOST_BYTES:
            raise ModelError(f"{printable(path)} is larger than {MOST_BYTES >> 30} GB")
    except OSError as error:
        raise ModelError(f"{printable(path)} cannot be read: {error.strerror}") from error


def _noted(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": GRAPH, "sha256": found, "bytes": path.stat().st_size, "weights": []}


def _fitted(
    graph: Path, task: Task, declared: dict[str, Any], size: int | None
) -> tuple[Task, Signature, WrappedNetwork]:
    """Return the task at the scale that the graph has, what it takes, and how to run it."""
    shown, wanted = spaces_of(task)
    signature = Signature(**declared, shown=shown, wanted=wanted)
    network = WrappedNetwork(graph, signature)
    height, width = (size or side or _PROBED for side in network.size)
    photo = _photo((height, width))
    scale = network.measured_scale(photo if shown == "rgb" else task.encode(photo))
    task = _at_scale(task, scale)
    if scale > 1:
        signature = dataclasses.replace(signature, scale=scale)
        network = WrappedNetwork(graph, signature)
    return task, signature, network


def _at_scale(task: Task, scale: int) -> Task:
    """Return the task at a scale, which may be an option of it."""
    if task.scale == scale:
        return task
    kind = type(task)
    if any(option.name == "scale" for option in options_of(kind)):
        try:
            return dataclasses.replace(task, **checked(kind, {"scale": scale}))  # type: ignore[type-var]
        except UsageError as error:
            raise ModelError(f"the graph enlarges {scale} times: {error}") from error
    told = "keeps the size" if task.scale == 1 else f"enlarges {task.scale} times"
    raise ModelError(f"the graph enlarges {scale} times, and {task.name} {told}")


def _geometry(
    network: WrappedNetwork,
    task: Task,
    size: int | None,
    working_size: int | None,
    margin: int | None,
) -> Geometry:
    """Find the sizes that suit a graph, and see what it answers to a photo, by running it."""
    scale, scene = task.scale, task.scope == "scene"
    side = size or _only_side(network)
    if side is not None:
        _try(network, task, (side, side))
        return Geometry(side=side * scale, working_size=side * scale if scene else 0)
    multiple = _multiple(network, task)
    if scene:
        size = working_size or _WORKING_SIZE
        return Geometry(multiple=multiple * scale, working_size=size)
    if margin is None:
        length = max(math.ceil(_MEASURED / multiple), 3) * multiple
        shown = shown_plainly(task).encode(_photo((length, length)))
        margin = measure_margin(network, shown[None], multiple * scale)
    else:
        margin *= scale
    return Geometry(multiple=multiple * scale, margin=margin)


def _only_side(network: WrappedNetwork) -> int | None:
    height, width = network.size
    if height is None and width is None:
        return None
    if height != width:
        told = " x ".join("any" if side is None else str(side) for side in network.size)
        raise ModelError(f"the graph takes pictures of {told}: it must be squares, or any size")
    return height


def _multiple(network: WrappedNetwork, task: Task) -> int:
    """Find the number whose multiples a graph takes as height and width, by trying."""
    for multiple in _MULTIPLES:
        # Odd, so that no larger multiple is met by chance; two, for it may take squares only.
        factor = math.ceil(_LEAST_SIDE / multiple) | 1
        try:
            _try(network, task, (multiple * factor, multiple * (factor + 2)))
        except ModelError as error:
            first = error
            continue
        return multiple
    raise first


def _try(network: WrappedNetwork, task: Task, shape: tuple[int, int]) -> None:
    """Raise a `ModelError` unless the graph answers a photo with what it declares."""
    network.check_answer(shown_plainly(task).encode(_photo(shape)))


def _photo(shape: tuple[int, int]) -> Array:
    """Return the middle of a real photo, repeated in mirror images where it is too small."""
    photo = to_float(read_photo(_PHOTO).pixels)
    part = middle(photo, max(shape))
    room = [(0, max(0, wanted - had)) for wanted, had in zip(shape, part.shape, strict=False)]
    return np.pad(part, [*room, (0, 0)], mode="symmetric")[: shape[0], : shape[1]]
