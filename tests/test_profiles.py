"""The same photo in any colour profile: networks see it alike, and it looks alike afterwards."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from photo_files import ASTRONAUT, GRAY, SRGB, difference, saved
from PIL import Image, ImageCms
from test_restoring import colorizer, denoiser

from pixrestore.images import (
    Photo,
    decode_rgb8,
    encode_photo,
    photo_from_image,
    read_photo,
    to_float,
    write_photo,
)
from pixrestore.images.metrics import ciede2000
from pixrestore.images.profiles import as_stored, in_srgb, to_working
from pixrestore.restoring.comparing import comparison
from pixrestore.tasks import Denoise

D65, D50 = (0.3127, 0.3290, 1.0), (0.3457, 0.3585, 1.0)
PRIMARIES = {
    "sRGB": (0.64, 0.33, 1, 0.30, 0.60, 1, 0.15, 0.06, 1),
    "AdobeRGB": (0.64, 0.33, 1, 0.21, 0.71, 1, 0.15, 0.06, 1),
    "ProPhoto": (0.7347, 0.2653, 1, 0.1596, 0.8404, 1, 0.0366, 0.0001, 1),
}


def rgb_profile(primaries, gamma, white=D65):
    return imagecodecs.cms_profile(
        "rgb", whitepoint=white, primaries=PRIMARIES[primaries], gamma=gamma
    )


def gray_profile(gamma):
    return imagecodecs.cms_profile("gray", gamma=gamma)


COLOUR = {
    "AdobeRGB": rgb_profile("AdobeRGB", 2.2),
    "ProPhoto": rgb_profile("ProPhoto", 1.8, D50),
    "linear": rgb_profile("sRGB", 1.0),
}
GRAYS = {f"gray of gamma {gamma}": gray_profile(gamma) for gamma in (1.0, 1.8, 2.2)}


def converted(pixels, source, target):
    """Convert 16 bits exactly, with the reference implementation."""
    settings = {"colorspace": "rgb", "outcolorspace": "rgb", "intent": 1, "flags": 0x100}
    return imagecodecs.cms_transform(np.ascontiguousarray(pixels), source, target, **settings)


def shown(content):
    """Return what a viewer that knows profiles shows, as float sRGB."""
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        profile = image.info.get("icc_profile")
        if profile and profile[16:20] == b"RGB ":
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
        return np.asarray(image.convert("RGB"), np.float32) / 255


def gray_as(profile, dtype=np.uint8):
    """Return the gray sample as a photo in a profile, which looks the same as in any other."""
    light = np.asarray(GRAY, np.float64) / 255
    light = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    lines = np.linspace(0, 1, 4097, dtype=np.float32)
    gray = profile[16:20] == b"GRAY"
    given = lines[:, None] if gray else np.repeat(lines[:, None, None], 3, axis=-1)
    curve = imagecodecs.cms_transform(
        given,
        profile,
        rgb_profile("sRGB", 1.0),
        colorspace="gray" if gray else "rgb",
        outcolorspace="rgb",
        intent=1,
        flags=0x100,
    )
    values = np.interp(light, curve.reshape(-1, 3).mean(axis=1), lines)
    top = np.iinfo(dtype).max
    channels = np.rint(values * top).astype(dtype)
    pixels = np.repeat(channels[..., None], 3, axis=-1)
    return Photo(pixels, gray=gray, icc=profile)


class TestColouring:
    """A gray photo is coloured as the picture that it shows, whatever its numbers."""

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    @pytest.mark.parametrize("name", [*COLOUR, *GRAYS])
    def test_the_same_picture_is_coloured_the_same(self, name, dtype):
        profile = (COLOUR | GRAYS)[name]
        plain = shown(encode_photo(colorizer().restore_photo(photo_from_image(_gray_image()))))
        photo = colorizer().restore_photo(gray_as(profile, dtype))
        assert photo.pixels.dtype == dtype
        assert photo.icc[16:20] == b"RGB "
        result = shown(encode_photo(photo, "PNG"))
        # A linear scale of 8 bits has few dark grays: that is in the file, not in what is made.
        assert ciede2000(result, plain) < (0.7 if dtype == np.uint8 else 0.2)

    def test_a_result_says_that_it_is_srgb(self):
        photo = colorizer().restore_photo(gray_as(GRAYS["gray of gamma 1.8"]))
        assert imagecodecs.cms_profile("srgb")[128:] == photo.icc[128:]
        assert colorizer().restore_photo(photo_from_image(_gray_image())).icc == b""

    def test_equal_photos_give_equal_files(self):
        content = encode_photo(gray_as(GRAYS["gray of gamma 1.8"]))
        first, second = (colorizer().restore(content) for _ in range(2))
        assert first == second

    def test_what_the_network_sees_of_a_photo_to_encode_is_the_same(self):
        def seen(photo):
            return colorizer()._seen(photo)

        plain = seen(photo_from_image(_gray_image()))
        other = seen(gray_as(COLOUR["ProPhoto"], np.uint16))
        assert np.abs(plain - other).max() < 0.002

    def test_the_halves_of_a_comparison_are_of_one_kind(self):
        before = gray_as(COLOUR["linear"], np.uint16)
        beside = comparison(before, colorizer().restore_photo(before))
        assert beside.icc == b""
        assert difference(beside.pixels[:, :300], np.repeat(GRAY[..., None], 3, -1)) < 1

    def test_colours_of_a_wide_gamut_count_as_what_they_are(self):
        deep = ASTRONAUT.astype(np.uint16) * 257
        wide = Photo(converted(deep, SRGB, COLOUR["ProPhoto"]), icc=COLOUR["ProPhoto"])
        plain = colorizer().restore_photo(Photo(deep))
        assert (
            ciede2000(to_float(colorizer().restore_photo(wide).pixels), to_float(plain.pixels))
            < 0.3
        )


def _gray_image():
    return Image.fromarray(GRAY)


class TestKeepingColours:
    """A task that keeps colours gives them back in the photo's own profile."""

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
    @pytest.mark.parametrize("name", [*COLOUR, *GRAYS])
    def test_there_and_back_is_the_same(self, name, dtype):
        profile = (COLOUR | GRAYS)[name]
        pixels = ASTRONAUT if name in COLOUR else np.repeat(GRAY[..., None], 3, -1)
        pixels = {
            "uint8": pixels,
            "uint16": pixels.astype(np.uint16) * 257,
            "float32": (pixels / 255).astype(np.float32),
        }[np.dtype(dtype).name]
        photo = Photo(pixels, gray=name in GRAYS, icc=profile)
        back = as_stored(to_working(photo, keeps_colour=True), photo)
        assert back.icc == profile
        assert back.pixels.dtype == dtype
        # 8 bits come back to the bit; 16 within what steep curves near black cost.
        tolerance = {"uint8": 0, "uint16": 24, "float32": 1e-3}[np.dtype(dtype).name]
        assert np.abs(back.pixels.astype(float) - pixels).max() <= tolerance

    def test_the_most_saturated_colours_of_a_wide_gamut_stay(self):
        green = np.zeros((40, 40, 3), np.uint16)
        green[..., 1] = 60000
        photo = Photo(green, icc=COLOUR["ProPhoto"])
        kept = denoiser(task=Denoise(strength=0.0)).restore_photo(photo)
        assert np.abs(kept.pixels.astype(int) - green).max() <= 24
        assert kept.icc == photo.icc

    @pytest.mark.parametrize("name", COLOUR)
    def test_the_same_photo_looks_the_same_afterwards(self, name):
        deep = ASTRONAUT.astype(np.uint16) * 257
        restorer = denoiser(task=Denoise(strength=0.5))
        plain = to_float(restorer.restore_photo(Photo(deep)).pixels)
        other = Photo(converted(deep, SRGB, COLOUR[name]), icc=COLOUR[name])
        result = in_srgb(restorer.restore_photo(other))
        assert ciede2000(to_float(result.pixels), plain) < 1

    def test_srgb_is_left_alone(self):
        photo = Photo(ASTRONAUT, icc=SRGB)
        assert to_working(photo, keeps_colour=True) is photo

    def test_gray_with_a_profile_of_colours_keeps_its_look(self):
        photo = Photo(gray_as(COLOUR["linear"], np.uint16).pixels, gray=True, icc=COLOUR["linear"])
        kept = denoiser(task=Denoise(strength=0.0)).restore_photo(photo)
        assert kept.gray
        assert kept.icc == b""
        assert difference(kept.pixels / 257, np.repeat(GRAY[..., None], 3, -1)) < 1

    @pytest.mark.parametrize("keeps_colour", [False, True])
    @pytest.mark.parametrize("size", [100, 140, 300])
    def test_a_damaged_profile_is_left_out_and_told(self, keeps_colour, size):
        profile = COLOUR["ProPhoto"][:size]
        photo = to_working(Photo(ASTRONAUT, icc=profile), keeps_colour=keeps_colour)
        assert np.array_equal(photo.pixels, ASTRONAUT)
        if not keeps_colour:
            assert photo.icc == b""
            assert "profile is damaged" in photo.notes[0]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("name", [*COLOUR, *GRAYS])
def test_photos_to_train_on_are_what_they_show(tmp_path, name, suffix):
    profile, path = (COLOUR | GRAYS)[name], tmp_path / f"photo{suffix}"
    if name in GRAYS:
        write_photo(gray_as(profile), path)
    else:
        deep = converted(ASTRONAUT.astype(np.uint16) * 257, SRGB, profile)
        write_photo(Photo((deep >> 8).astype(np.uint8), icc=profile), path)
    with Image.open(path) as image:
        assert image.info["icc_profile"]
    plain = np.repeat(GRAY[..., None], 3, -1) if name in GRAYS else ASTRONAUT
    # 8 bits of a linear scale, or of a wide gamut, and JPEG: a viewer shows no more.
    assert ciede2000(to_float(decode_rgb8(path)), to_float(plain)) < 2


def test_a_format_without_profiles_gets_the_photo_as_it_looks():
    photo = Photo(converted(ASTRONAUT.astype(np.uint16) * 257, SRGB, COLOUR["linear"]))
    content = encode_photo(replace(photo, icc=COLOUR["linear"]), "BMP")
    assert difference(read_photo(content).pixels, ASTRONAUT) < 0.5


# --- PNG's own words ------------------------------------------------------------------------------


def with_chunks(image, *chunks):
    content = saved(image, "PNG")
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return content[:33] + b"".join(parts) + content[33:]


def gama(gamma):
    return b"gAMA", struct.pack(">I", round(gamma * 100000))


def chrm(*points):
    return b"cHRM", struct.pack(">8I", *(round(point * 100000) for point in points))


P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
P3_RED = (217, 42, 52)
USUAL = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)


def test_a_gamma_of_png_is_kept_as_a_profile():
    linear = gray_as(GRAYS["gray of gamma 1.0"])
    content = with_chunks(Image.fromarray(linear.channels()), gama(1.0))
    photo = read_photo(content)
    assert photo.gray
    assert difference(in_srgb(photo).pixels, np.repeat(GRAY[..., None], 3, -1)) < 1.5
    assert photo_from_image(Image.open(io.BytesIO(content))).icc == photo.icc
    denoised = read_photo(denoiser(task=Denoise(strength=0.0)).restore(content))
    assert denoised.icc == photo.icc
    assert np.array_equal(denoised.pixels, photo.pixels)
    coloured = shown(colorizer().restore(content))
    plain = shown(colorizer().restore(saved(_gray_image(), "PNG")))
    assert ciede2000(coloured, plain) < 0.7


def test_a_gamma_of_a_png_of_16_bits_is_kept():
    deep = gray_as(COLOUR["linear"], np.uint16).pixels
    content = encode_photo(Photo(deep), "PNG")
    name, data = gama(1.0)
    part = struct.pack(">I", 4) + name + data + struct.pack(">I", zlib.crc32(name + data))
    photo = read_photo(content[:33] + part + content[33:])
    assert photo.pixels.dtype == np.uint16
    assert difference(in_srgb(photo).pixels / 257, np.repeat(GRAY[..., None], 3, -1)) < 0.1


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(0.45455)],
        [gama(0.45455), chrm(*USUAL)],
        [(b"sRGB", b"\0"), gama(1.0)],
        [(b"cICP", bytes([1, 13, 0, 1]))],
    ],
)
def test_what_says_srgb_needs_no_profile(chunks):
    assert read_photo(with_chunks(Image.fromarray(ASTRONAUT), *chunks)).icc == b""


@pytest.mark.parametrize(
    "chunks", [[gama(0.45455), chrm(*P3)], [chrm(*P3)], [(b"cICP", bytes([12, 13, 0, 1]))]]
)
def test_other_primaries_are_kept_as_a_profile(chunks):
    photo = read_photo(with_chunks(Image.new("RGB", (9, 9), (200, 60, 60)), *chunks))
    # Display P3's (200, 60, 60) in sRGB, by the published matrices of both and their curve.
    assert np.abs(in_srgb(photo).pixels[0, 0].astype(int) - P3_RED).max() <= 1
    assert not photo.notes


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(0.0001)],
        [chrm(0, 0, 0, 0, 0, 0, 0, 0)],
        [(b"cICP", bytes([9, 16, 0, 1]))],
        [(b"cICP", bytes([2, 2, 0, 1]))],
    ],
)
def test_what_is_not_known_is_told(chunks):
    photo = read_photo(with_chunks(Image.fromarray(ASTRONAUT), *chunks))
    assert photo.icc == b""
    assert "taken as sRGB" in photo.notes[0]
