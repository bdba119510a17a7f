"""Guides: colours and masks that people paint, from Python and the shell, for any task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pixrestore import Guide, Restorer, Task, colorize
from pixrestore.errors import UsageError
from pixrestore.geometry import Geometry
from pixrestore.images import to_float
from pixrestore.images.colour import chroma, lightness
from pixrestore.restoring.sequence import RestorerSequence
from pixrestore.testing import check_task

RED = "#c03020"


@pytest.fixture
def photo(samples):
    return Image.open(samples / "cat.jpg").convert("L")


def ab(picture):
    return chroma(to_float(np.asarray(picture.convert("RGB"))))


def wanted(colour):
    return chroma(to_float(np.asarray(Image.new("RGB", (1, 1), colour))))[0, 0]


def far_from(picture, place, radius):
    width, height = picture.size
    rows, columns = np.mgrid[:height, :width]
    return np.hypot(rows - place[1], columns - place[0]) > radius


def layer_with(size, draw):
    layer = Image.new("RGBA", size)
    draw(ImageDraw.Draw(layer))
    return layer


class TestHints:
    def test_what_is_painted_is_kept(self, photo):
        box = (100, 120, 140, 150)
        layer = layer_with(photo.size, lambda pen: pen.rectangle(box, fill="#6080a0"))
        result = colorize(photo, hints=layer)
        # As far as lightness allows: where the photo is mid-gray, any faint colour is in gamut.
        inside = np.zeros((photo.height, photo.width), bool)
        inside[box[1] : box[3], box[0] : box[2]] = True
        light = lightness(to_float(np.asarray(photo.convert("RGB"))))
        inside &= (light > 25) & (light < 80)
        assert inside.any()
        assert np.abs(ab(result)[inside].mean(axis=0) - wanted("#6080a0")).max() < 3

    def test_a_red_dot_leaves_the_rest_of_the_photo_alone(self, photo):
        before, after = colorize(photo), colorize(photo, hints=[(120, 140, RED)])
        moved = np.linalg.norm(ab(after) - ab(before), axis=-1)
        assert moved[138:143, 118:123].mean() > 20
        far = far_from(photo, (120, 140), 0.5 * min(photo.size))
        assert moved[far].mean() < 3  # hardly to be seen, where the dot moved 20

    def test_it_spreads_over_what_is_flat_and_stops_at_an_edge(self):
        # Two flat halves, one light and one dark, with a dot in the light one.
        gray = np.full((128, 192), 180, np.uint8)
        gray[:, 96:] = 80
        before = colorize(Image.fromarray(gray))
        after = colorize(Image.fromarray(gray), hints=[(40, 64, RED)])
        moved = np.linalg.norm(ab(after) - ab(before), axis=-1)
        at_the_dot = moved[62:67, 38:43].mean()
        assert moved[20:110, 10:80].mean() > 0.3 * at_the_dot
        assert moved[:, 110:].mean() < 0.1 * at_the_dot

    @pytest.mark.parametrize("given", [[], None, "transparent layer"])
    def test_nothing_painted_changes_nothing(self, photo, given):
        given = Image.new("RGBA", photo.size) if given == "transparent layer" else given
        assert np.array_equal(np.asarray(colorize(photo, hints=given)), np.asarray(colorize(photo)))

    def test_it_is_given_as_image_array_path_or_places(self, photo, tmp_path):
        layer = layer_with(photo.size, lambda pen: pen.ellipse((50, 60, 80, 90), fill=RED))
        layer.save(tmp_path / "layer.png")
        results = [
            np.asarray(colorize(photo, hints=given))
            for given in (layer, np.asarray(layer), tmp_path / "layer.png", [layer])
        ]
        assert all(np.array_equal(results[0], other) for other in results[1:])

    def test_colours_are_kept_whatever_the_saturation(self, photo):
        results = [
            ab(colorize(photo, hints=[(120, 140, "#6080a0")], saturation=s)) for s in (0.5, 1.5)
        ]
        places = [found[138:143, 118:123].mean(axis=(0, 1)) for found in results]
        assert np.abs(places[0] - places[1]).max() < 3

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (Image.new("RGBA", (5, 4), "red"), "`hints` must have the photo's size: 5 x 4 is not"),
            (Image.new("RGB", (451, 300), "red"), "`hints` must be transparent where nothing is"),
            ([(1, 2)], r"`hints` takes places as \(x, y, colour\)"),
            ([(1, 2, "no colour")], r"`hints` takes places as \(x, y, colour\)"),
            ([(9999, 2, RED)], "`hints`: 9999, 2 is beyond the photo of"),
        ],
    )
    def test_what_is_none_is_refused(self, photo, given, message):
        if isinstance(given, Image.Image) and given.mode == "RGB":
            given = given.resize(photo.size)
        with pytest.raises(UsageError, match=message):
            colorize(photo, hints=given)

    def test_the_shell_takes_a_layer_and_places(self, cli, photo, tmp_path):
        photo.save(tmp_path / "old.png")
        layer = layer_with(photo.size, lambda pen: pen.ellipse((50, 60, 80, 90), fill="#208040"))
        layer.save(tmp_path / "layer.png")
        words = ["--hints", tmp_path / "layer.png", "--hint", "120,140=#c03020"]
        done = cli("colorize", tmp_path / "old.png", "-o", tmp_path / "new.png", *words)
        assert done.code == 0, done.err
        expected = colorize(photo, hints=[layer, (120, 140, RED)])
        with Image.open(tmp_path / "new.png") as result:
            assert np.array_equal(np.asarray(result), np.asarray(expected))
        words = ["--task", "colorize", tmp_path / "old.png", "-o", tmp_path / "same.png", *words]
        assert cli("restore", *words).code == 0
        with Image.open(tmp_path / "same.png") as result:
            assert np.array_equal(np.asarray(result), np.asarray(expected))

    def test_help_tells_of_them_where_a_task_takes_them(self, cli):
        assert "--hints, --hint" in cli("colorize", "--help").out
        assert "--hint" not in cli("denoise", "--help").out

    def test_a_wrong_hint_is_one_line(self, cli, photo, tmp_path):
        photo.save(tmp_path / "old.png")
        done = cli("colorize", tmp_path / "old.png", "--hint", "here=red")
        assert done.code == 2
        assert "--hint must be X,Y=COLOUR" in done.error
        assert list(tmp_path.iterdir()) == [tmp_path / "old.png"]


@dataclass(frozen=True)
class Patch(Task):
    """Repair what is marked."""

    name = "patch"
    guides = (Guide("mask", "white where the photo is damaged", kind="mask"),)

    def corrupt(self, clean, rng):
        return np.where(rng.random(clean.shape[:2])[..., None] < 0.1, np.float32(0), clean)

    def paint(self, clean, degraded, rng):
        if rng.random() < 0.5:
            return {}
        marked = np.any(clean != degraded, axis=-1, keepdims=True)
        return {"mask": np.repeat(marked.astype(np.float32), 4, axis=-1)}

    def encode(self, degraded):
        return self.encode_guided(degraded, {})

    def encode_guided(self, degraded, layers):
        mask = layers["mask"][..., 3:] if "mask" in layers else np.zeros_like(degraded[..., :1])
        return np.concatenate([degraded, mask], axis=-1)

    def hold(self, encoded, answer, layers):
        return np.where(encoded[..., 3:] > 0.5, answer, encoded[..., :3])


def whitening(tile=64):
    """Return a restorer by a network that says white everywhere."""
    network = lambda x: np.ones((*x.shape[:3], 3), np.float32)  # noqa: E731
    restorer = Restorer(Patch(), network, Geometry(multiple=8, margin=8))
    restorer.tile = tile
    return restorer


class TestMask:
    def test_a_strangers_task_keeps_its_contract(self):
        check_task(Patch(), quick=True)

    def test_only_what_is_masked_changes_in_every_tile(self, samples):
        image = np.asarray(Image.open(samples / "cat.jpg").convert("RGB"))
        mask = np.zeros(image.shape[:2], np.uint8)
        mask[40:44, 10:-10] = 255
        result = whitening().restore(image, mask=mask)
        assert (result[mask > 0] == 255).all()
        assert np.array_equal(result[mask == 0], image[mask == 0])

    def test_a_mask_may_be_transparent_or_opaque(self, samples):
        image = np.asarray(Image.open(samples / "cat.jpg").convert("RGB"))
        mask = np.zeros(image.shape[:2], np.uint8)
        mask[40:60, 10:90] = 255
        painted = np.stack([mask] * 4, axis=-1)
        opaque = np.stack([mask] * 3 + [np.full_like(mask, 255)], axis=-1)
        results = [whitening().restore(image, mask=m) for m in (mask, painted, opaque)]
        assert all(np.array_equal(results[0], other) for other in results[1:])

    def test_a_sequence_gives_each_task_its_own(self, samples):
        image = np.asarray(Image.open(samples / "cat.jpg").convert("RGB"))
        mask = np.zeros(image.shape[:2], np.uint8)
        mask[:20] = 255
        both = RestorerSequence([whitening(), whitening()])
        assert np.array_equal(both.restore(image, mask=mask)[20:], image[20:])
        with pytest.raises(UsageError, match="no option 'masks' for restoring: did you mean"):
            both.restore(image, masks=mask)
