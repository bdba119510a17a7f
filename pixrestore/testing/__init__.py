"""Conformance checks that any author of a task can run on it, with a test of one line.

``check_task(Fade())`` in a test function is all there is to write; `task_checks` makes a test of
each check instead. `plugins_installed` and the fixture `isolated_plugins` keep other plugins out of
the way.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from pixrestore.testing import beliefs, colour, contract, declaration, detection, trained
from pixrestore.testing.isolation import plugins_installed
from pixrestore.testing.probe import CheckFailed, Probe

if TYPE_CHECKING:
    from pixrestore.task import Task

__all__ = ["CHECKS", "check_task", "plugins_installed", "task_checks"]

Check = Callable[[Probe], None]

# The first ones must hold for the others to mean anything: they run alone.
_FIRST: Mapping[str, Check] = {
    "declared": declaration.declared,
    "shapes": contract.shapes,
}
_LIGHT: Mapping[str, Check] = {
    "options": declaration.options,
    "damages": contract.damages,
    "deterministic": contract.deterministic,
    "global_randomness": contract.global_randomness,
    "input_untouched": contract.input_untouched,
    "range": contract.in_range,
    "law": contract.law,
    "knowable": colour.knowable,
    "pointwise": contract.pointwise,
    "guides": contract.guides,
    "suggests": beliefs.suggests,
    "sizes": contract.sizes,
    "flat_photos": contract.flat_photos,
    "detects": detection.detects,
    "baselines": contract.baselines,
}
_HEAVY: Mapping[str, Check] = {
    "learns": trained.learns,
    "saves": trained.saves,
}

CHECKS: Mapping[str, Check] = {**_FIRST, **_LIGHT, **_HEAVY}
"""All checks by name, in the order in which they run."""


def check_task(
    task: Task,
    *,
    expected_failures: Mapping[str, str] | Collection[str] = (),
    quick: bool = False,
) -> None:
    """Check that a task keeps its contract, learns, and survives being saved.

    Parameters
    ----------
    task : Task
        A task with its options set. Call this once for each configuration worth checking.
    expected_failures : mapping or collection of str
        Names of checks that this task fails, best with the reason why it may. A check that passes
        all the same is reported too.
    quick : bool
        Leave out the checks that train a network, ``learns`` and ``saves``. They take seconds, or
        longer where the damage is slow: a line on standard error says how long at most.

    Raises
    ------
    AssertionError
        One for all failures: each check that failed by its name, with a sentence on what is wrong.
    ValueError
        `expected_failures` names a check that does not exist.

    Notes
    -----
    ``declared``
        A frozen dataclass with a proper name, and a docstring whose first line says what it does.
    ``shapes``
        Each method returns an array of the right shape, of finite floats.
    ``options``
        Options come back the same from JSON, and each has a help text.
    ``damages``
        `corrupt` changes photos.
    ``deterministic``, ``global_randomness``
        All randomness comes from `rng`.
    ``input_untouched``
        No method changes the arrays that it is given.
    ``range``
        `compose` stays within [0, 1] whatever the network answers.
    ``law``
        ``compose(corrupt(clean), target(clean))`` is ``clean``; for a task that is `inexact`,
        closer to it than the degraded photo.
    ``knowable``
        Where the target holds colour, `corrupt` keeps it in every pair or drops it in every pair.
    ``pointwise``
        `encode` and `compose` give the same for a part of a photo as for the whole; those that
        enlarge may look 4 degraded pixels around.
    ``guides``
        What `paint` returns are layers of guides that the task names; `encode_guided` and `hold`
        keep the shapes, `hold` of a scene task without guides too. Without guides the network sees
        what `encode` returns.
    ``suggests``
        What `suggest` and `doubt` return of a belief, where a task writes them, are colours with
        probabilities and places within the photo.
    ``sizes``, ``flat_photos``
        Degraded photos of 1 by 1, 1 by 7 and 37 by 53 pixels work, and black, gray and white ones.
    ``detects``
        A task that writes `detect` returns sound findings, changes nothing, and sees more of its
        damage in degraded photos than in clean ones.
    ``baselines``
        Each classical method of `baselines` returns a photo of the right shape.
    ``learns``
        A small network, trained on two photos for a few seconds, brings them closer to the truth.
    ``saves``
        A model of the task, written and loaded again, restores to equal output.
    """
    _refuse_unknown(expected_failures)
    failures = _failures(task, _FIRST, expected_failures)
    if failures:
        failures["..."] = "the other checks wait until this is right"
    else:
        checks = _LIGHT if quick else {**_LIGHT, **_HEAVY}
        failures = _failures(task, checks, expected_failures)
    if failures:
        title = getattr(task, "name", type(task).__name__)
        lines = [f"  {name}: {sentence}" for name, sentence in failures.items()]
        raise AssertionError("\n".join([f"task {title} does not keep its contract:", *lines]))


def task_checks(
    *tasks: Task,
    expected_failures: Mapping[str, str] | Collection[str] = (),
    quick: bool = False,
) -> Any:
    """Make a pytest test of each check on each task.

    Parameters
    ----------
    *tasks : Task
        Tasks with their options set.
    expected_failures, quick
        As in `check_task`.

    Returns
    -------
    decorator
        For a test function that calls its argument ``check``.

    Examples
    --------
    >>> from pixrestore.tasks import Denoise
    >>> @task_checks(Denoise(), Denoise(sigma=(25, 25)), quick=True)
    ... def test_denoise(check):
    ...     check()
    """
    import pytest

    _refuse_unknown(expected_failures)
    checks = {**_FIRST, **_LIGHT} if quick else CHECKS
    cases = []
    for place, task in enumerate(tasks):
        title = task.name + (f"-{place + 1}" if len(tasks) > 1 else "")
        for name, check in checks.items():
            run = _Case(task, name, check, expected_failures)
            cases.append(pytest.param(run, id=f"{title}-{name}"))
    return pytest.mark.parametrize("check", cases)


class _Case:
    """One check of one task, as a test calls it."""

    def __init__(self, task: Task, name: str, check: Check, expected: Collection[str]) -> None:
        self._arguments = task, {name: check}, expected

    def __call__(self) -> None:
        task, checks, expected = self._arguments
        failures = _failures(task, checks, expected)
        for name, sentence in failures.items():
            raise AssertionError(f"task {task!r}: {name}: {sentence}")


def _refuse_unknown(expected: Collection[str]) -> None:
    unknown = set(expected) - set(CHECKS)
    if unknown:
        raise ValueError(
            f"there is no check {', '.join(sorted(unknown))}: there is {', '.join(CHECKS)}"
        )


def _failures(task: Task, checks: Mapping[str, Check], expected: Collection[str]) -> dict[str, str]:
    failures: dict[str, str] = {}
    for name, check in checks.items():
        sentence = _outcome(check, task)
        if name not in expected and sentence:
            failures[name] = sentence
        elif name in expected and not sentence:
            failures[name] = "passes now: take it out of expected_failures"
    return failures


def _outcome(check: Check, task: Task) -> str:
    """Return what is wrong, in a sentence; empty when nothing is."""
    with warnings.catch_warnings():
        # Keras' tensors, as NumPy 2 sees them: no concern of an author, who may make it an error.
        warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy")
        try:
            check(Probe(task))
        except CheckFailed as failure:
            return str(failure)
    return ""
