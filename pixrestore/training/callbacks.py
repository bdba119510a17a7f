"""What happens between the steps and after the epochs of a run, as Keras callbacks."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from pixrestore.backend import import_keras
from pixrestore.training.schedule import ema_momentum_at, rate_at, warmed

if TYPE_CHECKING:
    from collections.abc import Callable

    from pixrestore.training.checkpoint import Progress
    from pixrestore.training.compiled import Trainee
    from pixrestore.training.plan import Plan

keras = import_keras()

_SECONDS_BETWEEN_CHECKPOINTS = 300.0


class Clock:
    """Seconds of training, over a run and its resumptions."""

    def __init__(self, before: float) -> None:
        self._before = before
        self._start = time.monotonic()

    def seconds(self) -> float:
        """Return the seconds used so far."""
        return self._before + time.monotonic() - self._start


class Pace(keras.callbacks.Callback):  # type: ignore[name-defined]
    """Counts steps, sets rate and averaging before each, and ends the run when its budget is used.

    Keras' own schedules know steps only; this one also follows the clock.
    """

    def __init__(self, plan: Plan, progress: Progress, clock: Clock, last_step: int | None) -> None:
        super().__init__()
        self.plan, self.progress, self.clock, self.last_step = plan, progress, clock, last_step

    @property
    def done(self) -> float:
        """How much of the budget is used, 0 to 1."""
        return self.plan.budget.done(self.progress.step, self.last_step, self.clock.seconds())

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Set the learning rate and the averaging of the coming step."""
        recipe, step = self.plan.recipe, self.progress.step
        optimizer = plain_optimizer(self.model)
        constant = recipe.schedule == "constant"
        rate = rate_at(step, self.done, recipe.rate, recipe.warmup, constant=constant)
        if self.progress.thawed:
            since = step - self.progress.thawed, self.done - recipe.frozen
            rate *= warmed(*since, recipe.warmup)
        optimizer.learning_rate = rate
        if recipe.adversarial:
            self.model.pace(rate)
        if recipe.ema:
            optimizer.ema_momentum.assign(ema_momentum_at(step, recipe.ema))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count the step."""
        self.progress.step += 1
        self.progress.seconds = self.clock.seconds()
        if self.done >= 1:
            self.model.stop_training = True


class Thaw(keras.callbacks.Callback):  # type: ignore[name-defined]
    """Keeps a pretrained encoder as it is for the recipe's share of the run, then lets it learn."""

    def __init__(self, pace: Pace, trainee: Trainee) -> None:
        super().__init__()
        self.pace, self.trainee = pace, trainee

    @property
    def _due(self) -> bool:
        return self.pace.progress.thawed > 0 or self.pace.done >= self.pace.plan.recipe.frozen

    def on_train_begin(self, logs: Any = None) -> None:
        """Freeze, unless the share is over."""
        if not self._due:
            self.trainee.freeze_encoder()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Thaw when it is time."""
        if self._due and self.trainee.thaw_encoder():
            self.pace.progress.thawed = self.pace.progress.step


class Guard(keras.callbacks.Callback):  # type: ignore[name-defined]
    """Stops a run whose loss is no longer a number."""

    failed = False

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss."""
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            self.failed = True
            self.model.stop_training = True


class Checkpoints(keras.callbacks.Callback):  # type: ignore[name-defined]
    """Saves every five minutes what a resumption needs; epochs save it themselves."""

    def __init__(self, save: Callable[[], None], guard: Guard) -> None:
        super().__init__()
        self.save, self.guard = save, guard
        self._last = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Save when it is time, unless the weights are spoilt."""
        if time.monotonic() - self._last > _SECONDS_BETWEEN_CHECKPOINTS and not self.guard.failed:
            self.save()
            self._last = time.monotonic()


class EpochEnd(keras.callbacks.Callback):  # type: ignore[name-defined]
    """Hands the end of each epoch to the run, with the mean losses of its steps."""

    def __init__(self, finish_epoch: Callable[[dict[str, float]], bool], guard: Guard) -> None:
        super().__init__()
        self.finish_epoch, self.guard = finish_epoch, guard

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Validate and keep the best; stop when the run's patience is over."""
        means = {"loss": math.nan, **{name: float(mean) for name, mean in (logs or {}).items()}}
        if not self.guard.failed and self.finish_epoch(means):
            self.model.stop_training = True


class Ticker(keras.callbacks.Callback):  # type: ignore[name-defined]
    """Tells the display of every step."""

    def __init__(self, tick: Callable[[float], None]) -> None:
        super().__init__()
        self.tick = tick

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Pass on the running mean of the loss."""
        self.tick(float((logs or {}).get("loss", math.nan)))


def plain_optimizer(model: keras.Model) -> Any:  # type: ignore[name-defined]
    """Return the optimiser itself, without the loss scaling that half precision wraps around it."""
    return getattr(model.optimizer, "inner_optimizer", model.optimizer)
