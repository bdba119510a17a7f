"""What blur does, and that the task keeps its contract."""

import numpy as np
import pytest

import pixrestore_deblur
from pixrestore.plugins.kinds import TASKS
from pixrestore.testing import plugins_installed, task_checks
from pixrestore.testing.probe import part
from pixrestore_deblur import Deblur, blurred, disc, line


@task_checks(Deblur())
def test_deblur(check):
    check()


@task_checks(Deblur(shaken=1.0, length=30, noise=0), quick=True)
def test_shaken_photos(check):
    check()


def test_the_plugin_is_found():
    with plugins_installed(pixrestore_deblur) as plugins:
        assert plugins.find(TASKS, "deblur") is Deblur
        assert plugins.failed == ()


@pytest.mark.parametrize("kernel", [disc(0.0), disc(0.4), disc(5.5), line(1, 0.3), line(9, 2.0)])
def test_kernels_keep_the_light(kernel):
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    assert kernel.min() >= 0
    middle = kernel.shape[0] // 2
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-7)
    assert kernel[middle, middle] == kernel.max()


def test_a_point_becomes_a_disc_or_a_line():
    assert (disc(0.0) > 0).sum() == 1
    # The share of the middle is that of one pixel in the disc's area.
    assert 1 / disc(5.0).max() == pytest.approx(np.pi * 25, rel=0.05)
    level = line(9.0, 0.0)
    assert np.count_nonzero(level.sum(axis=0)) == 9
    assert np.count_nonzero(level.sum(axis=1)) == 1
    photo = np.zeros((21, 21, 3), np.float32)
    photo[10, 10] = 1
    np.testing.assert_allclose(blurred(photo, level)[10, 6:15], 1 / 9, atol=1e-6)


def test_flat_photos_stay_flat_up_to_the_edge():
    flat = np.full((12, 9, 3), 0.25, np.float32)
    np.testing.assert_allclose(blurred(flat, disc(4.0)), flat, atol=1e-6)


def test_detect_measures_edges():
    photo = part("coffee", 0, 0, 240, 320)
    assert not Deblur().detect(photo).seen
    widths = []
    for blur in (
        Deblur(radius=2, shaken=0),
        Deblur(radius=3, shaken=0),
        Deblur(length=8, shaken=1),
    ):
        found = Deblur().detect(blur.corrupt(photo, np.random.default_rng(0)))
        assert found.seen
        widths.append(found.value)
    assert widths[0] < widths[1]
    # Without edges nothing can be said.
    assert Deblur().detect(np.full((240, 320, 3), 0.5, np.float32)) is None
