"""One training run from its plan to its model folder."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pixrestore.backend import import_keras
from pixrestore.description import DESCRIPTION
from pixrestore.errors import OutputError, TrainingDataError, TrainingError, UsageError
from pixrestore.geometry import Geometry
from pixrestore.model.folder import (
    Model,
    check_weights,
    load_model,
    rewrite_description,
    write_model,
)
from pixrestore.network.measure import fixed_side, size_multiple
from pixrestore.network.pairs import adds_colour, pair_channels
from pixrestore.plugins.losses import find_loss
from pixrestore.training import history
from pixrestore.training.callbacks import (
    Checkpoints,
    Clock,
    EpochEnd,
    Guard,
    Pace,
    Thaw,
    Ticker,
    plain_optimizer,
)
from pixrestore.training.checkpoint import Progress, save_checkpoint
from pixrestore.training.compiled import Trainee
from pixrestore.training.corrupting import corrupt_within_step, corrupts_within_step
from pixrestore.training.devices import choose_devices
from pixrestore.training.feed import Watched, batches_per_second, feed, own_errors
from pixrestore.training.finishing import story, with_graph, with_margin
from pixrestore.training.pairs import Pairs
from pixrestore.training.photos import Photos, open_photos, training_files
from pixrestore.training.sampling import Sampler, folders_of
from pixrestore.training.sheet import write_sheet
from pixrestore.training.validation import Measured, Validation, validation_pairs

if TYPE_CHECKING:
    from pixrestore.training.display import Display
    from pixrestore.training.plan import Plan

# Enough held-out photos to measure with; more would only be lost to training.
_LARGEST_VALIDATION = 256
_VALIDATION_SHARE = 0.1
_VALIDATION_SIDE_FOR_DETAIL = 192
# Patches that a loss may look at before training, to learn how common each colour is.
_EXAMPLES = 512
_UNMEASURED_MARGIN = 64


def _patch(plan: Plan, side: int | None, multiple: int) -> int:
    """Return the side of training patches: what the network takes, in whole degraded pixels."""
    scale = plan.task.scale
    if side is None:
        multiple = math.lcm(multiple, scale)
        return -(-plan.recipe.patch // multiple) * multiple
    if side % scale:
        raise UsageError(
            f"{plan.recipe.architecture} takes {side} pixels, which a task that enlarges {scale} "
            "times cannot give it: choose a multiple"
        )
    return side


def _example_targets(pairs: Pairs) -> np.ndarray:
    steps = range(max(1, _EXAMPLES // pairs.batch))
    return np.concatenate([pairs(step)[1] for step in steps])


class Run:
    """A training run: its photos, its network, and where it stands.

    Parameters
    ----------
    plan : Plan
    display : Display
    resume : bool
        Go on from the last checkpoint in the plan's folder.
    """

    def __init__(self, plan: Plan, display: Display, resume: bool) -> None:
        import_keras().utils.set_random_seed(plan.seed)
        self.display = display
        self.channels = pair_channels(plan.task)
        loss = find_loss(plan.recipe.loss, plan.recipe.loss_options)
        devices = choose_devices(plan.recipe.precision)
        # Kept with the run: its optimiser's state fits no other precision.
        settled = dataclasses.replace(plan.recipe, precision=devices.precision)
        self.plan = plan = dataclasses.replace(plan, recipe=settled)
        self.trainee = Trainee(plan.recipe, loss, self.channels, devices)
        if plan.init and not resume:
            first = load_model(plan.init, type(plan.task))
            check_weights(first)
            self.trainee.start_from(first.weights_path)
        elif not resume:
            self.trainee.start_pretrained(plan.recipe)
        side = fixed_side(self.trainee.core)
        multiple = 1 if side else size_multiple(self.trainee.core)
        patch = _patch(plan, side, multiple)
        self.geometry = Geometry(
            multiple, _UNMEASURED_MARGIN, side, plan.recipe.working_size or patch
        )
        self.photos, self._held_out = self._open_photos(patch)
        pairs = Pairs(
            plan.task,
            self.photos,
            Sampler(folders_of(self.photos.paths), plan.recipe.balance, plan.seed),
            patch,
            plan.recipe.batch,
            plan.seed,
        )
        within = corrupts_within_step(plan.task, plan.recipe, devices)
        if within:
            corrupt_within_step(self.trainee.learner, plan.task, patch, devices)
        self.batches = Watched(pairs.clean if within else pairs)
        self.guard = Guard()
        self.trainee.loss = loss.prepared(_example_targets(pairs))
        self.validation = self._validate_on(self._held_out, patch)
        self.progress = self.trainee.resume(plan.out) if resume else Progress()
        history.forget_after(plan.out, self.progress.step)
        self.clock = Clock(self.progress.seconds)
        self.steps_per_epoch = plan.steps_per_epoch(len(self.photos))
        self.last_step = plan.budget.last_step(self.steps_per_epoch)
        self.model: Model | None = None
        self._epoch_began = (0.0, 0)

    def train(self) -> Model:
        """Train until the budget is used; return the best model.

        Raises
        ------
        TrainingError
            The loss stopped being a number; the best model so far is in the folder.
        KeyboardInterrupt
            The user interrupted; a checkpoint and the best model so far are in the folder.
        """
        self._say_what_is_fast()
        try:
            with self.display, own_errors(self.batches):
                self._fit()
        except KeyboardInterrupt:
            self._save_checkpoint()
            self._keep_one()
            raise
        if self.guard.failed:
            raise TrainingError(
                f"the loss is no longer a number after step {self.progress.step}: "
                f"{self._what_is_left()}; try a lower --rate"
            )
        self._keep_one()
        return self._finish()

    def _has_model(self) -> bool:
        return (self.plan.out / DESCRIPTION).exists()

    def _keep_one(self) -> None:
        """Keep the weights as they are when no epoch has ended yet."""
        if not self._has_model():
            self._keep_best(self._measure())

    def _what_is_left(self) -> str:
        if self._has_model():
            return f"{self.plan.out} keeps the last good weights"
        return "no epoch had ended, so there is no model"

    def _open_photos(self, patch: int) -> tuple[Photos, Photos]:
        """Return the photos to train on and those to validate on, as far as they can be read."""
        plan = self.plan
        files = [file for folder in plan.data for file in training_files(Path(folder))]
        if not files:
            raise TrainingDataError(f"there are no photos to train on in {' '.join(plan.data)}")
        rng = np.random.default_rng(plan.seed)
        photos = open_photos(files, plan.task, patch).inspect(rng)
        if plan.valid:
            held_out = training_files(Path(plan.valid))
            if not held_out:
                raise TrainingDataError(f"there are no photos to validate on in {plan.valid}")
            valid = open_photos(held_out, plan.task, patch).inspect(rng)
        else:
            photos, valid = photos.split(min(_VALIDATION_SHARE, _LARGEST_VALIDATION / len(photos)))
        if not len(valid):
            raise TrainingDataError(
                "there are no photos to validate on: give two different photos or more, or --valid"
            )
        self.display.say(f"{len(photos)} photos to train on, {len(valid)} to validate on")
        return photos, valid

    def _validate_on(self, photos: Photos, patch: int) -> Validation:
        side = patch
        if self.plan.task.scope == "local" and not self.geometry.side:
            multiple = math.lcm(self.geometry.multiple, self.plan.task.scale)
            side = max(patch, _VALIDATION_SIDE_FOR_DETAIL // multiple * multiple)
        return validation_pairs(self.plan.task, photos, side, self.plan.seed)

    def _say_what_is_fast(self) -> None:
        parameters = self.trainee.core.count_params()
        self.display.say(
            f"{self.plan.task.name} with {self.plan.recipe.architecture}, "
            f"{parameters:,} parameters; the pipeline alone makes "
            f"{self._pairs_per_second():.0f} images/s"
        )

    def _pairs_per_second(self) -> float:
        with own_errors(self.batches):
            return self.plan.recipe.batch * batches_per_second(self.batches)

    def _fit(self) -> None:
        pace = Pace(self.plan, self.progress, self.clock, self.last_step)
        callbacks = [
            Thaw(pace, self.trainee),
            pace,
            self.guard,
            Checkpoints(self._save_checkpoint, self.guard),
            Ticker(lambda loss: self._show(loss, pace.done)),
            EpochEnd(self._finish_epoch, self.guard),
            *self._tensorboard(),
        ]
        data = feed(self.batches, self.progress.step)
        self._begin_epoch()
        # A budget of a moment still gets a step, and with it an epoch.
        while (pace.done < 1 or not self.progress.step) and not self.trainee.learner.stop_training:
            # An epoch that a resumption starts in the middle, or that the budget ends early, is
            # shorter than the others: each goes to `fit` as a stretch of equal epochs.
            first, last, steps = self._stretch()
            self.trainee.learner.fit(
                data,
                initial_epoch=first,
                epochs=last,
                steps_per_epoch=steps,
                callbacks=callbacks,
                shuffle=False,
                verbose=0,
            )
            if self.trainee.learner.stop_training:
                break
            data = feed(self.batches, self.progress.step)

    def _stretch(self) -> tuple[int, int, int]:
        """Return first epoch, epoch to stop before, and steps of each, from here on."""
        epoch, within = divmod(self.progress.step, self.steps_per_epoch)
        left = math.inf if self.last_step is None else self.last_step - self.progress.step
        if within or left < self.steps_per_epoch:
            return epoch, epoch + 1, int(min(self.steps_per_epoch - within, left))
        whole = 1_000_000 if left == math.inf else int(left // self.steps_per_epoch)
        return epoch, epoch + whole, self.steps_per_epoch

    def _show(self, loss: float, done: float) -> None:
        step = self.progress.step
        self.display.step((step - 1) // self.steps_per_epoch + 1, step, done, loss)

    def _begin_epoch(self) -> None:
        self._epoch_began = (self.clock.seconds(), self.progress.step)
        self.display.pause()

    def _finish_epoch(self, means: Mapping[str, float]) -> bool:
        """Validate, note, keep the best, save; return True when patience is over."""
        seconds, step = self._epoch_began
        trained = (self.progress.step - step) * self.plan.recipe.batch
        speed = trained / max(1e-9, self.clock.seconds() - seconds)
        measured = self._measure()
        if not math.isfinite(measured.loss):
            self.guard.failed = True  # the last step spoilt the weights: keep none of them
            return True
        epoch = -(-self.progress.step // self.steps_per_epoch)
        row = history.Row(
            epoch=epoch,
            step=self.progress.step,
            minutes=self.clock.seconds() / 60,
            rate=float(plain_optimizer(self.trainee.learner).learning_rate.numpy()),
            loss=means["loss"],
            val_loss=measured.loss,
            psnr=measured.psnr,
            input_psnr=self.validation.input_psnr,
            images_per_second=speed,
            adversarial=means.get("adversarial"),
            discriminator=means.get("discriminator"),
        )
        self._note(row, measured)
        self._count_stale(measured)
        self._save_checkpoint()
        self._begin_epoch()
        return 0 < self.plan.budget.patience <= self.progress.stale

    def _note(self, row: history.Row, measured: Measured) -> None:
        try:
            history.append(self.plan.out, row)
            folder = self.plan.out / "samples"
            folder.mkdir(exist_ok=True)
            write_sheet(folder / f"epoch-{row.epoch:04}.png", self.validation, measured)
        except OSError as error:
            raise OutputError(f"cannot write to {self.plan.out}: {error.strerror}") from error
        better = "  best so far" if measured.loss < self.progress.best_loss else ""
        sides = ("adversarial", row.adversarial), ("discriminator", row.discriminator)
        game = "".join(f"{side} {mean:.3f}  " for side, mean in sides if mean is not None)
        self.display.say(
            f"epoch {row.epoch}  step {row.step}  {row.minutes:.1f} min  "
            f"loss {row.loss:.5f}  val {row.val_loss:.5f}  {game}"
            f"PSNR {row.psnr:.2f} dB (doing nothing {row.input_psnr:.2f})  "
            f"{row.images_per_second:.1f} images/s{better}"
        )

    def _measure(self) -> Measured:
        with self.trainee.averaged():
            return self.validation.measure(self.trainee.answer, self.trainee.mean_loss)

    def _count_stale(self, measured: Measured) -> None:
        better = measured.loss < self.progress.best_loss
        self.progress.stale = 0 if better else self.progress.stale + 1
        self.progress.best_loss = min(measured.loss, self.progress.best_loss)
        # The loss does not see what an adversary teaches, and would choose a time before it did.
        if better or self.plan.recipe.adversarial:
            self.progress.best_step = self.progress.step
            self._keep_best(measured)

    def _keep_best(self, measured: Measured) -> None:
        recipe = self.plan.recipe
        model = Model(
            folder=self.plan.out,
            task=self.plan.task,
            architecture=recipe.architecture,
            arguments=recipe.arguments,
            channels=self.channels,
            loss=self.trainee.loss,
            geometry=self.geometry,
            adds_colour=adds_colour(self.plan.task),
            training=self._story(),
            figures={
                "validation": {
                    "photos": len(self.validation.x),
                    "loss": measured.loss,
                    "psnr": measured.psnr,
                    "input_psnr": self.validation.input_psnr,
                }
            },
        )
        with self.trainee.averaged():
            self.model = write_model(model, self.trainee.save_weights)

    def _story(self) -> dict[str, Any]:
        return story(
            self.plan,
            photos=len(self.photos),
            steps=self.progress.step,
            minutes=round(self.clock.seconds() / 60, 1),
            parameters=self.trainee.core.count_params(),
        )

    def _save_checkpoint(self) -> None:
        self.progress.seconds = self.clock.seconds()
        save_checkpoint(self.plan.out, self.trainee.learner, self.progress)

    def _tensorboard(self) -> list[Any]:
        if not self.plan.tensorboard:
            return []
        return [import_keras().callbacks.TensorBoard(str(self.plan.out / "tensorboard"))]

    def _finish(self) -> Model:
        """Measure the tiles' margin with the best weights; name the photos that were bad."""
        best = load_model(self.plan.out, type(self.plan.task))
        training = {**best.training, **self._story(), "best_step": self.progress.best_step}
        best = dataclasses.replace(best, training=training)
        best = with_margin(best, self.validation.x)
        rewrite_description(best)
        self._name_unreadable()
        return with_graph(best, self.display.say)

    def _name_unreadable(self) -> None:
        bad = self.photos.decoder.unreadable | self._held_out.decoder.unreadable
        if bad:
            were = "photo was" if len(bad) == 1 else "photos were"
            self.display.say(f"{len(bad)} {were} skipped, unreadable:")
            for path, why in bad.items():
                self.display.say(f"  {path}: {why}")
