"""What the damage is like, that the task keeps its contract, and the command with a mask."""

import numpy as np
import pytest
from PIL import Image

import pixrestore
import pixrestore_inpaint
from pixrestore.cli import main
from pixrestore.testing import plugins_installed, task_checks
from pixrestore.testing.probe import part
from pixrestore_inpaint import MARKER, Inpaint
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


def test_marked_damage_has_one_colour():
    task = Inpaint(marked=1.0, marks=3)
    degraded = task.corrupt(PHOTO, np.random.default_rng(0))
    touched = np.any(degraded != PHOTO, axis=-1)
    assert touched.any()
    np.testing.assert_array_equal(degraded[touched], np.tile(MARKER, (touched.sum(), 1)))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "inpaint"
    pixrestore.train(
        Inpaint(),
        out=folder,
        arguments={"widths": (4, 8), "blocks": (1, 1)},
        recipe={"patch": 32, "batch": 2},
        steps=2,
        quiet=True,
    )
    return folder


def test_only_what_the_mask_covers_changes(model):
    mask = np.zeros(PHOTO.shape[:2], bool)
    mask[20:40, 30:60] = True
    for photo in (PHOTO, np.rint(PHOTO * 255).astype(np.uint8)):
        with plugins_installed(pixrestore_inpaint):
            repaired = inpaint(photo, mask, model=model)
        assert repaired.dtype == photo.dtype
        np.testing.assert_array_equal(repaired[~mask], photo[~mask])
        assert np.any(repaired[mask] != photo[mask])


def test_the_command(model, tmp_path, capsys):
    photo, mask, out = (tmp_path / name for name in ("old.png", "mask.png", "new.png"))
    Image.fromarray(np.rint(PHOTO * 255).astype(np.uint8)).save(photo)
    marked = Image.new("L", PHOTO.shape[1::-1])
    marked.paste(255, (10, 10, 50, 30))
    marked.save(mask)

    def run(*words):
        with plugins_installed(pixrestore_inpaint):
            code = main([str(word) for word in words])
        return code, capsys.readouterr()

    given = ("--mask", mask, "--model", model)
    code, said = run("inpaint", photo, *given, "-o", out)
    assert (code, said.err) == (0, "")
    difference = np.any(np.asarray(Image.open(out)) != np.asarray(Image.open(photo)), axis=-1)
    assert difference[10:30, 10:50].any()
    assert not difference[30:].any()
    code, said = run("inpaint", photo, *given, "-o", photo)
    assert code == 10
    assert "would be written over the input" in said.err
    Image.new("L", (5, 5)).save(mask)
    code, said = run("inpaint", photo, *given, "-o", out)
    assert code == 2
    assert "must have the photo's size: 5 x 5 is not 192 x 128 pixels" in said.err
    assert "inpaint" in run("--help")[1].out
