"""That the layers are those of old photographs, and that the task keeps its contract."""

import numpy as np

import pixrestore_oldphoto
from pixrestore.options import options_of
from pixrestore.plugins.kinds import TASKS
from pixrestore.testing import plugins_installed, task_checks
from pixrestore.testing.probe import part
from pixrestore_inpaint import Inpaint
from pixrestore_oldphoto import Fading, Grain, OldPhoto, Paper

PHOTO = part("cat", 90, 80, 96, 120)


@task_checks(OldPhoto())
def test_oldphoto(check):
    check()


@task_checks(Grain(), Fading(), Paper(), quick=True)
def test_its_parts(check):
    check()


def test_every_layer_has_its_options():
    names = {option.name for option in options_of(OldPhoto)}
    assert {"deblur_radius", "grain_size", "fading_contrast", "paper_relief"} < names
    assert {"inpaint_marks", "inpaint_width"} < names


def test_a_photo_without_damage_stays_as_it_is():
    new = OldPhoto(
        deblur_radius=0,
        grain_strength=0,
        fading_contrast=1,
        fading_colour=1,
        fading_yellowing=0,
        paper_relief=0,
        inpaint_marks=0,
    )
    found = new.corrupt(PHOTO, np.random.default_rng(0))
    np.testing.assert_allclose(found, PHOTO, atol=1e-5)


def test_fading_draws_tones_together_and_yellows():
    old = Fading(contrast=0.5, colour=0, yellowing=0.3).corrupt(PHOTO, np.random.default_rng(0))
    assert np.ptp(old[..., 0]) < 0.6 * np.ptp(PHOTO.mean(axis=-1))
    assert (old[..., 2] < old[..., 0]).all()


def test_strength_takes_a_part_of_the_repair():
    restored = np.ones_like(PHOTO)
    for strength in (0.0, 0.25, 1.0):
        blend = PHOTO + strength * (restored - PHOTO)
        np.testing.assert_allclose(
            OldPhoto(strength=strength).compose(PHOTO, restored), blend, atol=1e-6
        )


def test_the_plugin_is_found():
    with plugins_installed(pixrestore_oldphoto) as plugins:
        assert plugins.find(TASKS, "oldphoto") is OldPhoto
        assert "grain" not in plugins.all(TASKS)
        assert plugins.failed == ()


def test_detect_wants_marks_and_fading():
    photo = part("coffee", 0, 0, 240, 320)
    faded = Fading(contrast=0.7, colour=0.5).corrupt(photo, np.random.default_rng(0))
    marked = Inpaint(marks=1.5).corrupt(faded, np.random.default_rng(0))
    assert not OldPhoto().detect(faded).seen
    found = OldPhoto().detect(marked)
    assert found.covers == ("inpaint", "deblur")
    assert found.strength > OldPhoto().detect(faded).strength
