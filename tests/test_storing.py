"""In which format a result is written, and how well it keeps the photo."""

from __future__ import annotations

import io

import numpy as np
import pytest
from photo_files import ASTRONAUT, DEEP, GRAY, GRAY_PROFILE, SRGB, difference, exif, saved
from PIL import Image

from pixrestore.errors import OutputError, UsageError
from pixrestore.geometry import Geometry
from pixrestore.images import Photo, encode_photo, photo_from_image, read_photo, write_photo
from pixrestore.images.metadata import Texts
from pixrestore.images.photo import photo_from_channels
from pixrestore.restoring.files import restore_files
from pixrestore.restoring.restorer import Restorer
from pixrestore.tasks import Denoise

COLOUR = Image.fromarray(ASTRONAUT)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'
IPTC = b"\x1c\x02\x78\x00\x03abc"
CHANNELS = {
    "gray": GRAY,
    "gray and alpha": np.dstack([GRAY, GRAY[::-1]]),
    "colour": ASTRONAUT,
    "colour and alpha": np.dstack([ASTRONAUT, GRAY]),
}


@pytest.fixture
def restorer():
    """A restorer that changes nothing."""
    return Restorer(Denoise(), lambda x: x, Geometry(multiple=4, margin=4))


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def photo_of(channels):
    gray = channels.ndim == 2 or channels.shape[-1] == 2
    return photo_from_channels(
        channels,
        exif=exif(),
        texts=Texts(xmp=XMP, iptc=IPTC),
        icc=GRAY_PROFILE if gray else SRGB,
        dpi=(300, 150),
    )


# --- what is written ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize("format", ["AVIF", "HEIF", "WEBP", "JPEG2000"])
def test_nothing_is_lost_where_that_is_asked_for(format, kind):
    photo = photo_of(CHANNELS[kind])
    back = read_photo(encode_photo(photo, format, "lossless"))
    np.testing.assert_array_equal(back.pixels, photo.pixels)
    if photo.alpha is not None:
        np.testing.assert_array_equal(back.alpha, photo.alpha)
    # What the photo says lies beside the pixels, whoever wrote these.
    assert b"a rocket" in back.exif
    assert back.texts.xmp.startswith(XMP[:20])
    assert back.icc == photo.icc


@pytest.mark.parametrize("channels", [DEEP, DEEP[..., 0], np.dstack([DEEP, DEEP[..., 0]])])
def test_jpeg_2000_holds_16_bits_and_all_that_a_photo_says(channels):
    photo = photo_of(channels)
    back = read_photo(encode_photo(photo, "JPEG2000"))
    np.testing.assert_array_equal(back.channels(), channels)
    assert (back.exif, back.texts, back.icc) == (photo.exif, photo.texts, photo.icc)
    assert back.dpi == pytest.approx((300, 150), abs=0.02)  # whole dots per metre


def test_other_readers_find_what_an_avif_without_loss_says():
    photo = photo_of(ASTRONAUT)
    with Image.open(io.BytesIO(encode_photo(photo, "AVIF", "lossless"))) as image:
        np.testing.assert_array_equal(np.asarray(image), ASTRONAUT)
        assert image.info["icc_profile"] == SRGB
        assert image.info["xmp"] == XMP
        assert image.getexif()[0x010E] == "a rocket"


def test_an_avif_without_loss_stays_so():
    photo = photo_from_image(COLOUR)
    kept = read_photo(encode_photo(photo, "AVIF", "lossless"))
    assert kept.lossless
    np.testing.assert_array_equal(read_photo(encode_photo(kept)).pixels, ASTRONAUT)
    assert not read_photo(saved(COLOUR, "AVIF", quality=100)).lossless


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF", "HEIF"])
def test_more_quality_is_nearer_and_larger(format):
    photo = photo_from_image(COLOUR)
    files = [encode_photo(photo, format, quality) for quality in (30, 60, 95)]
    away = [difference(read_photo(file).pixels, ASTRONAUT) for file in files]
    assert away == sorted(away, reverse=True)
    assert [len(file) for file in files] == sorted(len(file) for file in files)


def test_avif_keeps_the_resolution_of_colours():
    colours = np.zeros((32, 32, 3), np.uint8)
    colours[::2, ::2, 0] = colours[1::2, 1::2, 2] = 200
    back = read_photo(encode_photo(Photo(colours), "AVIF", 100)).pixels
    assert difference(back, colours) < 3  # half of its resolution is 40 away


# --- where, and when it cannot be -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "endings"),
    [("png", [".png"] * 4), ("JPG", [".jpg", ".jpeg", ".jpg", ".jpg"]), ("heic", [".heic"] * 4)],
)
def test_a_folder_is_written_in_another_format(restorer, tmp_path, format, endings):
    for name in ("a.jpg", "b.jpeg", "sub/c.d.png", "e.gif"):
        (tmp_path / "box" / name).parent.mkdir(parents=True, exist_ok=True)
        COLOUR.crop((0, 0, 32, 32)).save(tmp_path / "box" / name)
    summary = restore_files([tmp_path / "box"], tmp_path / "out", restorer, format=format)
    assert summary.exit_code == 0
    names = zip(["a", "b", "e", "sub/c.d"], [*endings[:2], endings[3], endings[2]], strict=True)
    assert files_in(tmp_path / "out") == [name + ending for name, ending in names]


def test_photos_that_would_share_a_name_in_another_format_are_told(restorer, tmp_path):
    for name in ("one.jpg", "one.png"):
        COLOUR.save(tmp_path / name)
    summary = restore_files([tmp_path], tmp_path / "out", restorer, format="webp")
    assert [result.status for result in summary.results] == ["failed", "restored"]
    assert "would replace that of" in str(summary.results[0].error)


def test_without_loss_is_refused_before_any_work_where_it_cannot_be(tmp_path):
    def network(x):
        raise AssertionError("it was asked")

    COLOUR.save(tmp_path / "old.jpg")
    restorer = Restorer(Denoise(), network, Geometry(multiple=4, margin=4))
    summary = restore_files([tmp_path / "old.jpg"], None, restorer, quality="lossless")
    error = summary.results[0].error
    assert isinstance(error, OutputError)
    assert str(error).endswith(
        "JPEG cannot keep a photo without loss; PNG, TIFF, JPEG2000, BMP always do"
    )
    assert files_in(tmp_path) == ["old.jpg"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--quality", "0"], "--quality must be 1 to 100 or lossless, not 0"),
        (["--quality", "best"], "--quality must be 1 to 100 or lossless, not 'best'"),
        (["--format", "pgn"], "--format must be one of jpeg, png, tiff, webp, avif, heic, jp2"),
        (["--format", "png", "--out", "x.jpg"], "x.jpg and --format png name two formats"),
        (["--format", "png", "--out", "x.gif"], "must end with one of"),
    ],
)
def test_what_makes_no_sense_is_refused(cli, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    COLOUR.save("old.png")
    found = cli("denoise", "old.png", *words)
    assert found.code == (OutputError if "end with" in said else UsageError).exit_code
    assert said in found.error
    assert files_in(tmp_path) == ["old.png"]


@pytest.mark.parametrize("name", ["x.heic", "x.jp2"])
def test_kinds_that_are_read_are_written(cli, tmp_path, name):
    COLOUR.save(tmp_path / "old.png", exif=exif())
    assert cli("denoise", tmp_path / "old.png", "--out", tmp_path / name).code == 0
    assert b"pixrestore" in read_photo(tmp_path / name).exif
    again = cli("denoise", tmp_path / name, "--quality", 80)
    assert again.code == 0, again.err
    assert files_in(tmp_path) == sorted(["old.png", name, name.replace(".", "-denoise.")])


def test_heic_is_written_only_with_its_package(restorer, tmp_path, monkeypatch):
    monkeypatch.setattr("pixrestore.images.formats.reads_heif", lambda: False)
    COLOUR.save(tmp_path / "old.png")
    summary = restore_files([tmp_path / "old.png"], tmp_path / "x.heic", restorer)
    assert "pip install 'pixrestore[heif]'" in str(summary.results[0].error)
    assert summary.exit_code == OutputError.exit_code


def test_standard_output_has_the_format_that_is_asked_for(tmp_path, monkeypatch):
    import sys

    from pixrestore.cli import main

    COLOUR.save(tmp_path / "old.jpg")
    written = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", written)
    assert main(["denoise", str(tmp_path / "old.jpg"), "-o", "-", "--format", "webp"]) == 0
    photo = read_photo(written.buffer.getvalue())
    assert photo.format == "WEBP"


def test_write_photo_takes_a_quality(tmp_path):
    photo = photo_from_image(COLOUR)
    write_photo(photo, tmp_path / "a.webp", "lossless")
    np.testing.assert_array_equal(read_photo(tmp_path / "a.webp").pixels, ASTRONAUT)
