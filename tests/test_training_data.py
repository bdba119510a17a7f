"""From a folder of photos to batches of training pairs."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixrestore.errors import PhotoError, TrainingDataError
from pixrestore.images import decode_rgb8
from pixrestore.images.cropping import central_square, clean_patch
from pixrestore.tasks import Colorize, Denoise
from pixrestore.training import photos as data_module
from pixrestore.training.pairs import Pairs
from pixrestore.training.photos import open_photos, training_files
from pixrestore.training.sampling import Sampler, folders_of
from pixrestore.training.splitting import split


@pytest.fixture
def many(tmp_path):
    """Sixty different small photos, cut from noise, in three folders of 40, 15 and 5."""
    rng = np.random.default_rng(0)
    for index in range(60):
        folder = tmp_path / "many" / ("a" if index < 40 else "b" if index < 55 else "c")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (20, 24, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:02}.png")
    return tmp_path / "many"


def opened(folder, task=None, patch=16):
    return open_photos(training_files(folder), task or Denoise(), patch)


def rng(seed=0):
    return np.random.default_rng(seed)


class TestSplit:
    def test_content_decides_whatever_the_name_and_the_rest(self, many, tmp_path):
        photos = training_files(many)
        training, validation = split(photos, 0.2)
        assert sorted(training + validation) == photos
        assert 3 <= len(validation) <= 24
        assert split(photos, 0.2) == (training, validation)
        moved = tmp_path / "elsewhere"
        moved.mkdir()
        for number, photo in enumerate(reversed(photos[::2])):
            shutil.copy(photo, moved / f"renamed-{number:02}.png")
        content = {photo.read_bytes() for photo in validation}
        for photo in split(training_files(moved), 0.2)[1]:
            assert photo.read_bytes() in content

    def test_copies_of_a_photo_are_on_one_side(self, many):
        for photo in training_files(many):
            shutil.copy(photo, photo.with_name("copy-" + photo.name))
        training, validation = split(training_files(many), 0.3)
        assert validation
        assert not {p.read_bytes() for p in training} & {p.read_bytes() for p in validation}

    @pytest.mark.parametrize("share", [1e-9, 0.5, 1 - 1e-9])
    def test_each_side_gets_one_of_two(self, many, share):
        training, validation = split(training_files(many)[:2], share)
        assert len(training) == len(validation) == 1

    def test_one_photo_cannot_be_on_both_sides(self, many):
        one = training_files(many)[:1]
        assert sorted(map(len, split(one, 0.5))) == [0, 1]

    def test_a_photo_that_is_gone_costs_nothing(self, many):
        photos = [*training_files(many), many / "gone.png"]
        assert sum(map(len, split(photos, 0.2))) == 61


class TestPhotos:
    def test_unreadable_photos_are_left_out_and_named(self, many):
        (many / "a" / "empty.jpg").touch()
        (many / "c" / "text.png").write_text("no photo")
        photos = opened(many).inspect(rng())
        assert len(photos) == 60
        assert {path.name for path in photos.decoder.unreadable} == {"empty.jpg", "text.png"}
        assert all(photos.decoder.unreadable.values())
        assert {photo.shape for photo in photos} == {(20, 24, 3)}

    def test_one_that_turns_out_bad_later_gives_way_to_the_next(self, many):
        paths = training_files(many)
        photos = opened(many)
        paths[3].write_bytes(b"overwritten")
        assert np.array_equal(photos[3], photos[4])
        assert list(photos.decoder.unreadable) == [paths[3]]

    def test_mostly_bad_photos_are_refused(self, many):
        paths = training_files(many)
        for path in paths[:31]:
            path.write_bytes(b"no photo")
        with pytest.raises(TrainingDataError, match=r"^31 of 60 photos cannot be read, .*\.png"):
            opened(many).inspect(rng())
        paths[0].unlink()
        paths[1].unlink()
        # Half of them are not most.
        assert len(opened(many).inspect(rng())) == 29

    def test_of_a_large_folder_some_are_tried(self, many, monkeypatch):
        monkeypatch.setattr(data_module, "_INSPECTED", 10)
        photos = opened(many)
        assert len(photos.inspect(rng())) == 60
        assert len(photos.decoder._kept) == 10

    def test_no_photos_are_refused(self, tmp_path):
        with pytest.raises(TrainingDataError, match="there are no photos to train on"):
            opened(tmp_path).inspect(rng())
        with pytest.raises(PhotoError, match="does not exist"):
            training_files(tmp_path / "missing")
        with pytest.raises(PhotoError, match="is not a folder"):
            training_files(Path(__file__))

    def test_what_runs_have_drawn_are_no_photos(self, samples, tmp_path):
        shutil.copy(samples / "cat.jpg", tmp_path)
        sheet = tmp_path / "runs" / "denoise" / "samples" / "epoch-0001.png"
        sheet.parent.mkdir(parents=True)
        shutil.copy(samples / "coffee.jpg", sheet)
        assert training_files(tmp_path) == [tmp_path / "cat.jpg", sheet]
        (tmp_path / "runs" / "denoise" / "run.json").touch()
        assert training_files(tmp_path) == [tmp_path / "cat.jpg"]

    def test_when_none_is_left_it_says_so(self, many):
        photos = opened(many)
        for path in photos.paths:
            path.unlink()
        with pytest.raises(TrainingDataError, match="none of 60 photos can be read"):
            photos[0]

    def test_bad_photos_never_make_up_a_side(self, many):
        # The bad photo alone would be held out: of all, its content comes first.
        paths = training_files(many)[:9]
        bad = many / "a" / "bad.png"
        for number in range(2000):
            bad.write_bytes(b"no photo %d" % number)
            if split([*paths, bad], 1e-9)[1] == [bad]:
                break
        else:
            pytest.fail("no content comes first")
        photos = open_photos([*paths, bad], Denoise(), 16).inspect(rng())
        training, validation = photos.split(1e-9)
        assert len(training) == 8
        assert len(validation) == 1
        assert bad not in validation.paths
        assert bad in validation.decoder.unreadable

    def test_photos_are_held_as_bytes_and_only_while_there_is_room(self, samples, monkeypatch):
        photos = opened(samples)
        photos.inspect(rng())
        assert {photo.dtype for photo in photos} == {np.dtype(np.uint8)}
        one = photos[0].nbytes
        monkeypatch.setattr(data_module, "available_memory", lambda: 4 * 2 * one)
        scarce = opened(samples)
        for index in range(len(scarce)):
            assert np.array_equal(scarce[index], photos[index])
        kept = sum(photo.nbytes for photo in scarce.decoder._kept.values())
        assert 0 < kept <= 2 * one
        assert scarce[0] is scarce[0]

    def test_scenes_are_kept_small_and_detail_is_not_shrunk(self, samples):
        assert min(opened(samples, Colorize(), 64)[0].shape[:2]) <= 2 * 64
        original = decode_rgb8(training_files(samples)[0])
        assert np.array_equal(opened(samples, Denoise(), 64)[0], original)


def corners(photo):
    return [photo[0, 0], photo[0, -1], photo[-1, 0], photo[-1, -1]]


@pytest.fixture
def bright(tmp_path):
    """A picture whose corners are red, green, blue and gray, as an array."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    for colour, (rows, columns) in {
        (220, 30, 30): (slice(24), slice(32)),
        (30, 200, 30): (slice(24), slice(32, 64)),
        (30, 30, 210): (slice(24, 48), slice(32)),
        (120, 120, 120): (slice(24, 48), slice(32, 64)),
    }.items():
        pixels[rows, columns] = colour
    return pixels


# How far lossy formats are from the pixels, inside flat fields.
@pytest.mark.parametrize(
    ("name", "settings", "tolerance"),
    [
        ("photo.png", {}, 0),
        ("photo.JPG", {"quality": 95}, 6),
        ("photo.jpeg", {"quality": 95, "progressive": True}, 6),
        ("photo.webp", {"lossless": True}, 0),
        ("photo.webp", {"quality": 95}, 12),
        ("photo.tif", {}, 0),
        ("photo.tiff", {"compression": "tiff_lzw"}, 0),
        ("photo.bmp", {}, 0),
    ],
)
def test_every_format_reaches_the_pipeline(tmp_path, bright, name, settings, tolerance):
    Image.fromarray(bright).save(tmp_path / name, **settings)
    photo = opened(tmp_path)[0]
    difference = np.abs(photo.astype(int) - bright)
    assert np.quantile(difference, 0.9) <= tolerance


def test_gray_alpha_and_deep_photos_reach_the_pipeline(tmp_path, bright):
    gray = bright[..., 0]
    Image.fromarray(gray).save(tmp_path / "gray.png")
    Image.fromarray(gray.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    Image.fromarray(gray.astype(np.uint16) * 257).save(tmp_path / "deep.tif")
    opaque = np.dstack([bright, np.full(gray.shape, 255, np.uint8)])
    Image.fromarray(opaque).save(tmp_path / "opaque.png")
    Image.fromarray(opaque).save(tmp_path / "opaque.webp", lossless=True)
    Image.fromarray(bright).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "p.png")
    photos = opened(tmp_path)
    found = {path.name: photos[index] for index, path in enumerate(photos.paths)}
    assert len(found) == 6
    assert not photos.decoder.unreadable
    for name, photo in found.items():
        expected = bright if name[0] in "op" else np.repeat(gray[..., None], 3, axis=-1)
        assert photo.dtype == np.uint8
        assert np.abs(photo.astype(int) - expected).max() <= 1, name


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_orientation_is_applied_before_training(tmp_path, bright, suffix):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(bright)).save(tmp_path / f"turned{suffix}", exif=exif, quality=95)
    photo = opened(tmp_path)[0]
    assert photo.shape == bright.shape
    for corner, expected in zip(corners(photo), corners(bright), strict=True):
        assert np.abs(corner.astype(int) - expected).max() < 25


class TestSampler:
    def test_every_photo_comes_once_a_turn_in_a_new_order(self, many):
        sampler = Sampler(folders_of(training_files(many)), 1.0, seed=3)
        turns = [[sampler.index(60 * turn + i) for i in range(60)] for turn in range(3)]
        assert all(sorted(turn) == list(range(60)) for turn in turns)
        assert turns[0] != turns[1] != turns[2]
        again = Sampler(folders_of(training_files(many)), 1.0, seed=3)
        assert [again.index(i) for i in range(60)] == turns[0]
        other = Sampler(folders_of(training_files(many)), 1.0, seed=4)
        assert [other.index(i) for i in range(60)] != turns[0]

    @pytest.mark.parametrize(
        ("balance", "shares"),
        [(0.0, (1 / 3, 1 / 3, 1 / 3)), (0.5, (0.510, 0.312, 0.180)), (1.0, (40, 15, 5))],
    )
    def test_balance_draws_from_folders_by_their_size(self, many, balance, shares):
        sampler = Sampler(folders_of(training_files(many)), balance, seed=0)
        drawn = [sampler.index(place) for place in range(3000)]
        found = np.histogram(drawn, bins=[0, 40, 55, 60])[0] / 3000
        # Three standard deviations of a share of 3000 draws.
        assert np.allclose(found, np.array(shares) / sum(shares), atol=0.03)
        assert set(drawn) == set(range(60))


def pairs_of(folder, task, seed=0, batch=4, patch=16):
    photos = opened(folder, task, patch)
    return Pairs(task, photos, Sampler(folders_of(photos.paths), 1.0, seed), patch, batch, seed)


class TestPairs:
    @pytest.mark.parametrize(
        ("task", "channels"),
        [(Denoise(), (3, 3)), (Colorize(), (1, 2)), (Colorize(space="rgb"), (3, 3))],
        ids=["denoise", "colorize", "rgb"],
    )
    def test_batches_are_float32_of_the_tasks_channels(self, samples, task, channels):
        x, y = pairs_of(samples, task)(0)
        assert x.shape == (4, 16, 16, channels[0])
        assert y.shape == (4, 16, 16, channels[1])
        assert x.dtype == y.dtype == np.float32

    @pytest.mark.parametrize("task", [Denoise(), Colorize()], ids=["denoise", "colorize"])
    def test_a_seed_gives_the_same_batches_in_any_order(self, samples, task):
        first, second = pairs_of(samples, task), pairs_of(samples, task)
        forward = [first(step) for step in range(4)]
        backward = [second(step) for step in reversed(range(4))][::-1]
        for (x, y), (x2, y2) in zip(forward, backward, strict=True):
            assert np.array_equal(x, x2)
            assert np.array_equal(y, y2)
        assert not np.array_equal(forward[0][0], forward[1][0])
        assert not np.array_equal(forward[0][0], pairs_of(samples, task, seed=1)(0)[0])

    def test_patches_are_of_the_photos_own_pixels(self, samples):
        x, y = pairs_of(samples, Denoise(sigma=0, camera=0.0))(0)
        assert np.array_equal(x, y)
        assert np.array_equal(np.rint(y * 255) / np.float32(255), y)

    def test_photos_smaller_than_a_patch_are_enlarged(self, many):
        x, _ = pairs_of(many, Denoise(), patch=64, batch=2)(0)
        assert x.shape == (2, 64, 64, 3)


def test_patches_come_from_everywhere_in_every_orientation():
    photo = np.stack(np.meshgrid(np.arange(40), np.arange(30), [0]), axis=-1)[:, :, 0]
    photo = photo.astype(np.uint8)
    patches = [np.rint(clean_patch(photo, 8, "local", rng(i)) * 255) for i in range(300)]
    columns, rows = ({int(p[..., c].min()) for p in patches} for c in (0, 1))
    assert columns == set(range(33))
    assert rows == set(range(23))
    ways = {(*(p[0, 0] - p[-1, -1])[:2], p[0, 0, 0] == p[0, -1, 0]) for p in patches}
    assert len(ways) == 8


def test_scene_patches_show_most_of_the_photo_upright(bright):
    for seed in range(20):
        patch = clean_patch(bright, 24, "scene", rng(seed))
        assert patch.shape == (24, 24, 3)
        # Blue and gray are below red and green, whichever way it is mirrored.
        assert patch[-3:, ..., 2].mean() > patch[:3, ..., 2].mean()


@pytest.mark.parametrize("scope", ["local", "scene"])
@pytest.mark.parametrize("shape", [(30, 50), (50, 30), (8, 100), (64, 64)])
def test_the_central_square(scope, shape):
    photo = rng().integers(0, 256, (*shape, 3), np.uint8)
    square = central_square(photo, 32, scope)
    assert square.shape == (32, 32, 3)
    assert square.dtype == np.float32
    if scope == "local" and shape == (64, 64):
        assert np.array_equal(np.rint(square * 255), photo[16:48, 16:48])


class TestPhotosWithoutColour:
    @pytest.fixture
    def prints(self, tmp_path, samples):
        """A folder of the samples in gray, of which the first is toned as sepia is."""
        folder = tmp_path / "prints"
        folder.mkdir()
        for number, path in enumerate(sorted(samples.glob("*.jpg"))):
            gray = np.asarray(Image.open(path).convert("L"), np.float32)[..., None]
            tone = [1.0, 0.85, 0.6] if number == 0 else [1.0, 1.0, 1.0]
            Image.fromarray((gray * tone).astype(np.uint8)).save(folder / path.name)
        return folder

    def test_how_many_there_are(self, prints, samples):
        assert opened(prints).gray_share() == 1
        assert opened(samples).gray_share() == 0
        shutil.copy(samples / "cat.jpg", prints / "cat.jpg")
        assert opened(prints).gray_share() == 5 / 6

    def test_they_are_named_before_colour_is_trained_on_them(self, prints, cli, tmp_path):
        words = ["train", "--task", "colorize", "--steps", 1, "--patch", 16, "--widths", "4,8"]
        words += ["--blocks", "1,1", "--batch", 2, "--out", tmp_path / "out", "--data"]
        done = cli(*words, prints)
        assert done.code == 7
        assert "colorize learns colours from colour photos" in done.error
        assert not (tmp_path / "out").exists()
