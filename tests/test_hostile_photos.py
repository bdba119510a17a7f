"""Files that only pretend to be photos, and finding those that are."""

from __future__ import annotations

import io
import os
import struct
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from photo_files import ASTRONAUT, DEEP, SRGB, exif, saved
from PIL import Image

from pixrestore.errors import PhotoError
from pixrestore.files import printable
from pixrestore.images import Photo, decode_rgb8, encode_photo, find_photos, read_photo, write_photo
from pixrestore.images.reading import as_photo_errors

# --- hostile files --------------------------------------------------------------------------------


def refusal(content: bytes) -> PhotoError | None:
    """Return how reading fails, with any warning of a decoder ignored."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read_photo(content, max_pixels=1_000_000)
        except PhotoError as error:
            return error
    return None


@pytest.mark.parametrize(
    "format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "deep PNG", "deep TIFF"]
)
def test_files_cut_short_or_altered_are_photo_errors(format):
    if format.startswith("deep"):
        content = encode_photo(Photo(DEEP, exif=exif(), icc=SRGB), format.split()[1])
    else:
        content = saved(Image.fromarray(ASTRONAUT), format)
    for share in (0, 0.0005, 0.01, 0.1, 0.5, 0.9):
        assert "the image" in str(refusal(content[: int(len(content) * share)]))
    rng = np.random.default_rng(0)
    for _ in range(30):
        altered = bytearray(content)
        for place in rng.integers(0, min(len(altered), 2000), 5):
            altered[place] = rng.integers(0, 256)
        error = refusal(bytes(altered))  # None when it still shows a photo
        assert error is None or "the image" in str(error)


@pytest.mark.parametrize("said", ["cut\nshort\n", "numbers: " + "0, " * 10_000])
def test_whatever_decoders_say_fits_a_line(said):
    with pytest.raises(PhotoError) as caught, as_photo_errors("old.heic"):
        raise ValueError(said)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_decoder_that_ends_its_message_with_a_new_line():
    pillow_heif = pytest.importorskip("pillow_heif")
    stream = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(ASTRONAUT)).save(stream)
    error = refusal(stream.getvalue()[:-100])
    assert error is not None
    assert "\n" not in str(error)


def bomb(width: int, height: int) -> bytes:
    """Return a small PNG that claims to be large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("format", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_large_scans_are_no_bombs(monkeypatch, tmp_path, format):
    """Ours is the limit that counts, not Pillow's, which is refused at twice as many."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    content = saved(Image.fromarray(ASTRONAUT), format)
    assert read_photo(content).pixels.shape == ASTRONAUT.shape
    (tmp_path / "scan").write_bytes(content)
    assert decode_rgb8(tmp_path / "scan").shape == ASTRONAUT.shape
    assert Image.MAX_IMAGE_PIXELS == 1000


def test_bombs_are_refused_before_they_are_decoded():
    limit = Image.MAX_IMAGE_PIXELS
    with pytest.raises(
        PhotoError, match="100000 x 100000 pixels are more than the limit of 500 mega"
    ):
        read_photo(bomb(100_000, 100_000))
    assert limit == Image.MAX_IMAGE_PIXELS
    with pytest.raises(PhotoError, match=r"limit of 0\.05 megapixels"):
        read_photo(encode_photo(Photo(DEEP), "TIFF"), max_pixels=50_000)


def test_photos_beyond_pillows_own_limit_are_read():
    content = saved(Image.new("L", (20_000, 10_000)), "PNG")
    assert read_photo(content).pixels.shape == (10_000, 20_000, 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"hello", "not a photo"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a photo"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a photo"),
    ],
)
def test_no_photos(tmp_path, content, said):
    path = tmp_path / "old.jpg"
    path.write_bytes(content)
    for read in (read_photo, decode_rgb8):
        with pytest.raises(PhotoError, match=said) as caught:
            read(path)
        assert "old.jpg" in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1


def test_what_is_no_file(tmp_path):
    with pytest.raises(PhotoError, match=r"cannot read .*nowhere\.jpg: No such file"):
        read_photo(tmp_path / "nowhere.jpg")
    with pytest.raises(PhotoError, match="is a folder"):
        read_photo(tmp_path)
    with pytest.raises(PhotoError):
        read_photo("nul\0byte.jpg")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    with pytest.raises(PhotoError, match="loop"):
        read_photo(tmp_path / "loop.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_pipes_and_devices_do_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", Path("/dev/zero")):
        with pytest.raises(PhotoError, match="is not a file"):
            read_photo(path)


def test_a_wrong_suffix_does_not_matter(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(saved(Image.fromarray(ASTRONAUT), "PNG"))
    np.testing.assert_array_equal(read_photo(path).pixels, ASTRONAUT)
    assert read_photo(path).format == "PNG"


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_names_that_are_no_text(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe old.png"))
    write_photo(Photo(ASTRONAUT), path)
    assert read_photo(path).pixels.shape == ASTRONAUT.shape
    assert find_photos(tmp_path) == [path]
    path.write_bytes(b"broken")
    with pytest.raises(PhotoError) as caught:
        read_photo(path)
    str(caught.value).encode()  # can be printed
    assert "old.png" in printable(path)


# --- finding --------------------------------------------------------------------------------------


def test_find_photos(tmp_path):
    names = [
        "b.JPG",
        "a.png",
        "deep/er/c.TIFF",
        ".hidden.jpg",
        ".git/d.jpg",
        "notes.txt",
        "out/e.jpg",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "deep/loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "folder.jpg").mkdir()
    found = [
        str(path.relative_to(tmp_path)) for path in find_photos(tmp_path, skip=tmp_path / "out")
    ]
    assert found == ["a.png", "b.JPG", str(Path("deep/er/c.TIFF"))]
    for path, said in ((tmp_path / "none", "does not exist"), (tmp_path / "a.png", "not a folder")):
        with pytest.raises(PhotoError, match=said):
            find_photos(path)
