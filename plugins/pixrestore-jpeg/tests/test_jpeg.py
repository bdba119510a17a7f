"""What the encoder does, that the task keeps its contract, and the architecture."""

import numpy as np
import pytest

import pixrestore
import pixrestore_jpeg
from pixrestore.options import options_of
from pixrestore.plugins.kinds import ARCHITECTURES
from pixrestore.testing import plugins_installed, task_checks
from pixrestore.testing.probe import part
from pixrestore_jpeg import Jpeg, dncnn

PHOTO = part("cat", 90, 80, 96, 120)


@task_checks(Jpeg())
def test_jpeg(check):
    check()


def error(**options):
    task = Jpeg(**options)
    found = [task.corrupt(PHOTO, np.random.default_rng(seed)) for seed in range(4)]
    return np.mean([np.mean((one - PHOTO) ** 2) for one in found])


def test_less_quality_is_more_damage():
    assert error(quality=5) > 1.5 * error(quality=20) > 2 * error(quality=80)
    assert error(quality=30, halved=1.0) > error(quality=30, halved=0.0)


def test_blocks_lie_anywhere():
    """The jump between neighbours is largest at the blocks' borders, wherever these are."""
    borders = set()
    for seed in range(12):
        degraded = Jpeg(quality=5).corrupt(PHOTO, np.random.default_rng(seed))
        jumps = np.abs(np.diff(degraded, axis=1)).mean(axis=(0, 2))
        borders.add(int(np.argmax([jumps[start::8].mean() for start in range(8)])))
    assert len(borders) > 3


def test_the_architecture_comes_with_the_plugin(tmp_path):
    with plugins_installed(pixrestore_jpeg) as plugins:
        assert plugins.find(ARCHITECTURES, "dncnn") is dncnn
        assert [option.name for option in options_of(dncnn)] == ["width", "depth", "norm"]
        restorer = pixrestore.train(
            "jpeg",
            out=tmp_path / "model",
            recipe={
                "architecture": "dncnn",
                "arguments": {"width": 8, "depth": 4},
                "patch": 32,
                "batch": 2,
            },
            steps=3,
            quiet=True,
        )
        photo = PHOTO[:37, :53]
        restored = restorer.restore_pixels(photo)
        assert restored.shape == photo.shape
        # A network of depth 4 sees 4 pixels around: tiles of any size are the whole.
        restorer.tile = 64
        assert restorer.restore_pixels(photo) == pytest.approx(restored, abs=1e-5)


@pytest.mark.parametrize("quality", [10, 30, 60])
def test_detect_finds_the_quality_wherever_the_blocks_lie(quality):
    photo = part("coffee", 0, 0, 240, 320)
    for seed in range(2):
        degraded = Jpeg(quality=quality).corrupt(photo, np.random.default_rng(seed))
        found = Jpeg().detect(degraded)
        assert found.value == pytest.approx(quality, abs=3)  # tried in steps of 2
        assert found.seen
