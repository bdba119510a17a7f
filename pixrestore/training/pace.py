"""How far a run is, and how fast it learns there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pixrestore.training.schedule import ema_momentum_at, rate_at, warmed

if TYPE_CHECKING:
    import keras

    from pixrestore.training.checkpoint import Progress
    from pixrestore.training.preparing import Prepared


class Pace:
    """The part of a run's budget that is used, and the learning rate that belongs to it.

    Keras' own schedules know steps only; this one also follows the clock, which begins with
    `start`: what is compiled for the first step is no training.

    Parameters
    ----------
    run : Prepared
    progress : Progress
        Where the run stands; its ``step`` is counted elsewhere, its ``seconds`` go on from here.
    """

    def __init__(self, run: Prepared, progress: Progress) -> None:
        self._run, self._progress = run, progress
        self._before, self._start = progress.seconds, 0.0

    def start(self) -> bool:
        """Let the clock run; return whether it did not yet."""
        starts = not self._start
        self._start = self._start or time.monotonic()
        return starts

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let the clock stand still within the block."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._before -= time.monotonic() - began

    @property
    def seconds(self) -> float:
        """Seconds of training, over the run and its resumptions."""
        return self._before + (time.monotonic() - self._start if self._start else 0.0)

    @property
    def done(self) -> float:
        """How much of the budget is used, 0 to 1."""
        budget, step = self._run.plan.budget, self._progress.step
        return budget.done(step, self._run.last_step, self.seconds)

    @property
    def over(self) -> bool:
        """Whether the run ends here: its budget or its patience is used."""
        progress = self._progress
        return self._run.plan.budget.is_over(self.done, progress.step, progress.stale)

    @property
    def thaws(self) -> bool:
        """Whether a frozen encoder is to learn by now."""
        return self._progress.thawed > 0 or self.done >= self._run.plan.recipe.frozen

    def set(self, learner: keras.Model) -> None:
        """Set the learning rate and the averaging of the coming step."""
        recipe, step = self._run.plan.recipe, self._progress.step
        constant = recipe.schedule == "constant"
        rate = rate_at(step, self.done, recipe.rate, recipe.warmup, constant=constant)
        if thawed := self._progress.thawed:  # what was frozen begins to learn as gently
            rate *= warmed(step - thawed, self.done - recipe.frozen, recipe.warmup)
        optimizer = plain_optimizer(learner)
        optimizer.learning_rate = rate
        if recipe.adversarial:
            learner.pace(rate)
        if recipe.ema:
            optimizer.ema_momentum.assign(ema_momentum_at(step, recipe.ema))


def plain_optimizer(learner: keras.Model) -> Any:
    """Return the optimiser itself, without the loss scaling that half precision wraps around it."""
    return getattr(learner.optimizer, "inner_optimizer", learner.optimizer)
