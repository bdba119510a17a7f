"""Reading and writing photos: every kind that people have, and files that only pretend."""

from __future__ import annotations

import io
import os
import threading
import tracemalloc
import warnings

import numpy as np
import pytest
import tifffile
from photo_files import ASTRONAUT, DEEP, GRAY, GRAY_PROFILE, SRGB, difference, exif, saved
from PIL import Image, ImageCms, ImageOps
from skimage import data

from pixrestore.errors import OutputError, PhotoError
from pixrestore.images import (
    Photo,
    decode_rgb8,
    encode_photo,
    photo_from_image,
    photo_to_image,
    read_photo,
    write_photo,
)

# --- what is kept ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "tolerance"),
    [("jpg", 3), ("png", 0), ("webp", 4), ("tif", 0), ("bmp", 0), ("avif", 4)],
)
@pytest.mark.parametrize("gray", [False, True])
def test_written_photos_come_back(tmp_path, suffix, tolerance, gray):
    channels = GRAY if gray else ASTRONAUT
    photo = photo_from_image(Image.fromarray(channels))
    path = tmp_path / f"new folder/photo.{suffix}"
    assert write_photo(photo, path) == ()
    back = read_photo(path)
    assert back.pixels.dtype == np.uint8
    assert back.pixels.shape == ASTRONAUT.shape
    assert difference(back.pixels, photo.pixels) <= tolerance
    if suffix not in ("webp", "avif"):  # the first knows no gray, the other not in every version
        assert back.gray == gray
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_16_bits_are_kept_with_what_the_file_holds_besides(tmp_path, suffix, count):
    channels = [DEEP[..., 0], DEEP[..., :2], DEEP, np.dstack([DEEP, DEEP[..., 0]])][count - 1]
    profile = GRAY_PROFILE if count < 3 else SRGB
    photo = Photo(
        pixels=np.repeat(channels.reshape(200, 300, -1)[..., :1], 3, -1) if count < 3 else DEEP,
        alpha=channels[..., -1] if count in (2, 4) else None,
        gray=count < 3,
        exif=exif(),
        icc=profile,
        dpi=(300, 150),
    )
    assert write_photo(photo, tmp_path / f"deep.{suffix}") == ()
    back = read_photo(tmp_path / f"deep.{suffix}")
    np.testing.assert_array_equal(back.pixels, photo.pixels)
    assert back.pixels.dtype == np.uint16
    assert back.gray == (count < 3)
    assert (back.alpha is None) == (count in (1, 3))
    if photo.alpha is not None:
        np.testing.assert_array_equal(back.alpha, photo.alpha)
    assert back.icc == profile
    np.testing.assert_allclose(back.dpi, (300, 150), atol=0.02)  # PNG: whole dots a metre
    tags = Image.Exif()
    tags.load(back.exif)
    assert tags[0x010E] == "a rocket"
    assert tags.get_ifd(0x8769)[0x829A] == 0.5
    assert tags.get_ifd(0x8825)[1] == "N"
    if (suffix, count) == ("tif", 2):
        return  # Pillow knows no such TIFF
    with Image.open(tmp_path / f"deep.{suffix}") as other:  # another reader finds a sound file too
        other.load()
        assert other.size == (300, 200)
        assert other.getexif()[0x010E] == "a rocket"


def test_float_tiff_stays_float(tmp_path):
    pixels = (ASTRONAUT / 255).astype(np.float32)
    write_photo(Photo(pixels), tmp_path / "f.tif")
    np.testing.assert_array_equal(read_photo(tmp_path / "f.tif").pixels, pixels)
    assert write_photo(Photo(pixels), tmp_path / "f.png") == (
        "PNG holds 16 bits a channel, the photo has more",
    )
    assert difference(read_photo(tmp_path / "f.png").pixels / 65535, pixels) < 1e-5


def test_float_values_beyond_1_are_scaled_and_told(tmp_path):
    values = np.linspace(-1, 255, 60 * 80, dtype=np.float32).reshape(60, 80)
    values[0, 0] = np.nan
    tifffile.imwrite(tmp_path / "f.tif", values)
    photo = read_photo(tmp_path / "f.tif")
    assert photo.pixels.min() == 0
    assert photo.pixels.max() == 1
    assert photo.gray
    assert "reach 255" in photo.notes[0]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", "deep PNG", "deep TIFF"])
def test_orientation_is_applied_and_reset(orientation, format, tmp_path):
    if format == "deep TIFF":
        tag = (274, 3, 1, orientation, True)
        tifffile.imwrite(tmp_path / "d.tif", DEEP, photometric="rgb", extratags=[tag])
        content = (tmp_path / "d.tif").read_bytes()
    elif format == "deep PNG":
        content = encode_photo(Photo(DEEP, exif=exif(orientation)), "PNG")
    else:
        image = Image.fromarray(ASTRONAUT)
        content = saved(image, format, exif=exif(orientation), dpi=(300, 150))
    with Image.open(io.BytesIO(content)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    photo = read_photo(content)
    shown = photo.pixels if photo.pixels.dtype == np.uint8 else photo.pixels >> 8
    np.testing.assert_array_equal(shown, expected)
    (tmp_path / "for training").write_bytes(content)
    assert difference(decode_rgb8(tmp_path / "for training"), expected) < 0.6  # rounded otherwise
    if format in ("JPEG", "TIFF"):
        assert photo.dpi == ((300, 150) if orientation < 5 else (150, 300))
    tags = Image.Exif()
    tags.load(photo.exif)
    assert tags.get(0x0112, 1) == 1
    again = read_photo(encode_photo(photo))
    assert again.pixels.shape == photo.pixels.shape


LARGE = np.indices((1300, 2500)).astype(np.uint8).transpose(1, 2, 0)  # no two rows, no two columns


@pytest.mark.parametrize("orientation", range(1, 9))
def test_large_photos_are_turned_the_right_way_up_as_well(orientation):
    image = Image.fromarray(np.dstack([LARGE, LARGE[..., :1] // 2]))
    content = saved(image, "PNG", exif=exif(orientation))
    with Image.open(io.BytesIO(content)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(read_photo(content).pixels, expected)


def test_reading_takes_little_more_than_the_pixels(tmp_path):
    Image.new("RGB", (4000, 3000), "teal").save(tmp_path / "large.jpg", exif=exif(6))
    tracemalloc.start()
    try:
        pixels = read_photo(tmp_path / "large.jpg").pixels
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Besides the array a band of 1 MP, as bytes and as what Pillow joins them from; a second copy
    # of the photo would make it 2.
    assert peak < 1.5 * pixels.nbytes


def test_exif_loses_its_thumbnail_and_a_tiffs_storage_tags(tmp_path):
    Image.fromarray(ASTRONAUT).save(
        tmp_path / "t.tif", compression="tiff_lzw", description="rocket"
    )
    photo = read_photo(tmp_path / "t.tif")
    tags = Image.Exif()
    tags.load(photo.exif)
    assert dict(tags) == {270: "rocket"}


def test_damaged_exif_costs_no_photo():
    content = saved(Image.fromarray(ASTRONAUT), "JPEG", exif=exif())
    start = content.index(b"Exif\0\0") + 14
    broken = content[:start] + b"\xff" * 40 + content[start + 40 :]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's
        assert read_photo(broken).pixels.shape == ASTRONAUT.shape


def test_other_colour_spaces_keep_values_and_profile(tmp_path):
    linear = SRGB.replace(b"sRGB", b"mine")
    photo = photo_from_image(
        Image.open(io.BytesIO(saved(Image.fromarray(ASTRONAUT), "PNG", icc_profile=linear)))
    )
    np.testing.assert_array_equal(photo.pixels, ASTRONAUT)
    for suffix in ("png", "jpg", "tif", "webp"):
        write_photo(photo, tmp_path / f"p.{suffix}")
        assert read_photo(tmp_path / f"p.{suffix}").icc == linear


def test_a_gray_profile_does_not_follow_into_colour(tmp_path):
    notes = write_photo(Photo(ASTRONAUT, icc=GRAY_PROFILE), tmp_path / "p.png")
    assert "profile" in notes[0]
    assert read_photo(tmp_path / "p.png").icc == b""


# --- kinds of files -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "I;16", "I", "F", "LAB"]
)
def test_every_mode_is_understood(mode):
    image = Image.fromarray(ASTRONAUT)
    if mode == "I;16":
        image = Image.fromarray(GRAY.astype(np.uint16) * 257)
    elif mode in ("F", "I"):
        image = Image.fromarray(GRAY).convert(mode)
        image = (
            image.point(lambda v: v * (1 / 255)) if mode == "F" else image.point(lambda v: v * 257)
        )
    elif mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(image, *profiles, outputMode="LAB")
    else:
        image = image.convert("L").convert(mode) if mode in ("1", "LA") else image.convert(mode)
    assert image.mode == mode
    photo = photo_from_image(image)
    if photo.pixels.dtype == np.uint16:
        shown = photo.pixels // 257
    else:
        shown = np.asarray(photo_to_image(photo).convert("RGB"))
    gray = mode in ("1", "L", "LA", "I;16", "I", "F")
    assert photo.gray == gray
    expected = np.repeat(GRAY[..., None], 3, -1) if gray else ASTRONAUT
    assert difference(shown, expected) < (100 if mode == "1" else 20)  # dithered
    assert (photo.alpha is not None) == (mode in ("RGBA", "LA"))


def test_transparency_of_palettes_and_colour_keys_becomes_alpha():
    palette = Image.fromarray(ASTRONAUT).quantize(16)
    for transparency in (3, bytes(range(0, 256, 16))):
        photo = read_photo(saved(palette, "PNG", transparency=transparency))
        assert photo.alpha is not None
        assert photo.alpha.min() == 0
        assert not photo.gray
    keyed = saved(Image.fromarray(GRAY), "PNG", transparency=int(GRAY[5, 5]))
    photo = read_photo(keyed)
    assert photo.gray
    assert photo.alpha[5, 5] == 0


def test_cmyk_is_converted_by_its_profile_which_is_then_dropped():
    photo = read_photo(saved(Image.fromarray(ASTRONAUT).convert("CMYK"), "JPEG", quality=95))
    assert difference(photo.pixels, ASTRONAUT) < 6
    assert photo.icc == b""
    for content in (b"no profile", SRGB[:16] + b"CMYK" + SRGB[20:]):
        image = Image.fromarray(ASTRONAUT).convert("CMYK")
        photo = read_photo(saved(image, "TIFF", icc_profile=content))
        assert difference(photo.pixels, ASTRONAUT) < 6
        assert photo.icc == b""


@pytest.mark.parametrize("format", ["GIF", "WEBP", "TIFF", "PNG", "MPO"])
def test_of_several_frames_the_first_is_read_and_told(format):
    frames = [Image.fromarray(np.full((20, 30, 3), value, np.uint8)) for value in (200, 100, 0)]
    content = saved(frames[0], format, save_all=True, append_images=frames[1:])
    photo = read_photo(content)
    assert abs(int(photo.pixels.mean()) - 200) < 5
    assert photo.notes == ("only the first of its 3 frames or pages",)


def test_deep_tiffs_of_all_kinds(tmp_path):
    path = tmp_path / "deep.tif"
    tifffile.imwrite(path, np.moveaxis(DEEP, -1, 0), photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(read_photo(path).pixels, DEEP)
    tifffile.imwrite(
        path, DEEP, photometric="rgb", compression="lzw", predictor=True, tile=(64, 64)
    )
    np.testing.assert_array_equal(read_photo(path).pixels, DEEP)
    tifffile.imwrite(path, DEEP, photometric="rgb", bigtiff=True, byteorder=">")
    np.testing.assert_array_equal(read_photo(path).pixels, DEEP)
    tifffile.imwrite(path, DEEP[..., 0], photometric="miniswhite")
    np.testing.assert_array_equal(read_photo(path).pixels[..., 0], 65535 - DEEP[..., 0])
    tifffile.imwrite(path, np.stack([DEEP, DEEP]), photometric="rgb")
    assert "first of its 2" in read_photo(path).notes[0]
    tifffile.imwrite(path, DEEP.astype(np.uint32) * 65537, photometric="rgb")
    np.testing.assert_array_equal(read_photo(path).pixels, DEEP)
    tifffile.imwrite(path, np.dstack([DEEP, DEEP[..., 0]]), photometric="separated")
    with pytest.raises(PhotoError, match="not known"):
        read_photo(path)


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (2, 3)])
def test_tiny_and_thin_photos(tmp_path, suffix, size):
    pixels = np.full((*size, 3), 120, np.uint8)
    write_photo(Photo(pixels), tmp_path / f"p.{suffix}")
    assert difference(read_photo(tmp_path / f"p.{suffix}").pixels, pixels) < 2
    assert decode_rgb8(tmp_path / f"p.{suffix}", shorter_side=1).shape[-1] == 3


# --- writing --------------------------------------------------------------------------------------


def test_transparency_is_laid_on_white_where_it_must(tmp_path):
    photo = Photo(ASTRONAUT, alpha=np.zeros_like(GRAY))
    assert "transparency" in write_photo(photo, tmp_path / "p.jpg")[0]
    assert read_photo(tmp_path / "p.jpg").pixels.min() > 250


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="must end with one of"):
        write_photo(Photo(ASTRONAUT), tmp_path / "p.gif")
    with pytest.raises(OutputError, match="70000 x 1 pixels"):
        write_photo(Photo(np.zeros((1, 70_000, 3), np.uint8)), tmp_path / "p.jpg")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot write"):
        write_photo(Photo(ASTRONAUT), tmp_path / "file/p.png")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        write_photo(Photo(ASTRONAUT), tmp_path / "folder.png")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder.png"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "p.png"
    path.write_bytes(b"old")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left") as caught:
        write_photo(Photo(ASTRONAUT), path)
    assert caught.value.stopping
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_the_umask_decides_who_may_read(tmp_path):
    old = os.umask(0o027)
    try:
        write_photo(Photo(ASTRONAUT), tmp_path / "p.png")
    finally:
        os.umask(old)
    assert (tmp_path / "p.png").stat().st_mode & 0o777 == 0o640


# --- for training ---------------------------------------------------------------------------------


def test_decode_rgb8_shrinks_and_never_enlarges(tmp_path):
    path = tmp_path / "p.jpg"
    Image.fromarray(data.astronaut()[:400]).save(path, exif=exif(6), quality=95)
    assert decode_rgb8(path).shape == (512, 400, 3)
    small = decode_rgb8(path, shorter_side=50)
    assert small.shape == (64, 50, 3)
    assert small.dtype == np.uint8
    assert decode_rgb8(path, shorter_side=900).shape == (512, 400, 3)
    whole = np.rot90(data.astronaut()[:400], -1)
    expected = np.asarray(Image.fromarray(whole).resize((50, 64), Image.Resampling.BOX))
    assert difference(small, expected) < 4


def test_decode_rgb8_of_other_kinds(tmp_path):
    write_photo(Photo(DEEP, alpha=np.full_like(DEEP[..., 0], 65535)), tmp_path / "deep.tif")
    assert difference(decode_rgb8(tmp_path / "deep.tif"), ASTRONAUT) < 1
    write_photo(Photo(DEEP), tmp_path / "deep.png")
    assert difference(decode_rgb8(tmp_path / "deep.png"), ASTRONAUT) < 1
    Image.fromarray(GRAY.astype(np.uint16) * 257).save(tmp_path / "g16.png")
    assert difference(decode_rgb8(tmp_path / "g16.png"), np.repeat(GRAY[..., None], 3, -1)) < 1
    Image.fromarray(np.dstack([ASTRONAUT, np.zeros_like(GRAY)])).save(tmp_path / "clear.png")
    assert decode_rgb8(tmp_path / "clear.png").min() == 255
    Image.fromarray(GRAY).save(tmp_path / "gray.jpg")
    assert decode_rgb8(tmp_path / "gray.jpg", shorter_side=20).shape == (20, 30, 3)


def test_reading_from_several_threads_restores_pillows_limit():
    limit = Image.MAX_IMAGE_PIXELS
    content = saved(Image.fromarray(ASTRONAUT), "PNG")
    threads = [threading.Thread(target=read_photo, args=(content,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert limit == Image.MAX_IMAGE_PIXELS
