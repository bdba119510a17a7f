"""What becomes of colours that a photo has already, where a task adds colour."""

from __future__ import annotations

import numpy as np
import pytest
from photo_files import ASTRONAUT, GRAY
from PIL import Image

from pixrestore.errors import PhotoError, UsageError
from pixrestore.geometry import Geometry
from pixrestore.restoring.files import restore_files
from pixrestore.restoring.restorer import Restorer
from pixrestore.restoring.sequence import RestorerSequence
from pixrestore.tasks import Colorize, Denoise


@pytest.fixture
def restorer():
    """A restorer whose network sees the same colour everywhere."""

    def network(x):
        return np.full((*x.shape[:3], 2), 0.2, np.float32)

    return Restorer(Colorize(), network, Geometry(working_size=64), adds_colour=True)


SEPIA = np.clip(GRAY[..., None] * (1.0, 0.9, 0.7), 0, 255).astype(np.uint8)
GRAYS = np.repeat(GRAY[..., None], 3, axis=-1)


@pytest.mark.parametrize("choice", ["keep", "refuse"])
@pytest.mark.parametrize("pixels", [SEPIA, GRAYS, GRAY], ids=["sepia", "gray as RGB", "gray"])
def test_toned_and_gray_photos_are_coloured_whatever_is_chosen(restorer, pixels, choice):
    made = restorer.restore(pixels, existing_colours=choice)
    np.testing.assert_array_equal(made, restorer.restore(pixels))
    assert np.ptp(made.astype(int), axis=-1).mean() > 20  # 0.2 of 110 CIE ab


def test_colours_are_kept_refused_or_replaced(restorer):
    np.testing.assert_array_equal(restorer.restore(ASTRONAUT, existing_colours="keep"), ASTRONAUT)
    with pytest.raises(PhotoError, match="has colours already"):
        restorer.restore(ASTRONAUT, existing_colours="refuse")
    for replaced in (restorer.restore(ASTRONAUT), restorer.restore(ASTRONAUT, saturation=0.5)):
        assert not np.array_equal(replaced, ASTRONAUT)
    with pytest.raises(UsageError, match=r"must be replace\|keep\|refuse"):
        restorer.restore(ASTRONAUT, existing_colours="no")


def test_a_folder_keeps_the_photos_that_have_colours(restorer, tmp_path):
    box = tmp_path / "box"
    box.mkdir()
    for name, pixels in {"colour": ASTRONAUT, "gray": GRAY, "sepia": SEPIA}.items():
        Image.fromarray(pixels).save(box / f"{name}.png")
    found = restore_files([box], tmp_path / "out", restorer, options={"existing_colours": "keep"})
    assert [result.status for result in found.results] == ["untouched", "restored", "restored"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["gray.png", "sepia.png"]
    found = restore_files([box], tmp_path / "new", restorer, options={"existing_colours": "refuse"})
    assert (found.exit_code, len(found.of("failed"))) == (PhotoError.exit_code, 1)


def test_what_is_kept_still_gets_the_other_tasks_of_a_sequence(restorer):
    darker = Restorer(Denoise(), lambda x: x * np.float32(0.5), Geometry(multiple=4, margin=4))
    both = RestorerSequence([darker, restorer])
    made = both.restore(ASTRONAUT, existing_colours="keep")
    assert np.abs(made - ASTRONAUT / 2).max() <= 0.5


def test_the_command_names_its_option(cli, tmp_path):
    Image.fromarray(ASTRONAUT).save(tmp_path / "colour.png")
    found = cli("colorize", tmp_path / "colour.png", "--existing-colours", "refuse")
    assert found.code == PhotoError.exit_code
    assert "it has colours already (--existing-colours says" in found.error
    found = cli("colorize", tmp_path / "colour.png", "--existing-colours", "keep")
    assert (found.code, found.out) == (0, f"{tmp_path / 'colour.png'}: nothing to mend\n")
