"""What `train(data=...)` takes besides folders: archives, photos, and images in memory."""

from __future__ import annotations

import io
import itertools
import json
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image
from training_runs import tiny

from pixrestore import train
from pixrestore.errors import PhotoError, TrainingDataError, UsageError
from pixrestore.images import decode_rgb8
from pixrestore.tasks import Denoise
from pixrestore.training import held
from pixrestore.training.held import parted
from pixrestore.training.photos import entries_in, open_photos
from pixrestore.training.splitting import split


@pytest.fixture
def photos(samples):
    return sorted(samples.glob("*.jpg"))


@pytest.fixture(params=["tar", "zip"])
def archive(request, photos, tmp_path):
    """An archive of the samples in two folders, and of much that is no photo."""
    path = tmp_path / f"photos.{request.param}"
    others = {"a/notes.txt": b"text", "a/.hidden.jpg": b"x", "__MACOSX/a/cat.jpg": b"x"}
    others |= {"a/empty.png": b"", "../../outside.jpg": photos[0].read_bytes()}
    files = {f"{'ab'[n % 2]}/{photo.name}": photo.read_bytes() for n, photo in enumerate(photos)}
    if request.param == "zip":
        with zipfile.ZipFile(path, "w") as file:
            file.mkdir("a")
            for name, content in {**files, **others}.items():
                file.writestr(name, content)
        return path
    with tarfile.open(path, "w") as file:
        for name, content in {**files, **others}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
        for kind in (tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.LNKTYPE):
            info = tarfile.TarInfo("a/link.jpg")
            info.type, info.linkname = kind, "/etc/passwd"
            file.addfile(info)
    return path


class TestArchives:
    def test_photos_are_those_of_the_files(self, archive, photos):
        found = {entry.name: entry for entry in entries_in(archive)}
        assert set(found) == {photo.name for photo in photos} | {"outside.jpg"}
        assert {entry.parent.name for entry in found.values()} == {"a", "b", archive.name}
        for photo in photos:
            wanted = decode_rgb8(photo, shorter_side=50)
            assert np.array_equal(found[photo.name].decode(50), wanted)

    def test_content_decides_the_split_as_for_files(self, archive, photos):
        entries = [entry for entry in entries_in(archive) if entry.name != "outside.jpg"]
        for ours, theirs in zip(split(entries, 0.4), split(photos, 0.4), strict=True):
            assert {entry.name for entry in ours} == {photo.name for photo in theirs}

    def test_nothing_is_unpacked(self, archive, tmp_path):
        opened = open_photos(entries_in(archive), Denoise(), 16)
        assert opened[0].shape[-1] == 3
        assert list(tmp_path.iterdir()) == [archive]

    def test_a_photo_that_is_none_is_left_out(self, tmp_path, photos):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
            for photo in photos:
                file.write(photo, photo.name)
            file.writestr("bad.jpg", b"no photo")
        opened = open_photos(entries_in(tmp_path / "a.zip"), Denoise(), 16)
        opened = opened.inspect(np.random.default_rng(0))
        assert len(opened) == len(photos)
        assert [entry.name for entry in opened.decoder.unreadable] == ["bad.jpg"]
        assert "a.zip/bad.jpg" in str(*opened.decoder.unreadable.values())

    def test_one_that_is_cut_off(self, archive):
        content = archive.read_bytes()
        archive.write_bytes(content[: len(content) // 2])
        # Its list is at the end of a zip, and goes from photo to photo in a tar.
        with pytest.raises(PhotoError, match=f"{archive.name}.*damaged"):
            entries_in(archive)

    @pytest.mark.parametrize("name", ["a.tar", "a.zip"])
    @pytest.mark.parametrize("content", [b"", b"no archive" * 200], ids=["empty", "text"])
    def test_files_that_are_none(self, cli, tmp_path, name, content):
        (tmp_path / name).write_bytes(content)
        done = cli("train", "--data", tmp_path / name, "--out", tmp_path / "out", "--steps", 1)
        assert done.code in (4, 7)
        assert name in done.error
        assert not (tmp_path / "out").exists()

    def test_compressed_ones_and_other_files_are_refused(self, cli, tmp_path):
        for name, told in {"a.tar.gz": ".tar and .zip are read", "a.txt": "is no folder"}.items():
            (tmp_path / name).write_bytes(b"x")
            done = cli("train", "--data", tmp_path / name, "--steps", 1)
            assert done.code == 4
            assert told in done.error


def tensors(images):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(np.stack(images))


class TestImagesInMemory:
    @pytest.fixture
    def pixels(self):
        return list(np.random.default_rng(0).integers(0, 256, (4, 20, 24, 3), np.uint8))

    @pytest.mark.parametrize(
        "given",
        [
            lambda images: images,
            np.stack,
            iter,
            lambda images: [Image.fromarray(image) for image in images],
            lambda images: [{"image": Image.fromarray(image), "label": 3} for image in images],
            lambda images: [(image, 3) for image in images],
            lambda images: [image.astype(np.float32) / 255 for image in images],
            lambda images: [image.astype(np.uint16) * 257 for image in images],
            lambda images: [
                np.dstack([image, np.full((20, 24), 255, np.uint8)]) for image in images
            ],
            lambda images: [{"bytes": png(image), "path": None} for image in images],
            tensors,
        ],
        ids=[
            "list",
            "array",
            "iterator",
            "pillow",
            "rows",
            "labelled",
            "float",
            "deep",
            "alpha",
            "bytes",
            "tensors",
        ],
    )
    def test_kinds(self, given, pixels):
        paths, images = parted(given(pixels))
        assert paths == ()
        assert all(np.array_equal(a.pixels, b) for a, b in zip(images, pixels, strict=True))
        assert held.told(images) == held.told(parted(pixels)[1])

    def test_large_ones_are_shrunk(self, photos):
        large = np.zeros((1100, 2200), np.uint8)
        assert parted([large])[1][0].pixels.shape == (1024, 2048, 3)

    def test_paths_stay_paths(self, photos):
        assert parted(photos) == (tuple(map(str, photos)), ())
        assert parted(iter(map(str, photos)))[0] == tuple(map(str, photos))
        assert parted(None) == ((), ())

    @pytest.mark.parametrize(
        ("given", "kind", "told"),
        [
            (7, UsageError, "`data` must be paths or images, not a int"),
            ([7], PhotoError, "image 0 of `data`: a int: give a path"),
            ([np.full((8, 8, 3), 200.0)], PhotoError, r"image 0 of `data`: .*values in \[0, 1\]"),
            ([np.zeros((8, 8), np.int64)], PhotoError, "image 0 of `data`: .*uint8, uint16 or"),
            ([np.zeros((3, 8, 8), np.uint8)], PhotoError, "image 0 of `data`"),
            ([{"label": 3}], PhotoError, "image 0 of `data`: the row has label: give an array"),
            (["a.jpg", np.zeros((8, 8), np.uint8)], UsageError, "paths and images: give either"),
            ([b"no photo"], PhotoError, "image 0 of `data`"),
        ],
    )
    def test_what_is_no_image(self, given, kind, told):
        with pytest.raises(kind, match=told):
            parted(given)

    def test_more_than_memory_holds_ends_also_what_has_no_end(self, monkeypatch):
        monkeypatch.setattr(held, "available_memory", lambda: 40_000)
        endless = itertools.repeat(np.zeros((20, 20, 3), np.uint8))
        with pytest.raises(TrainingDataError, match="first 9 images of `data` take a quarter"):
            parted(endless)

    def test_nothing(self, tmp_path):
        with pytest.raises(TrainingDataError, match="`data` is empty"):
            train("denoise", [], tmp_path / "out")
        assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_run_on_images_goes_on_with_the_same_images(tmp_path, photos, capfd):
    images = [np.asarray(Image.open(photo).convert("RGB").resize((64, 48))) for photo in photos]
    out = tmp_path / "out"
    tiny(out, iter(images), steps=1)
    (told,) = json.loads((out / "run.json").read_text())["data"]
    assert told.startswith("6 images in memory (")
    tiny(out, images, steps=2, resume=True)
    with pytest.raises(UsageError, match=r"`data` 6 images in memory .*, not 5 images"):
        tiny(out, images[:5], steps=3, resume=True)
    with pytest.raises(UsageError, match=r"learns from 6 images in memory .* same `data`"):
        train(out=out, resume=True, steps=3, quiet=True)
    # One that has ended needs none.
    train(out=out, resume=True)
    assert "nothing is left to do" in capfd.readouterr().err


def png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()
