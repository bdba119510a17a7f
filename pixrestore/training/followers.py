"""Keras callbacks that follow a run: TensorBoard's, and those of plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pixrestore.backend import import_keras
from pixrestore.plugins.callbacks import callbacks_of_plugins
from pixrestore.plugins.loading import one_line

if TYPE_CHECKING:
    import keras

    from pixrestore.training.plan import Plan


class Followers:
    """Tells callbacks of a run's epochs, which are not those of Keras.

    One that fails is named in a line and told no more: whoever looks on must not end a run.

    Parameters
    ----------
    callbacks : sequence of (str, callback)
        Each with the name of whose it is.
    say : callable
        Told what fails.
    """

    def __init__(self, callbacks: Sequence[tuple[str, Any]], say: Callable[[str], None]) -> None:
        self._callbacks = list(callbacks)
        self._say = say

    def begin(self, learner: keras.Model) -> None:
        """Tell that training begins or goes on with a compiled model."""
        self._tell("set_params", {})
        self._tell("set_model", learner)
        self._tell("on_train_begin")

    def step(self, step: int, means: Mapping[str, float]) -> None:
        """Tell of a step at its end, the first being 0, with the means of its epoch so far."""
        self._tell("on_train_batch_begin", step)
        self._tell("on_train_batch_end", step, dict(means))

    def epoch(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Tell of an epoch at its end, the first being 0."""
        self._tell("on_epoch_begin", epoch)
        self._tell("on_epoch_end", epoch, dict(figures))

    def end(self) -> None:
        """Tell that training ends, for now or for good."""
        self._tell("on_train_end")

    def _tell(self, method: str, *told: Any) -> None:
        for pair in list(self._callbacks):
            owner, callback = pair
            try:
                getattr(callback, method)(*told)
            except (Exception, SystemExit) as error:
                self._callbacks.remove(pair)
                self._say(f"{owner}: {method}: {one_line(error)}; it follows the run no more")


def followers_of(plan: Plan, step: int, say: Callable[[str], None]) -> Followers:
    """Return who follows a run that stands at a step."""
    found = callbacks_of_plugins(plan.out, plan.describe(), step, say)
    named = [(f"plugin {title}", callback) for title, callback in found]
    if plan.tensorboard:
        logs = import_keras().callbacks.TensorBoard(str(plan.out / "tensorboard"))
        named.append(("TensorBoard", logs))
    return Followers(named, say)
