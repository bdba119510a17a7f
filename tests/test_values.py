"""What the numbers in a TIFF mean: their scale, and channels that are no colours."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from photo_files import ASTRONAUT, DEEP, GRAY, difference
from test_restoring import denoiser

from pixrestore.images import encode_photo, read_photo
from pixrestore.tasks import Denoise

RAMP = np.broadcast_to(np.arange(300, dtype=np.uint16) * 200, GRAY.shape)


def tiff(values, **settings):
    stream = io.BytesIO()
    settings = {"photometric": "rgb" if values.ndim == 3 else "minisblack", **settings}
    tifffile.imwrite(stream, values, **settings)
    return stream.getvalue()


def with_extra(colours, extra, *kinds):
    extra = extra.astype(colours.dtype)
    settings = {"photometric": "minisblack"} if colours.ndim == 2 else {}
    channels = np.dstack([colours, *[extra] * len(kinds)])
    return tiff(channels, extrasamples=list(kinds), planarconfig="contig", **settings)


class TestExtraChannels:
    """A channel beside the colours is alpha only where the file says so."""

    @pytest.mark.parametrize("colours", [ASTRONAUT, DEEP, DEEP[..., 0], GRAY])
    def test_one_of_no_stated_meaning_is_left_out_and_told(self, colours):
        photo = read_photo(with_extra(colours, RAMP >> 8, "unspecified"))
        assert photo.alpha is None
        assert np.array_equal(photo.channels(), colours)
        assert "infrared" in photo.notes[0]

    def test_alpha_is_found_behind_another(self):
        content = tiff(
            np.dstack([DEEP, RAMP // 2, RAMP]), extrasamples=["unspecified", "unassalpha"]
        )
        photo = read_photo(content)
        assert np.array_equal(photo.alpha, RAMP)
        assert np.array_equal(photo.pixels, DEEP)
        assert len(photo.notes) == 1

    def test_a_scan_with_infrared_is_restored_whole(self):
        content = with_extra(DEEP, RAMP, "unspecified")
        result = denoiser(task=Denoise(strength=0.0)).restore(content)
        assert np.array_equal(tifffile.imread(io.BytesIO(result)), DEEP)

    @pytest.mark.parametrize("colours", [ASTRONAUT, DEEP, GRAY, DEEP[..., 0]])
    def test_unassociated_alpha_leaves_colours_alone(self, colours):
        alpha = (RAMP >> 8 if colours.dtype == np.uint8 else RAMP).astype(colours.dtype)
        photo = read_photo(with_extra(colours, alpha, "unassalpha"))
        assert np.array_equal(photo.alpha, alpha)
        assert np.array_equal(photo.channels()[..., :-1].squeeze(), colours)
        assert photo.notes == ()

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
    def test_associated_alpha_is_undone_and_done_again(self, dtype):
        top = 1 if dtype == np.float32 else np.iinfo(dtype).max
        shown = ASTRONAUT / 255 * top
        alpha = np.full(GRAY.shape, top // 2 if top > 1 else 0.5, dtype)
        alpha[:50] = 0
        alpha[50:100] = top
        stored = shown * (alpha / top)[..., None]
        stored = (stored if top == 1 else np.rint(stored)).astype(dtype)
        content = with_extra(stored, alpha, "assocalpha")
        photo = read_photo(content)
        assert photo.pixels.dtype == dtype
        assert np.abs(photo.pixels[50:] - shown[50:]).max() <= (1e-6 if top == 1 else 2)
        result = denoiser(task=Denoise(strength=0.0)).restore(content)
        with tifffile.TiffFile(io.BytesIO(result)) as file:
            page = file.pages.first
            assert page.extrasamples == (1,)
            again = page.asarray()
        assert np.array_equal(again[..., -1], alpha)
        # 8 bits: Pillow's quotient may round down, which costs one step.
        tolerance = {np.uint8: 1, np.uint16: 0, np.float32: 1e-6}[dtype]
        assert np.abs(again[..., :3].astype(float) - stored).max() <= tolerance
        # In a format that knows no such thing colours are written as they are.
        png = read_photo(encode_photo(photo, "PNG"))
        assert np.abs(png.pixels / np.iinfo(png.pixels.dtype).max - photo.pixels / top).max() < 1e-4

    def test_alpha_of_white_on_black_is_not_turned_round(self):
        content = with_extra(DEEP[..., 0], RAMP, "unassalpha")
        inverse = tiff(
            np.dstack([65535 - DEEP[..., 0], RAMP]),
            photometric="miniswhite",
            extrasamples=["unassalpha"],
            planarconfig="contig",
        )
        one, other = read_photo(content), read_photo(inverse)
        assert np.array_equal(one.pixels, other.pixels)
        assert np.array_equal(one.alpha, other.alpha)


class TestFloats:
    """White is where a photographer would put it."""

    PLAIN = (ASTRONAUT / 255).astype(np.float32)

    @pytest.mark.parametrize("highlight", [1.5, 12, 60000, np.inf])
    def test_a_highlight_is_clipped_and_the_photo_stays(self, highlight):
        values = self.PLAIN.copy()
        values[:4, :4] = highlight
        photo = read_photo(tiff(values))
        assert np.array_equal(photo.pixels[4:], self.PLAIN[4:])
        assert photo.pixels[:4, :4].min() == 1
        if np.isfinite(highlight):
            assert "those above 1 were clipped" in photo.notes[0]

    @pytest.mark.parametrize("white", [255, 1023, 4095, 65535])
    def test_scales_of_whole_numbers_are_known(self, white):
        for values in (self.PLAIN * white, np.rint(self.PLAIN * 0.8 * white) / 0.8):
            photo = read_photo(tiff(values.astype(np.float32)))
            assert difference(photo.pixels, self.PLAIN) < 0.005
            assert f"{white} became 1" in photo.notes[0]

    def test_a_highlight_beyond_255_is_clipped_too(self):
        values = self.PLAIN * 255 + np.float32(0.1)
        values[3, 3] = 3000
        assert difference(read_photo(tiff(values)).pixels, self.PLAIN) < 0.002

    def test_light_of_any_unit_is_scaled_by_its_brightest_part(self):
        values = self.PLAIN * 7
        values[3, 3] = 300
        # The brightest part of this photo is 0.97.
        assert difference(read_photo(tiff(values)).pixels, self.PLAIN) < 0.03

    def test_alpha_is_not_scaled_with_the_colours(self):
        alpha = np.full(GRAY.shape, 0.5, np.float32)
        alpha[0, 0] = 3
        photo = read_photo(with_extra(self.PLAIN * 255, alpha, "unassalpha"))
        assert difference(photo.pixels, self.PLAIN) < 0.002
        assert photo.alpha[0, 0] == 1
        assert photo.alpha[1, 1] == 0.5

    def test_signed_integers_are_known_by_their_scale(self):
        half = (DEEP[..., 0] >> 1).astype(np.int16)
        assert difference(read_photo(tiff(half)).pixels[..., 0], half / 32767) < 1e-4
