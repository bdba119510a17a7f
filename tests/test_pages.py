"""All pages of a scan, and the times of its file."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
import tifffile
from photo_files import ASTRONAUT, DEEP, GRAY
from PIL import Image, TiffImagePlugin

from pixrestore.errors import OutputError, PhotoError, TooLargeError
from pixrestore.geometry import Geometry
from pixrestore.images import encode_photo, read_photo
from pixrestore.restoring.files import restore_files
from pixrestore.restoring.restorer import Restorer
from pixrestore.tasks import Denoise

PAGES = [ASTRONAUT, DEEP[:100], GRAY, np.dstack([ASTRONAUT[:50], GRAY[:50]])]
YEAR_2001 = 10**18 + 123_456_700


def scan(path, *, order="<", big=False):
    """A scan of four pages of different kinds, the second with its small copy."""
    with tifffile.TiffWriter(path, byteorder=order, bigtiff=big) as file:
        for number, page in enumerate(PAGES):
            kind = {"photometric": "rgb" if page.ndim == 3 else "minisblack", "metadata": None}
            kind |= {"extrasamples": ["unassalpha"]} if page.shape[-1] == 4 else {}
            text = f"Seite {number + 1}: Großmutter".encode()
            tags = [(315, 2, 0, text, True)]
            file.write(page, extratags=tags, compression="zlib", **kind)
            if number == 1:
                file.write(page[::8, ::8], subfiletype=1, **kind)
    return path


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
def test_all_pages_are_restored_into_one_file(restorer, tmp_path, order, big):
    source = scan(tmp_path / "scan.tif", order=order, big=big)
    summary = restore_files([source], None, restorer, all_pages=True)
    assert summary.exit_code == 0, str(summary.results[0].error)
    assert "all of its 4 pages" in summary.results[0].message
    with tifffile.TiffFile(tmp_path / "scan-denoise.tif") as file:
        assert len(file.pages) == len(PAGES)
        for number, (page, original) in enumerate(zip(file.pages, PAGES, strict=True)):
            made = page.asarray()
            assert (made.shape, made.dtype) == (original.shape, original.dtype)
            colours = slice(None) if original.ndim == 2 else slice(3)
            # Half of a whole number is rounded.
            away = made[..., colours] - original[..., colours] / 2
            assert np.abs(away).max() <= 0.5
            assert f"Seite {number + 1}: Großmutter".encode() in str(page.tags[315].value).encode()
            assert "pixrestore" in page.tags[305].value
    with Image.open(tmp_path / "scan-denoise.tif") as image:  # another reader sees them too
        assert image.n_frames == len(PAGES)


def test_one_page_is_restored_where_nobody_says_otherwise(restorer, tmp_path):
    summary = restore_files([scan(tmp_path / "scan.tif")], None, restorer)
    assert "only the first of its 4 frames or pages" in summary.results[0].message
    with Image.open(tmp_path / "scan-denoise.tif") as image:
        assert image.n_frames == 1


def test_pages_of_bytes_and_of_what_pillow_writes(tmp_path):
    pages = [Image.fromarray(GRAY), Image.fromarray(ASTRONAUT)]
    stream = io.BytesIO()
    said = TiffImagePlugin.ImageFileDirectory_v2()
    said[270] = "two"
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:], tiffinfo=said)
    photo = read_photo(stream.getvalue(), all_pages=True)
    again = read_photo(encode_photo(photo), all_pages=True)
    np.testing.assert_array_equal(again.channels(), GRAY)
    np.testing.assert_array_equal(again.further[0].channels(), ASTRONAUT)
    assert b"two" in again.exif


def test_other_formats_hold_one_page(tmp_path):
    def network(x):
        raise AssertionError("it was asked")

    restorer = Restorer(Denoise(), network, Geometry(multiple=4, margin=4))
    source = scan(tmp_path / "scan.tif")
    summary = restore_files([source], tmp_path / "x.png", restorer, all_pages=True)
    error = summary.results[0].error
    assert isinstance(error, OutputError)
    assert str(error).endswith("PNG holds one page: write the 4 pages as TIFF")
    assert [path.name for path in tmp_path.iterdir()] == ["scan.tif"]


def test_a_damaged_page_and_too_many_pages_are_refused(tmp_path):
    source = scan(tmp_path / "scan.tif")
    whole = source.read_bytes()
    total = sum(page.shape[0] * page.shape[1] for page in PAGES)
    read_photo(whole, all_pages=True, max_pixels=total)
    with pytest.raises(TooLargeError, match="its 4 pages have 0 megapixels together, more than"):
        read_photo(whole, all_pages=True, max_pixels=total - 1)
    with tifffile.TiffFile(source) as file:
        place, count = file.pages[3].dataoffsets[0], file.pages[3].databytecounts[0]
    spoilt = whole[:place] + bytes(count) + whole[place + count :]
    read_photo(spoilt)
    with pytest.raises(PhotoError):
        read_photo(spoilt, all_pages=True)


def test_the_command_restores_all_pages(cli, tmp_path):
    source = scan(tmp_path / "scan.tif")
    found = cli("denoise", source, "--pages", "all", "--strength", 0)
    assert found.code == 0, found.err
    with tifffile.TiffFile(tmp_path / "scan-denoise.tif") as file:
        np.testing.assert_array_equal(file.pages[1].asarray(), PAGES[1])
        assert len(file.pages) == len(PAGES)


# --- times ----------------------------------------------------------------------------------------


def test_times_are_kept_where_that_is_asked_for(cli, tmp_path):
    Image.fromarray(GRAY).save(tmp_path / "old.png")
    os.utime(tmp_path / "old.png", ns=(YEAR_2001, YEAR_2001))
    assert cli("denoise", tmp_path / "old.png", "--keep-times", "--compare").code == 0
    # Disks keep times to 2 seconds or better.
    made = (tmp_path / "old-denoise.png").stat().st_mtime_ns
    assert made == pytest.approx(YEAR_2001, abs=2e9)
    assert (tmp_path / "old-denoise-compare.jpg").stat().st_mtime_ns > 1.5e18
    assert cli("denoise", tmp_path / "old.png", "--overwrite").code == 0
    assert (tmp_path / "old-denoise.png").stat().st_mtime_ns > 1.5e18


def test_results_with_kept_times_are_made_anew_once(restorer, tmp_path):
    for name in "ab":
        Image.fromarray(GRAY).save(tmp_path / f"{name}.png")
        os.utime(tmp_path / f"{name}.png", ns=(YEAR_2001, YEAR_2001))
    out = tmp_path / "out"
    restore_files([tmp_path], out, restorer, keep_times=True)
    summary = restore_files([tmp_path], out, restorer, keep_times=True, overwrite=True)
    assert len(summary.of("restored")) == 2
    assert restore_files([tmp_path], out, restorer, keep_times=True).of("restored") == []
