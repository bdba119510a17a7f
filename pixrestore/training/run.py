"""One training run: step after step, epoch after epoch, until its budget is used."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from pixrestore.backend import import_keras
from pixrestore.description import is_model_folder
from pixrestore.errors import OutputError, TrainingError
from pixrestore.model.folder import Model, write_model
from pixrestore.plugins.losses import describe_loss
from pixrestore.training import history
from pixrestore.training.checkpoint import Progress, save_checkpoint
from pixrestore.training.feed import batches_per_second, feed, own_errors
from pixrestore.training.finishing import finished, story
from pixrestore.training.followers import Followers, followers_of
from pixrestore.training.interrupts import Interrupts
from pixrestore.training.pace import Pace, plain_optimizer
from pixrestore.training.sheet import write_sheet

if TYPE_CHECKING:
    from pixrestore.training.display import Display
    from pixrestore.training.preparing import Prepared
    from pixrestore.training.validation import Measured

keras = import_keras()

_SECONDS_BETWEEN_CHECKPOINTS = 300.0


class EachStep(keras.callbacks.Callback):  # type: ignore[name-defined]
    """Hands every step of Keras' `fit` to a run, before and after it."""

    def __init__(self, begin: Callable[[], None], end: Callable[[dict[str, float]], bool]) -> None:
        super().__init__()
        self._begin, self._end = begin, end

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Begin a step."""
        self._begin()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """End a step, and `fit` with it where the run does not go on."""
        if not self._end({name: float(mean) for name, mean in (logs or {}).items()}):
            self.model.stop_training = True


class Run:
    """A training run and where it stands.

    `fit` is given one endless epoch. What happens between its steps happens here, in order:
    `_begin_step`, the step, `_end_step`, and where an epoch of the run ends `_end_epoch`.

    Parameters
    ----------
    prepared : Prepared
    display : Display
    progress : Progress
        Where the run stands.
    """

    def __init__(self, prepared: Prepared, display: Display, progress: Progress) -> None:
        self.prepared, self.display, self.progress = prepared, display, progress
        self.plan, self.trainee = prepared.plan, prepared.trainee
        self.pace = Pace(prepared, progress)
        self._failed = self._measured = False
        self._interrupts = Interrupts()
        self._epoch_began = (0.0, 0)
        self._checkpointed = time.monotonic()
        self._followers = Followers([], display.say)

    def train(self) -> Model:
        """Train until the budget is used; return the best model.

        Raises
        ------
        TrainingError
            The loss stopped being a number; the best model so far is in the folder.
        KeyboardInterrupt
            The user interrupted. A checkpoint and the best model so far are in the folder, unless
            no step was taken yet. A second Ctrl-C saves nothing more than there was.
        """
        if not self.pace.over:  # or it was killed while its model was being finished
            self._say_what_is_fast()
            self._take_steps()
        self._keep_one()
        return finished(self.prepared, self._story(), self.progress.best_step, self.display.say)

    def _say_what_is_fast(self) -> None:
        recipe = self.plan.recipe
        with own_errors(self.prepared.batches):
            speed = recipe.batch * batches_per_second(self.prepared.batches)
        self.display.say(
            f"{self.plan.task.name} with {recipe.architecture}, "
            f"{self.trainee.core.count_params():,} parameters; the pipeline alone makes "
            f"{speed:.0f} images/s"
        )

    def _take_steps(self) -> None:
        self._begin_epoch()
        self._followers = followers_of(self.plan, self.progress.step, self.display.say)
        self._followers.begin(self.trainee.learner)
        if not self.pace.thaws:
            self.trainee.freeze_encoder()
        try:
            with self.display, own_errors(self.prepared.batches), self._interrupts:
                self.trainee.learner.fit(
                    feed(self.prepared.batches, self.progress.step),
                    callbacks=[EachStep(self._begin_step, self._end_step)],
                    shuffle=False,
                    verbose=0,
                )
        except KeyboardInterrupt:
            # Before the first step there is nothing to go on from, nor where weights are spoilt.
            if self.progress.step and not (self._failed or self._interrupts.impatient):
                self._save_checkpoint()
                self._keep_one()
                self.display.say(
                    f"stopped at step {self.progress.step}: the run in {self.plan.out} can go on "
                    "with `resume`"
                )
            raise
        finally:
            self._followers.end()
        if self._failed:
            raise TrainingError(
                f"the loss is no longer a number after step {self.progress.step}: "
                f"{self._what_is_left()}; try a lower `rate`"
            )

    def _begin_step(self) -> None:
        if self.pace.thaws and self.trainee.thaw_encoder():
            self.progress.thawed = self.progress.step
        self.pace.set(self.trainee.learner)

    def _end_step(self, means: Mapping[str, float]) -> bool:
        """Count a step, of whose epoch `means` are; return whether the run goes on."""
        self.progress.step += 1
        if self.pace.start():  # the steps that are timed begin here
            self._epoch_began = (self.pace.seconds, self.progress.step)
        if not math.isfinite(means["loss"]):
            self._failed = True
            return False
        step, length = self.progress.step, self.prepared.steps_per_epoch
        self.display.step((step - 1) // length + 1, step, self.pace.done, means["loss"])
        self._followers.step(step - 1, means)
        ends = self.pace.over or step % length == 0
        if ends:
            self._end_epoch(means)
        elif time.monotonic() - self._checkpointed > _SECONDS_BETWEEN_CHECKPOINTS:
            self._save_checkpoint()
        if self._failed:
            return False
        self._interrupts.let_through()
        return not (ends and self.pace.over)

    def _begin_epoch(self) -> None:
        self.trainee.learner.reset_metrics()
        self._epoch_began = (self.pace.seconds, self.progress.step)
        self.display.pause()

    def _end_epoch(self, means: Mapping[str, float]) -> None:
        """Validate, note, keep the best, save."""
        seconds, step = self._epoch_began
        trained = (self.progress.step - step) * self.plan.recipe.batch
        speed = trained / max(1e-9, self.pace.seconds - seconds)
        # The first measuring compiles, which is no training.
        with nullcontext() if self._measured else self.pace.stopped():
            measured = self._measure()
        self._measured = True
        if not math.isfinite(measured.loss):
            self._failed = True  # the last step spoilt the weights: keep none of them
            return
        row = self._row(means, measured, speed)
        self._note(row, measured)
        self._followers.epoch(row.epoch - 1, {**means, **row.figures})
        self._count_stale(measured)
        self._save_checkpoint()
        self._begin_epoch()

    def _measure(self) -> Measured:
        with self.trainee.averaged():
            return self.prepared.validation.measure(self.trainee.answer, self.trainee.mean_loss)

    def _row(self, means: Mapping[str, float], measured: Measured, speed: float) -> history.Row:
        return history.Row(
            epoch=-(-self.progress.step // self.prepared.steps_per_epoch),
            step=self.progress.step,
            minutes=self.pace.seconds / 60,
            rate=float(plain_optimizer(self.trainee.learner).learning_rate.numpy()),
            loss=means["loss"],
            val_loss=measured.loss,
            psnr=measured.psnr,
            input_psnr=self.prepared.validation.input_psnr,
            images_per_second=speed,
            adversarial=means.get("adversarial"),
            discriminator=means.get("discriminator"),
        )

    def _note(self, row: history.Row, measured: Measured) -> None:
        try:
            history.append(self.plan.out, row)
            folder = self.plan.out / "samples"
            folder.mkdir(exist_ok=True)
            sheet = folder / f"epoch-{row.epoch:04}.png"
            write_sheet(sheet, self.prepared.validation, measured)
        except OSError as error:
            raise OutputError(f"cannot write to {self.plan.out}: {error.strerror}") from error
        self.display.say(row.text(best=measured.loss < self.progress.best_loss))

    def _count_stale(self, measured: Measured) -> None:
        better = measured.loss < self.progress.best_loss
        self.progress.stale = 0 if better else self.progress.stale + 1
        self.progress.best_loss = min(measured.loss, self.progress.best_loss)
        # The loss does not see what an adversary teaches, and would choose a time before it did.
        if better or self.plan.recipe.adversarial:
            self.progress.best_step = self.progress.step
            self._keep_best(measured)

    def _keep_one(self) -> None:
        """Keep the weights as they are when no epoch has ended yet."""
        if not is_model_folder(self.plan.out):
            self._keep_best(self._measure())

    def _what_is_left(self) -> str:
        if is_model_folder(self.plan.out):
            return f"{self.plan.out} keeps the last good weights"
        return "no epoch had ended, so there is no model"

    def _keep_best(self, measured: Measured) -> None:
        recipe, loss = self.plan.recipe, describe_loss(self.trainee.loss)
        figures = {
            "photos": len(self.prepared.validation.x),
            "loss": measured.loss,
            "psnr": measured.psnr,
            "input_psnr": self.prepared.validation.input_psnr,
        }
        model = Model(
            folder=self.plan.out,
            task=self.plan.task,
            architecture=recipe.architecture,
            arguments=recipe.arguments,
            channels=self.prepared.channels,
            loss=loss["name"],
            loss_options=loss["options"],
            geometry=self.prepared.geometry,
            adds_colour=self.prepared.adds_colour,
            training=self._story(),
            figures={"validation": figures},
        )
        with self.trainee.averaged():
            write_model(model, self.trainee.save_weights)

    def _story(self) -> dict[str, Any]:
        return story(
            self.plan,
            photos=len(self.prepared.photos),
            steps=self.progress.step,
            minutes=round(self.pace.seconds / 60, 1),
            parameters=self.trainee.core.count_params(),
        )

    def _save_checkpoint(self) -> None:
        self.progress.seconds = self.pace.seconds
        save_checkpoint(self.plan.out, self.trainee.learner, self.progress)
        self._checkpointed = time.monotonic()
