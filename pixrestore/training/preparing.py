"""What a run needs before its first step: photos, pairs, a network, and what to measure it with."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pixrestore.backend import import_keras
from pixrestore.errors import TrainingDataError, UsageError
from pixrestore.geometry import Geometry
from pixrestore.model.folder import check_weights, load_model
from pixrestore.network.measure import fixed_side, size_multiple
from pixrestore.network.pairs import adds_colour, pair_channels
from pixrestore.plugins.losses import find_loss
from pixrestore.training.compiled import Trainee
from pixrestore.training.corrupting import corrupt_within_step, corrupts_within_step
from pixrestore.training.devices import choose_devices
from pixrestore.training.feed import Watched
from pixrestore.training.held import is_told
from pixrestore.training.pairs import Pairs
from pixrestore.training.photos import Entry, Photos, entries_in, open_photos
from pixrestore.training.sampling import Sampler, folders_of
from pixrestore.training.validation import Validation, validation_pairs

if TYPE_CHECKING:
    from pixrestore.training.plan import Plan

# Enough held-out photos to measure with; more would only be lost to training.
_LARGEST_VALIDATION = 256
_VALIDATION_SHARE = 0.1
_VALIDATION_SIDE_FOR_DETAIL = 192
# Patches that a loss may look at before training, to learn how common each colour is.
_EXAMPLES = 512
_UNMEASURED_MARGIN = 64
# From this share on, gray photos make a model pale: they teach that much is gray.
_MANY_GRAY = 0.1


@dataclass(frozen=True)
class Prepared:
    """A run that is ready for its first step.

    Attributes
    ----------
    plan : Plan
        With the precision that the machine calculates in.
    channels : tuple of int
        Cx and Cy of the task's pairs.
    adds_colour : bool
        The task gives colour to gray photos.
    trainee : Trainee
        The network, with its first weights.
    geometry : Geometry
        The sizes that suit the network; how far it looks is measured after training.
    photos, held_out : Photos
        To train and to validate on.
    batches : Watched
        Makes the batch of each step.
    validation : Validation
        The pairs that each epoch is measured with.
    """

    plan: Plan
    channels: tuple[int, int]
    adds_colour: bool
    trainee: Trainee
    geometry: Geometry
    photos: Photos
    held_out: Photos
    batches: Watched
    validation: Validation

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps of an epoch."""
        return self.plan.steps_per_epoch(len(self.photos))

    @property
    def last_step(self) -> int | None:
        """The step at which the run ends; None where only the clock ends it."""
        return self.plan.budget.last_step(self.steps_per_epoch)


def prepare(plan: Plan, say: Callable[[str], None], resume: bool) -> Prepared:
    """Get a run ready for its first step, or for the step after its checkpoint.

    Parameters
    ----------
    plan : Plan
    say : callable
        Told how many photos there are.
    resume : bool
        The weights come from the run's checkpoint later: none are loaded here.

    Raises
    ------
    PhotoError, TrainingDataError
        No such folder; no photos, or most of them unreadable.
    UsageError, PluginError, ModelError
        Task, network and settings do not fit each other, or the model to start from is damaged.
    """
    import_keras().utils.set_random_seed(plan.seed)
    devices = choose_devices(plan.recipe.precision)
    # Kept with the run: its optimiser's state fits no other precision.
    recipe = dataclasses.replace(plan.recipe, precision=devices.precision)
    plan = dataclasses.replace(plan, recipe=recipe)
    channels = pair_channels(plan.task)
    loss = find_loss(recipe.loss, recipe.loss_options)
    trainee = Trainee(recipe, loss, channels, devices)
    if not resume:
        _load_first_weights(trainee, plan)
    geometry, patch = _sizes(plan, trainee)
    photos, held_out = _opened(plan, patch)
    colours = adds_colour(plan.task)
    if colours and not resume:
        _require_colour(photos, plan.task.name, say)
    say(f"{len(photos)} photos to train on, {len(held_out)} to validate on")
    sampler = Sampler(folders_of(photos.paths), recipe.balance, plan.seed)
    pairs = Pairs(plan.task, photos, sampler, patch, recipe.batch, plan.seed)
    within = corrupts_within_step(plan.task, recipe, devices)
    if within:
        corrupt_within_step(trainee.learner, plan.task, patch, devices)
    trainee.loss = loss.prepared(_example_targets(pairs))
    side = _validation_side(plan, geometry, patch)
    return Prepared(
        plan=plan,
        channels=channels,
        adds_colour=colours,
        trainee=trainee,
        geometry=geometry,
        photos=photos,
        held_out=held_out,
        batches=Watched(pairs.clean if within else pairs),
        validation=validation_pairs(plan.task, held_out, side, plan.seed),
    )


def _load_first_weights(trainee: Trainee, plan: Plan) -> None:
    """Load the weights of the model to start from, or those that the architecture starts with."""
    if plan.init:
        first = load_model(plan.init, type(plan.task))
        check_weights(first)
        trainee.start_from(first.weights_path)
    else:
        trainee.start_pretrained(plan.recipe)


def _sizes(plan: Plan, trainee: Trainee) -> tuple[Geometry, int]:
    """Return what sizes suit the network, and the side of training patches."""
    side = fixed_side(trainee.core)
    multiple = 1 if side else size_multiple(trainee.core)
    patch = _patch(plan, side, multiple)
    return Geometry(multiple, _UNMEASURED_MARGIN, side, plan.recipe.working_size or patch), patch


def _patch(plan: Plan, side: int | None, multiple: int) -> int:
    """Return the side of training patches: what the network takes, in whole degraded pixels."""
    scale = plan.task.scale
    if side is None:
        multiple = math.lcm(multiple, scale)
        return -(-plan.recipe.patch // multiple) * multiple
    if side % scale:
        raise UsageError(
            f"{plan.recipe.architecture} takes {side} pixels. A task that enlarges {scale} times "
            f"needs a multiple of {scale}"
        )
    return side


def _opened(plan: Plan, patch: int) -> tuple[Photos, Photos]:
    """Return the photos to train on and those to validate on, as far as they can be read."""
    if any(map(is_told, plan.data)) and not plan.images:
        raise UsageError(
            f"the run in {plan.out} learns from {plan.data[0]}: go on from Python, with the same "
            "`data`"
        )
    files: list[Entry] = [*plan.images]
    if not files:
        files = [each for place in plan.data for each in entries_in(Path(place))]
    if not files:
        raise TrainingDataError(f"there are no photos to train on in {' '.join(plan.data)}")
    rng = np.random.default_rng(plan.seed)
    photos = open_photos(files, plan.task, patch).inspect(rng)
    if plan.valid:
        files = [*entries_in(Path(plan.valid))]
        if not files:
            raise TrainingDataError(f"there are no photos to validate on in {plan.valid}")
        held_out = open_photos(files, plan.task, patch).inspect(rng)
    else:
        share = min(_VALIDATION_SHARE, _LARGEST_VALIDATION / len(photos))
        photos, held_out = photos.split(share)
    if not len(held_out):
        raise TrainingDataError(
            "there are no photos to validate on: give two different photos or more, or `valid`"
        )
    return photos, held_out


def _require_colour(photos: Photos, task: str, say: Callable[[str], None]) -> None:
    """Refuse photos that teach no colours; say so where many of them do not."""
    gray = photos.gray_share()
    if gray == 1:
        raise TrainingDataError(
            f"{task} learns colours from colour photos, and all that were looked at are black and "
            "white or sepia: give colour photos"
        )
    if gray >= _MANY_GRAY:
        say(f"{gray:.0%} of the photos are black and white or sepia, which teaches no colours")


def _example_targets(pairs: Pairs) -> np.ndarray:
    steps = range(max(1, _EXAMPLES // pairs.batch))
    return np.concatenate([pairs(step)[1] for step in steps])


def _validation_side(plan: Plan, geometry: Geometry, patch: int) -> int:
    if plan.task.scope == "scene" or geometry.side:
        return patch
    multiple = math.lcm(geometry.multiple, plan.task.scale)
    return max(patch, _VALIDATION_SIDE_FOR_DETAIL // multiple * multiple)
