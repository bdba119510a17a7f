"""What is settled before a run: its budget, its rates, its epochs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pixrestore.recipe import Recipe
from pixrestore.tasks import Denoise
from pixrestore.training.plan import Budget, Plan
from pixrestore.training.schedule import ema_momentum_at, rate_at
from pixrestore.training.validation import validation_pairs


def test_more_patience_alone_keeps_the_end():
    old = Budget(epochs=20, patience=2)
    assert old.replaced_by() == old
    assert old.replaced_by(patience=5) == Budget(epochs=20, patience=5)
    assert old.replaced_by(patience=0) == Budget(epochs=20)
    assert old.replaced_by(steps=9) == Budget(steps=9, patience=2)


def test_a_budget_ends_at_the_first_of_its_ends():
    budget = Budget(epochs=3, steps=40, minutes=2)
    assert budget.last_step(10) == 30
    assert budget.last_step(20) == 40
    assert Budget(minutes=1).last_step(10) is None
    assert budget.done(15, 30, seconds=12) == 0.5
    assert budget.done(15, 30, seconds=108) == pytest.approx(0.9)
    assert budget.done(50, 30, seconds=1e6) == 1


def test_the_rate_rises_then_falls_to_nothing():
    rates = [rate_at(step, step / 1000, 1e-3, 100) for step in range(1001)]
    assert rates[0] == pytest.approx(1e-5)
    assert max(rates) == pytest.approx(1e-3, rel=0.05)
    assert 90 <= int(np.argmax(rates)) <= 100
    assert rates[-1] == pytest.approx(0, abs=1e-12)
    assert all(a >= b for a, b in pairwise(rates[100:]))
    # A short run is not spent on warming up.
    assert max(rate_at(step, step / 50, 1e-3, 1000) for step in range(50)) > 0.9e-3


def test_a_constant_rate_stays_after_the_warm_up():
    rates = [rate_at(step, step / 1000, 1e-3, 100, constant=True) for step in range(1001)]
    assert rates[0] == pytest.approx(1e-5)
    assert set(rates[100:]) == {1e-3}


def test_a_pass_may_be_cut_into_epochs(tmp_path):
    def plan(**settings):
        return Plan(Denoise(), Recipe(**settings), Budget(epochs=1), (), tmp_path)

    assert plan(batch=50).steps_per_epoch(17500) == 350
    assert plan(batch=50, chunks=20).steps_per_epoch(17500) == 18
    assert plan(batch=50, crops=4, chunks=20).steps_per_epoch(17500) == 70
    # Without chunks, an epoch over a handful of photos is still worth measuring after.
    assert plan(batch=50).steps_per_epoch(10) == 50
    assert plan(batch=50, chunks=20).steps_per_epoch(10) == 1


def test_validation_looks_at_photos_from_all_folders():
    # As they are found: one folder after the other.
    photos = [np.full((16, 16, 3), value, np.uint8) for value in (0, 51, 255) for _ in range(100)]
    clean = validation_pairs(Denoise(), photos, 16, seed=0).clean
    levels, counts = np.unique(clean, return_counts=True)
    assert levels == pytest.approx([0, 0.2, 1])
    assert len(clean) == 64
    assert counts.min() >= 20 * 16 * 16 * 3
    assert len(validation_pairs(Denoise(), photos[:3], 16, seed=0).clean) == 3


def test_averaging_starts_short():
    assert ema_momentum_at(0, 0.999) == pytest.approx(0.1)
    assert ema_momentum_at(10**6, 0.999) == 0.999
