"""That the task keeps its contract at both scales, and enlarges what it restores."""

import numpy as np

import pixrestore
import pixrestore_upscale
from pixrestore.images.resizing import enlarged
from pixrestore.testing import plugins_installed, task_checks
from pixrestore.testing.probe import part
from pixrestore_upscale import Upscale


@task_checks(Upscale())
def test_twice(check):
    check()


@task_checks(Upscale(scale=4), quick=True)
def test_four_times(check):
    check()


def test_shrinking_keeps_what_fits():
    photo = part("cat", 90, 80, 96, 120)
    small = Upscale(noise=0).corrupt(photo, np.random.default_rng(0))
    assert small.shape == (48, 60, 3)
    np.testing.assert_allclose(small.mean((0, 1)), photo.mean((0, 1)), atol=0.01)
    assert np.mean((enlarged(small, 2) - photo) ** 2) < 0.002


def test_restored_photos_are_larger(tmp_path):
    with plugins_installed(pixrestore_upscale):
        pixrestore.train(
            "upscale",
            out=tmp_path / "model",
            recipe={"arguments": {"widths": (4, 8), "blocks": (1, 1)}, "patch": 32, "batch": 2},
            steps=2,
            quiet=True,
            scale=4,
        )
        small = np.full((9, 7, 3), 90, np.uint8)
        assert pixrestore.restore(small, model=tmp_path / "model").shape == (36, 28, 3)


def test_detect_looks_at_the_size_alone():
    for width, small in ((399, True), (401, False)):
        assert Upscale().detect(np.zeros((300, width, 3), np.float32)).seen is small
