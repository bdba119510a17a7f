"""What a model believes of a photo: likely colours of a place, and places where it doubts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixrestore.belief import Belief, Doubt, Suggestion
from pixrestore.errors import UsageError
from pixrestore.geometry import Classifier, Geometry, Network
from pixrestore.restoring.scene import guided, small_degraded, whole_answer
from pixrestore.task import Task


def believed(
    task: Task,
    network: Network,
    classifier: Classifier,
    geometry: Geometry,
    pixels: NDArray[np.generic],
    layers: Mapping[str, NDArray[np.uint8]],
) -> Belief:
    """Return what a network believes of a whole photo; arguments as `restore_as_scene` has them."""
    small = small_degraded(task, geometry, pixels)
    seen, guides = guided(task, small, layers, task.encode(small))
    answer = whole_answer(network, geometry, seen)
    probabilities = whole_answer(classifier, geometry, seen)
    return Belief(seen, answer, classifier.classes, probabilities, guides)


def likely_colours(
    task: Task, belief: Belief, place: tuple[float, float], shape: tuple[int, ...], count: int
) -> list[Suggestion]:
    """Return what `task.suggest` says of a place in a photo.

    Parameters
    ----------
    task : Task
        Knows how to make suggestions of a belief.
    belief : Belief
        What is believed of the photo.
    place : tuple of float
        x and y in the photo, in pixels.
    shape : tuple of int
        Height and width of the photo.
    count : int
        How many colours at most.
    """
    rows, columns = belief.encoded.shape[:2]
    row, column = int(place[1] * rows / shape[0]), int(place[0] * columns / shape[1])
    found = task.suggest(belief, (row, column), count)
    if found is None:
        raise _says_nothing(task, Task.suggest)
    return list(found)


def doubted_places(task: Task, belief: Belief, shape: tuple[int, ...], count: int) -> list[Doubt]:
    """Return what `task.doubt` says, in pixels of a photo; arguments as in `likely_colours`."""
    found = task.doubt(belief, count)
    if found is None:
        raise _says_nothing(task, Task.doubt)
    rows, columns = belief.encoded.shape[:2]
    down, across = shape[0] / rows, shape[1] / columns
    return [Doubt(doubt.x * across, doubt.y * down, doubt.gain) for doubt in found]


def refuse_question(task: Task, asked: Callable[..., Any], count: int) -> None:
    """Raise a `UsageError`, before any work, where a task has no such method or nothing is asked.

    Parameters
    ----------
    task : Task
        Whom to ask.
    asked : callable
        `Task.suggest` or `Task.doubt`.
    count : int
        How many answers at most.
    """
    if getattr(type(task), asked.__name__) is asked:
        raise _says_nothing(task, asked)
    if count < 1:
        raise UsageError(f"`count` must be 1 or more, not {count}")


def _says_nothing(task: Task, asked: Callable[..., Any]) -> UsageError:
    of = "suggest colours" if asked is Task.suggest else "say where it doubts"
    return UsageError(f"the task {task.name} does not {of}")
