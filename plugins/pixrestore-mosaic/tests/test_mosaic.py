"""What a mosaic keeps, and that the task keeps its contract."""

import numpy as np
import pytest

import pixrestore_mosaic
from pixrestore.plugins.kinds import TASKS
from pixrestore.testing import plugins_installed, task_checks
from pixrestore.testing.probe import part
from pixrestore_mosaic import Mosaic, pixelated, region

PHOTO = part("cat", 90, 80, 60, 77)


@task_checks(Mosaic())
def test_mosaic(check):
    check()


@task_checks(Mosaic(block=(16, 40), area=0.05), quick=True)
def test_large_blocks(check):
    check()


def test_the_plugin_is_found():
    with plugins_installed(pixrestore_mosaic) as plugins:
        assert plugins.find(TASKS, "mosaic") is Mosaic
        assert plugins.failed == ()


def test_blocks_hold_their_mean():
    found = pixelated(PHOTO, 6, (2, 5))
    assert found.shape == PHOTO.shape
    # The first whole block begins 4 rows down and 1 column right.
    block = (slice(4, 10), slice(1, 7))
    mean = np.broadcast_to(PHOTO[block].mean((0, 1)), (6, 6, 3))
    np.testing.assert_allclose(found[block], mean, atol=1e-6)
    assert np.ptp(found[4:10, 1:7], axis=(0, 1)).max() == 0
    assert np.ptp(found[4:10, 1:8], axis=(0, 1)).max() > 0


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9, 1.0])
def test_regions_have_their_share(share):
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert region((240, 320), share, rng).mean() == pytest.approx(share, abs=0.02)


def test_outside_the_region_nothing_changes():
    degraded = Mosaic(area=0.2).corrupt(PHOTO, np.random.default_rng(3))
    changed = np.any(degraded != PHOTO, axis=-1).mean()
    assert 0.1 < changed < 0.25


def test_detect_finds_the_blocks():
    photo = part("coffee", 0, 0, 240, 320)
    degraded = Mosaic(block=7, area=0.4).corrupt(photo, np.random.default_rng(0))
    found = Mosaic().detect(degraded)
    assert found.seen
    assert found.unit.endswith("squares of 7")
    # Blocks of one colour beside each other, and those cut at the edge, do not count.
    assert 25 < found.value < 40
    assert not Mosaic().detect(photo).seen
    # Plain paper has runs of every length.
    assert not Mosaic().detect(np.full((240, 320, 3), 0.5, np.float32)).seen
