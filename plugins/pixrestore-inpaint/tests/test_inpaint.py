"""What the damage is like, that the task keeps its contract, and the command with a mask."""

import numpy as np
import pytest
from PIL import Image

import pixrestore_inpaint
from pixrestore import Restorer
from pixrestore.cli import main
from pixrestore.errors import UsageError
from pixrestore.geometry import Geometry
from pixrestore.testing import plugins_installed, task_checks
from pixrestore.testing.probe import part
from pixrestore_inpaint import Inpaint
from pixrestore_inpaint.masked import inpaint

PHOTO = part("cat", 60, 60, 128, 192)


@task_checks(Inpaint())
def test_inpaint(check):
    check()


def changed(**options):
    task = Inpaint(**options)
    found = [task.corrupt(PHOTO, np.random.default_rng(seed)) for seed in range(8)]
    return np.mean([np.any(np.abs(one - PHOTO) > 0.02, axis=-1) for one in found])


def test_damage_grows_with_its_options():
    assert changed(marks=0) == 0
    assert 0 < changed(marks=1) < changed(marks=4) < 0.9
    assert changed(marks=2, width=1) < changed(marks=2, width=4)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_only_what_the_mask_covers_changes(dtype):
    top = np.iinfo(dtype).max if dtype != np.float32 else 1
    clean = (PHOTO * top).astype(dtype)
    mask = np.zeros(PHOTO.shape[:2], bool)
    mask[40:43, 30:90] = True
    photo = np.where(mask[..., None], np.array(top, dtype), clean)
    repaired = inpaint(photo, mask)
    assert repaired.dtype == dtype
    np.testing.assert_array_equal(repaired[~mask], photo[~mask])
    # A scratch of three pixels through fur: its surroundings tell within a few percent.
    assert np.abs(repaired.astype(float) - clean).max(axis=-1)[mask].mean() < 0.06 * top
    np.testing.assert_array_equal(inpaint(photo, np.zeros_like(mask)), photo)
    with pytest.raises(UsageError, match="covers the whole photo"):
        inpaint(photo, np.ones_like(mask))


def test_the_command(tmp_path, capsys):
    photo, mask, out = (tmp_path / name for name in ("old.png", "mask.png", "new.png"))
    Image.fromarray(np.rint(PHOTO * 255).astype(np.uint8)).save(photo)
    marked = Image.new("L", PHOTO.shape[1::-1])
    marked.paste(255, (10, 10, 50, 30))
    marked.save(mask)

    def run(*words):
        with plugins_installed(pixrestore_inpaint):
            code = main([str(word) for word in words])
        return code, capsys.readouterr()

    given = ("--mask", mask)
    code, said = run("inpaint", photo, *given, "-o", out)
    assert (code, said.err) == (0, "")
    difference = np.any(np.asarray(Image.open(out)) != np.asarray(Image.open(photo)), axis=-1)
    assert difference[10:30, 10:50].any()
    assert not difference[30:].any()
    network = tmp_path / "network.png"
    code, said = run("inpaint", photo, *given, "-o", network, "--fill", "network")
    assert (code, said.err) == (0, "")
    assert np.any(np.asarray(Image.open(network)) != np.asarray(Image.open(out)))
    same = tmp_path / "same.png"
    code, said = run("restore", "--task", "inpaint", photo, *given, "-o", same)
    assert (code, said.err) == (0, "")
    np.testing.assert_array_equal(np.asarray(Image.open(same)), np.asarray(Image.open(out)))
    code, said = run("inpaint", photo, *given, "-o", photo)
    assert code == 10
    assert "would be written over the input" in said.err
    Image.new("L", (5, 5)).save(mask)
    code, said = run("inpaint", photo, *given, "-o", tmp_path / "other.png")
    assert code == 2
    assert not (tmp_path / "other.png").exists()
    assert "must have the photo's size: 5 x 5 is not 192 x 128 pixels" in said.err
    assert "inpaint" in run("--help")[1].out


def restorer(tile=64):
    """Return a restorer by a network that says white everywhere."""
    network = lambda x: np.ones((*x.shape[:3], 3), np.float32)  # noqa: E731
    restorer = Restorer(Inpaint(), network, Geometry(multiple=8, margin=16))
    restorer.tile = tile
    return restorer


class TestMask:
    photo = np.rint(PHOTO * 255).astype(np.uint8)
    mask = np.zeros(PHOTO.shape[:2], np.uint8)
    mask[40:43, 10:180] = 255

    def test_the_network_fills_the_mask_and_nothing_else(self):
        result = restorer().restore(self.photo, mask=self.mask, fill="network")
        assert (result[self.mask > 0] == 255).all()
        np.testing.assert_array_equal(result[self.mask == 0], self.photo[self.mask == 0])

    def test_tiles_are_filled_as_the_whole_photo_is(self):
        result = restorer().restore(self.photo, mask=self.mask)
        whole = inpaint(self.photo, self.mask > 0)
        # A scratch that leaves a tile is cut 16 pixels away, which is far for a width of 3.
        assert np.abs(result.astype(int) - whole).max() <= 1
        np.testing.assert_array_equal(result[self.mask == 0], self.photo[self.mask == 0])

    def test_without_a_mask_the_network_answers_all(self):
        assert (restorer().restore(self.photo) == 255).all()

    def test_what_is_under_the_mask_does_not_matter_to_the_network(self):
        layer = np.repeat((self.mask / np.float32(255))[..., None], 4, axis=-1)
        other = np.where(self.mask[..., None] > 0, np.float32(0), PHOTO)
        seen = [Inpaint().encode_guided(one, {"mask": layer}) for one in (PHOTO, other)]
        np.testing.assert_array_equal(*seen)

    def test_painting_is_imitated(self):
        """Masks cover what is plainly damaged, and often nobody paints one."""
        task, missing = Inpaint(marks=2), 0
        for seed in range(20):
            degraded = task.corrupt(PHOTO, np.random.default_rng(seed))
            painted = task.paint(PHOTO, degraded, np.random.default_rng(seed))
            if not painted:
                missing += 1
                continue
            layer = painted["mask"]
            assert layer.shape == (*PHOTO.shape[:2], 4)
            damage = np.any(np.abs(degraded - PHOTO) > 0.1, axis=-1)
            assert (layer[..., 3][damage] == 1).all()
            assert layer[..., 3].mean() < 0.9
        assert 3 <= missing <= 17  # of 20 coins


def test_detect_finds_marks():
    photo = part("coffee", 0, 0, 240, 320)
    degraded = Inpaint(marks=1.5).corrupt(photo, np.random.default_rng(0))
    assert Inpaint().detect(degraded).seen
    assert not Inpaint().detect(photo).seen
    assert Inpaint().detect(photo[:20, :20]) is None
