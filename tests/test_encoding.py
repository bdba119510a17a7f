"""Codes of photos: the narrowest layer of a network, for uses of its own."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest
from PIL import Image

import pixrestore
from pixrestore.errors import UsageError

LENGTH = 8
SIDE = 16


@pytest.fixture(scope="module")
def model(tmp_path_factory, samples):
    """A model folder of the article's autoencoder, small and hardly trained."""
    out = tmp_path_factory.mktemp("models") / "article"
    pixrestore.train(
        "colorize",
        samples,
        out,
        recipe={
            "architecture": "bottleneck",
            "arguments": {"side": SIDE, "filters": (4, 4), "code": LENGTH},
        },
        steps=2,
        space="rgb",
        quiet=True,
    )
    return out


@pytest.fixture(scope="module")
def restorer(model):
    return pixrestore.load(model)


@pytest.fixture(scope="module")
def photos(samples):
    return sorted(samples.glob("*.jpg"))


@pytest.fixture(scope="module")
def codes(restorer, photos):
    return restorer.encode(photos)


@pytest.mark.slow
class TestInPython:
    def test_each_photo_has_a_code_of_its_own(self, codes, photos):
        assert codes.shape == (len(photos), LENGTH)
        assert codes.dtype == np.float32
        assert np.isfinite(codes).all()
        apart = np.abs(codes[:, None] - codes[None]).max(-1)
        assert (apart[~np.eye(len(photos), dtype=bool)] > 1e-4).all()

    def test_it_is_what_the_layer_says(self, restorer, model, photos, codes):
        import keras

        from pixrestore.restoring.scene import shrink

        network = pixrestore.load(model, engine="keras").network.network.keras_model
        code = keras.Model(network.input, network.get_layer("code").output)
        with Image.open(photos[0]) as image:
            small = shrink(np.asarray(image), (SIDE, SIDE))
        expected = code(restorer.task.encode(small)[None])
        assert np.allclose(codes[0], expected, atol=1e-5)

    def test_whatever_kind_a_photo_is_given_as(self, restorer, photos, codes):
        with Image.open(photos[0]) as image:
            kinds = [str(photos[0]), photos[0].read_bytes(), image, np.asarray(image)]
            kinds.append(np.asarray(image) / np.float32(255))
            for kind in kinds:
                # Alone, and with others in a batch.
                for given in (kind, [kind], (one for one in [kind])):
                    assert np.allclose(restorer.encode(given), codes[:1], atol=1e-5)
        batch = np.zeros((3, 20, 30, 3), np.uint8)
        assert restorer.encode(batch).shape == (3, LENGTH)

    def test_nothing_has_no_code(self, restorer):
        with pytest.raises(UsageError, match="there are no images to encode"):
            restorer.encode([])

    def test_a_network_without_a_code_says_so(self, tiny_denoiser, photos):
        with pytest.raises(UsageError, match="unet has no code: only architectures with a layer"):
            pixrestore.load(tiny_denoiser).encode(photos[0])

    def test_a_restorer_that_was_made_by_hand(self, restorer, photos):
        bare = pixrestore.Restorer(restorer.task, restorer.network, restorer.geometry)
        with pytest.raises(UsageError, match="this restorer has no encoder"):
            bare.encode(photos[0])


@pytest.mark.slow
class TestInTheShell:
    def test_a_folder_to_npz(self, cli, model, samples, tmp_path, codes, photos):
        out = tmp_path / "codes.npz"
        done = cli("encode", samples, "--model", model, "-o", out)
        assert (done.code, done.err) == (0, "")
        assert done.out == f"{out}: {len(photos)} codes of {LENGTH} numbers\n"
        with np.load(out, allow_pickle=False) as found:
            assert found["names"].tolist() == [str(photo) for photo in photos]
            assert np.allclose(found["codes"], codes, atol=1e-5)
        done = cli("encode", samples, "--model", model, "-o", out)
        assert done.code == 10
        assert "exists: choose another name, or give --overwrite" in done.error
        assert cli("encode", photos[0], "--model", model, "-o", out, "--overwrite").code == 0

    def test_photos_to_csv_without_those_that_cannot_be_read(
        self, cli, model, tmp_path, codes, photos
    ):
        shutil.copy(photos[0], tmp_path / "first, good.jpg")
        (tmp_path / "second.jpg").write_text("no photo")
        out = tmp_path / "codes.csv"
        words = [tmp_path / "first, good.jpg", tmp_path / "second.jpg", "--model", model]
        done = cli("encode", *words, "--out", out)
        assert done.code == 4
        assert "second.jpg" in done.error
        with out.open(newline="") as file:
            head, row = csv.reader(file)
        assert head == ["name", *map(str, range(LENGTH))]
        assert row[0] == str(tmp_path / "first, good.jpg")
        assert np.allclose(np.array(row[1:], float), codes[0], atol=1e-5)

    def test_what_cannot_be_encoded(self, cli, model, tiny_denoiser, samples, tmp_path):
        out = tmp_path / "codes.npz"
        (tmp_path / "empty").mkdir()
        (tmp_path / "bad.jpg").touch()
        cat = samples / "cat.jpg"
        for words, code, says in (
            ((cat, "--model", model, "-o", tmp_path / "codes.txt"), 2, "to .npz or .csv, not to"),
            ((cat, "--model", tiny_denoiser, "-o", out), 2, "unet has no code"),
            ((tmp_path / "empty", "--model", model, "-o", out), 4, "there are no photos in"),
            ((tmp_path / "bad.jpg", "--model", model, "-o", out), 4, "bad.jpg"),
            ((tmp_path / "none.jpg", "--model", model, "-o", out), 4, "none.jpg"),
        ):
            done = cli("encode", *words)
            assert (done.code, says in done.error) == (code, True), done.err
        assert not out.exists()
