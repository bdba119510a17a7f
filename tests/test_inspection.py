"""`inspect_photo`, `fix` and their commands: what they see, and that they leave the rest alone."""

import json
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

import pixrestore
from pixrestore import Finding, Task, fix, hookimpl, inspect_photo, option
from pixrestore.errors import UsageError
from pixrestore.finding import graded
from pixrestore.images import Photo, decode_rgb8, encode_photo
from pixrestore.images.parts import middle
from pixrestore.inspection import Fixer
from pixrestore.tasks import Denoise
from pixrestore.testing import plugins_installed


@pytest.fixture(scope="module")
def coffee(samples):
    return decode_rgb8(samples / "coffee.jpg")


def gray_of(pixels):
    return pixels.mean(axis=-1, keepdims=True).repeat(3, axis=-1)


def noisy(pixels, sigma, seed=0):
    noise = np.random.default_rng(seed).normal(0, sigma, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def test_a_clean_photo_needs_nothing(samples):
    found = inspect_photo(samples / "coffee.jpg")
    assert (found.kind, found.format, found.depth) == ("colour", "JPEG", 8)
    with Image.open(samples / "coffee.jpg") as image:
        assert (found.width, found.height) == image.size
    assert found.tasks == ()
    assert found.command() == ""
    # What was looked for is there all the same, below the line.
    assert not any(finding.seen for finding in found.findings.values())
    assert set(found.findings) == {"denoise", "colorize"}


@pytest.mark.parametrize("sigma", [10, 25])
def test_noise_is_measured_and_mended(coffee, sigma):
    found = inspect_photo(noisy(coffee, sigma))
    # The flattest places of a real photo still have a little texture, and black hides some noise.
    assert found.findings["denoise"].value == pytest.approx(sigma, rel=0.2)
    assert found.tasks == ("denoise",)
    assert found.command("a photo.jpg") == "pixrestore denoise 'a photo.jpg'"


def test_gray_and_sepia_are_told_from_colour(coffee):
    gray = gray_of(coffee)
    sepia = 255 * (gray / 255) ** (0.8, 1.0, 1.3) * (1.0, 0.95, 0.8)
    for pixels, kind in ((gray, "gray"), (sepia, "sepia")):
        found = inspect_photo(pixels.astype(np.uint8))
        assert found.kind == kind
        assert found.tasks == ("colorize",)


def test_noise_goes_before_colour(coffee):
    found = inspect_photo(noisy(gray_of(coffee), 12))
    assert found.tasks == ("denoise", "colorize")
    assert found.command("a.jpg") == "pixrestore restore --task=denoise --task=colorize a.jpg"


@dataclass(frozen=True)
class Dark(Task):
    """Lighten dark photos."""

    name = "dark"
    amount: float = option(0.5, help="how much darker", min=0, max=1)

    def corrupt(self, clean, rng):
        return clean * self.amount

    def detect(self, degraded):
        light = float(degraded.mean())
        return Finding(
            "light", light, "of 1", graded(light, 0.25, falling=True), "lens", ("denoise",)
        )


def plugin_of(kind):
    """Return a plugin's module, which provides one task and no model."""
    module = ModuleType(f"pixrestore_{kind.name}")
    module.pixrestore_tasks = hookimpl(lambda: [kind], specname="pixrestore_tasks")
    return module


def test_tasks_of_plugins_are_asked_but_not_suggested_without_a_model(coffee):
    with plugins_installed(plugin_of(Dark)):
        found = inspect_photo((coffee * 0.2).astype(np.uint8))
    assert found.findings["dark"].seen
    assert "dark" not in found.tasks


def test_a_task_that_fails_spoils_nothing(coffee):
    @dataclass(frozen=True)
    class Broken(Dark):
        """Fail."""

        name = "broken"

        def detect(self, degraded):
            degraded[:] = 0  # it must not: the next task would see it

    with plugins_installed(plugin_of(Broken)):
        found = inspect_photo(noisy(coffee, 25))
    assert found.tasks == ("denoise",)
    assert "the task broken could not look: ValueError" in found.notes[0]


def test_fix_does_what_is_suggested(coffee):
    photo = noisy(coffee, 25)[:96, :128]
    assert np.array_equal(fix(photo), pixrestore.denoise(photo))
    clean = coffee[:96, :128]
    assert np.array_equal(fix(clean), clean)
    mark = b"compositeWithTrainedAlgorithmicMedia"
    content = encode_photo(Photo(photo))
    assert mark in fix(content)
    assert mark not in fix(content, mark=False)
    # No model has changed this one, so nothing may say so.
    assert mark not in fix(encode_photo(Photo(clean)))
    with pytest.raises(UsageError, match="no option 'strength'"):
        Fixer().check({"strength": 1})


def test_commands(cli, coffee, samples, tmp_path):
    folder = tmp_path / "box"
    folder.mkdir()
    Image.fromarray(noisy(coffee, 25)[:96, :128]).save(folder / "noisy.png")
    Image.fromarray(coffee[:96, :128]).save(folder / "clean.png")
    done = cli("inspect", folder, "--json")
    assert done.code == 0, done.err
    clean, bad = json.loads(done.out)
    assert (clean["tasks"], clean["command"]) == ([], "")
    assert bad["tasks"] == ["denoise"]
    assert bad["command"] == f"pixrestore denoise {folder / 'noisy.png'}"
    assert {one["task"] for one in bad["findings"] if one["seen"]} == {"denoise"}

    said = cli("inspect", folder / "noisy.png").out
    assert "colour, 128 x 96 pixels, PNG, 8 bit" in said
    assert "yes, denoise" in said

    done = cli("fix", folder, "--dry-run")
    assert done.out.splitlines() == [f"{folder / 'clean.png'}: nothing to mend", bad["command"]]
    assert not (tmp_path / "box-fixed").exists()

    done = cli("fix", folder)
    assert done.code == 0, done.err
    assert "mended by denoise" in done.out
    assert "1 restored, 1 with nothing to mend" in done.out
    # What needs nothing is not written anew.
    assert [path.name for path in (tmp_path / "box-fixed").iterdir()] == ["noisy.png"]


def test_one_bad_photo_does_not_stop_the_others(cli, samples, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no photo")
    for words in (["inspect"], ["fix", "--dry-run"]):
        done = cli(*words, bad, samples / "coffee.jpg")
        assert done.code == 4
        assert "bad.jpg" in done.error
        assert "nothing to mend" in done.out


def test_no_tensorflow_is_needed(fresh_cli, samples):
    code = (
        "import sys; from pixrestore.cli import main; main(sys.argv[1:]);"
        "assert not {'tensorflow', 'keras', 'onnxruntime'} & set(sys.modules)"
    )
    done = fresh_cli("inspect", samples / "cat.jpg", code=code, plugins="")
    assert done.code == 0, done.err


def test_the_middle_of_a_photo():
    numbers = np.arange(300 * 401).reshape(300, 401)
    assert np.array_equal(middle(numbers, 500), numbers)
    assert np.array_equal(middle(numbers, 100), numbers[100:200, 150:250])
    assert middle(np.zeros((1, 9000, 3)), 1000).shape == (1, 1000, 3)


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (36, 36)])
def test_photos_of_any_size(size):
    inspect_photo(np.full((*size, 3), 128, np.uint8))
    assert Denoise().detect(np.full((*size, 3), 0.5, np.float32)).value == 0
