"""Restoring photos of any size and kind, with networks simple enough to know what must come out."""

from __future__ import annotations

import io
import logging

import numpy as np
import pytest
from photo_files import SRGB
from PIL import Image
from scipy.ndimage import uniform_filter

from pixrestore.errors import OutOfMemoryError, PhotoError, UsageError
from pixrestore.geometry import Geometry
from pixrestore.images import decode_rgb8
from pixrestore.restoring.restorer import Restorer
from pixrestore.tasks import Colorize, Denoise

MARGIN = 8


class Blur:
    """A network that looks `MARGIN` pixels around, and notes the sizes that it is given."""

    def __init__(self):
        self.seen = []

    def __call__(self, x):
        self.seen.append(x.shape[1:3])
        size = 2 * MARGIN + 1
        return uniform_filter(x, (0, size, size, 0), mode="constant")


class Scene:
    """A network that answers one chroma, and notes the sizes that it is given."""

    def __init__(self, ab=(20.0, 30.0)):
        self.seen, self.ab = [], ab

    def __call__(self, x):
        self.seen.append(x.shape[1:3])
        return np.broadcast_to(np.float32(self.ab) / 110, (*x.shape[:3], 2)).astype(np.float32)


def denoiser(network=None, task=None, **geometry):
    settings = {"multiple": 4, "margin": MARGIN, **geometry}
    return Restorer(task or Denoise(), network or Blur(), Geometry(**settings))


def colorizer(network=None, task=None, **geometry):
    settings = {"multiple": 4, "working_size": 64, **geometry}
    task, network = task or Colorize(), network or Scene()
    return Restorer(task, network, Geometry(**settings), adds_colour=True)


@pytest.fixture
def cat(samples):
    return decode_rgb8(samples / "cat.jpg")


def random(*shape, dtype=np.uint8):
    values = np.random.default_rng(0).random(shape)
    kind = np.dtype(dtype)
    return values.astype(kind) if kind.kind == "f" else (values * np.iinfo(kind).max).astype(kind)


class Tint(Blur):
    """A network that tints what it sees, as real ones do by a little."""

    def __call__(self, x):
        return super().__call__(x) + np.float32((0.1, 0.0, -0.04))


SIZES = [(1, 1), (1, 2), (3, 1), (1, 200), (5, 7), (8, 8), (63, 65), (131, 97)]


class TestSizes:
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("make", [denoiser, colorizer])
    def test_every_size_is_restored_to_itself(self, make, size):
        image = random(*size, 3)
        before = image.copy()
        restorer = make()
        restored = restorer.restore(image)
        assert restored.shape == image.shape
        assert restored.dtype == image.dtype
        assert np.array_equal(image, before)
        for height, width in restorer.network.seen:
            assert height % 4 == width % 4 == 0

    @pytest.mark.parametrize("size", [(40, 40), (97, 131), (30, 200), (200, 30), (256, 256)])
    @pytest.mark.parametrize("tile", [48, 64, 100])
    def test_tiles_equal_the_whole(self, cat, size, tile):
        photo = np.pad(cat, ((0, 1), (0, 0), (0, 0)), mode="edge")[: size[0], : size[1]]
        photo = photo / np.float32(255)
        whole, tiled = denoiser(), denoiser()
        tiled.tile = tile
        difference = np.abs(whole.restore(photo) - tiled.restore(photo))
        # The network itself is exact here: what is left is the rounding of its sums.
        assert difference.max() < 1e-5
        assert len(whole.network.seen) == 1
        largest = max(max(shape) for shape in tiled.network.seen)
        assert largest <= max(tile, 64)

    @pytest.mark.parametrize("height", [101, 130, 190, 300, 400])
    def test_tiles_repeat_no_more_than_their_margins(self, height):
        restorer = denoiser()
        restorer.tile = 100
        restorer.restore(random(height, 20, 3))
        rows = sum(shape[0] for shape in restorer.network.seen)
        count = len(restorer.network.seen)
        # Each cut is seen by both sides with their margins; sizes are multiples of 4.
        assert rows < height + 2 * MARGIN * (count - 1) + 4 * (count + 1)

    def test_large_photos_take_no_more_memory_at_a_time(self, cat):
        large = np.tile(cat, (5, 4, 1))
        restorer = denoiser()
        assert restorer.restore(large).shape == large.shape
        assert len(restorer.network.seen) > 1
        assert max(max(shape) for shape in restorer.network.seen) <= 896

    @pytest.mark.parametrize("size", [(10, 10), (16, 16), (17, 40), (100, 37)])
    def test_a_network_of_one_size(self, size):
        restorer = denoiser(multiple=1, margin=0, side=16)
        assert restorer.restore(random(*size, 3)).shape == (*size, 3)
        assert set(restorer.network.seen) == {(16, 16)}

    def test_scenes_are_seen_whole_at_the_working_size(self, cat):
        restorer = colorizer()
        restorer.restore(cat)
        # 255 by 384 pixels, the shorter side 64, padded to multiples of 4.
        assert restorer.network.seen == [(64, 96)]
        restorer.restore(cat[:30, :40])
        # Small photos are not enlarged.
        assert restorer.network.seen[1:] == [(32, 40)]

    def test_a_mirrored_photo_gets_mirrored_colours(self, cat):
        class Leaning(Scene):
            def __call__(self, x):
                return super().__call__(x) * np.linspace(0, 1, x.shape[2])[:, None]

        cat = cat[:192, :380]
        restored = colorizer(Leaning()).restore(cat)
        mirrored = colorizer(Leaning()).restore(cat[:, ::-1])
        # The same arithmetic the other way round: at most the last digit is rounded otherwise.
        assert np.abs(restored.astype(int) - mirrored[:, ::-1]).max() <= 1
        assert np.ptp(restored.astype(int)[..., 0] - restored[..., 2]) > 0

    def test_a_long_strip_is_squeezed(self):
        restorer = colorizer()
        assert restorer.restore(random(4, 5000, 3)).shape == (4, 5000, 3)
        assert max(restorer.network.seen[0]) <= 8 * 64


class Overlooks(Denoise):
    """A task that fails on the second tile."""

    def encode(self, degraded):
        if degraded[0, 0, 0] > 0.5:
            raise ValueError("too bright")
        return degraded


class TestPieces:
    def test_an_error_in_a_later_piece_is_raised_as_it_is(self):
        photo = np.zeros((64, 256, 3), np.float32)
        photo[:, 100:] = 1
        restorer = denoiser(task=Overlooks())
        restorer.tile = 64
        with pytest.raises(ValueError, match="too bright"):
            restorer.restore_pixels(photo)

    def test_what_was_given_stays_as_it_was(self, cat):
        photo = (cat / 255).astype(np.float32)
        for restorer in (denoiser(), colorizer()):
            restored = restorer.restore_pixels(photo)
            assert not np.shares_memory(restored, photo)
        np.testing.assert_array_equal(photo, (cat / 255).astype(np.float32))


class TestKinds:
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64])
    @pytest.mark.parametrize(
        "shape", [(20, 30), (20, 30, 1), (20, 30, 2), (20, 30, 3), (20, 30, 4)]
    )
    def test_an_array_gives_one_of_its_dtype_and_shape(self, dtype, shape):
        image = random(*shape, dtype=dtype)
        restored = denoiser().restore(image)
        assert restored.dtype == image.dtype
        assert restored.shape == shape
        if shape[-1] in (2, 4):
            # Photos are float32 at most.
            assert np.allclose(restored[..., -1], image[..., -1], rtol=0, atol=1e-7)
            restored = restored[..., :-1]
        assert restored.std() < image.std()

    def test_integers_and_floats_are_restored_alike(self, cat):
        whole = denoiser().restore(cat).astype(float) / 255
        deep = denoiser().restore(cat.astype(np.uint16) * 257).astype(float) / 65535
        real = denoiser().restore(cat / np.float32(255))
        assert np.abs(whole - real).max() <= 0.5 / 255 + 1e-6
        assert np.abs(deep - real).max() <= 0.5 / 65535 + 1e-6

    @pytest.mark.parametrize("shape", [(20, 30), (20, 30, 1), (20, 30, 3)])
    def test_gray_gets_colour_where_the_task_adds_it(self, shape):
        restored = colorizer().restore(random(*shape) // 2 + 60)
        assert restored.shape == (20, 30, 3)
        assert np.ptp(restored, axis=-1).max() > 10

    @pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "bmp"])
    def test_a_path_gives_an_image_and_bytes_give_bytes(self, cat, tmp_path, suffix):
        path = tmp_path / f"photo.{suffix}"
        Image.fromarray(cat).save(path)
        restored = denoiser().restore(path)
        assert isinstance(restored, Image.Image)
        assert (restored.mode, restored.size) == ("RGB", (384, 255))
        assert np.array_equal(np.asarray(restored), np.asarray(denoiser().restore(str(path))))
        content = denoiser().restore(path.read_bytes())
        assert isinstance(content, bytes)
        with Image.open(path) as before, Image.open(io.BytesIO(content)) as after:
            assert (after.format, after.size) == (before.format, before.size)

    @pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
    def test_an_image_gives_an_image(self, cat, mode):
        image = Image.fromarray(cat).convert(mode)
        restored = denoiser().restore(image)
        assert isinstance(restored, Image.Image)
        assert (restored.mode, restored.size) == (mode, image.size)

    @pytest.mark.parametrize(
        ("image", "says"),
        [
            (np.zeros((4, 4, 3), np.int32), "uint8, uint16 or float, not int32"),
            (np.zeros((4, 4, 3), bool), "uint8, uint16 or float, not bool"),
            (np.zeros((4, 4, 5), np.uint8), None),
            (np.zeros(4, np.uint8), "an image has shape"),
            (np.zeros((2, 4, 4, 3), np.uint8), "an image has shape"),
            (np.zeros((0, 4, 3), np.uint8), None),
            (np.full((4, 4, 3), 200.0), r"float images have values in \[0, 1\]"),
            (np.full((4, 4, 3), np.nan), r"float images have values in \[0, 1\]"),
            (np.full((4, 4, 3), -np.inf), r"float images have values in \[0, 1\]"),
            (b"", None),
            (b"no photo", None),
            ("missing.jpg", "missing.jpg"),
        ],
    )
    def test_what_is_no_image(self, image, says):
        with pytest.raises(PhotoError, match=says):
            denoiser().restore(image)

    def test_other_things(self):
        with pytest.raises((PhotoError, UsageError, TypeError)):
            denoiser().restore(3)


class TestOptions:
    def test_strength_is_taken_when_restoring(self, cat):
        kept = denoiser().restore(cat, strength=0)
        assert np.array_equal(kept, cat)
        half = denoiser().restore(cat, strength=0.5).astype(float)
        whole = denoiser().restore(cat).astype(float)
        assert np.abs(half - (cat + whole) / 2).max() <= 1

    def test_saturation_is_taken_when_restoring(self, cat):
        gray = colorizer().restore(cat, saturation=0)
        assert np.ptp(gray.astype(int), axis=-1).max() <= 1
        pale, vivid = (
            np.ptp(colorizer().restore(cat, saturation=s).astype(int), axis=-1).mean()
            for s in (0.5, 1.5)
        )
        assert vivid > 2 * pale

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"power": 1}, "denoise has no option 'power' for restoring"),
            ({"sigma": 25}, "denoise has no option 'sigma' for restoring"),
            ({"strength": 2}, "`strength` must be float 0..1, not 2"),
        ],
    )
    def test_other_options_are_told_before_any_work(self, options, says):
        restorer = denoiser()
        with pytest.raises(UsageError, match=says):
            restorer.restore("missing.jpg", **options)
        assert not restorer.network.seen


class Narrow(Blur):
    """A network with memory for so many pixels only."""

    def __init__(self, most):
        super().__init__()
        self.most = most

    def __call__(self, x):
        if x.shape[1] * x.shape[2] > self.most:
            raise MemoryError
        return super().__call__(x)


class TestMemory:
    def test_tiles_become_smaller_by_themselves_and_it_says_so(self, cat, caplog):
        restorer = denoiser(Narrow(130 * 130))
        with caplog.at_level(logging.WARNING, logger="pixrestore"):
            restored = restorer.restore(cat)
        assert np.array_equal(restored, denoiser().restore(cat))
        assert restorer.tile == 112
        assert "out of memory: going on with tiles of 112 pixels" in caplog.text

    @pytest.mark.parametrize("make", [denoiser, colorizer])
    def test_when_nothing_helps_it_says_so(self, make, cat):
        with pytest.raises(OutOfMemoryError, match="not enough memory"):
            make(Narrow(10)).restore(cat)


class TestGrayStoredAsColour:
    """Equal channels stay equal, whatever a network answers, unless the task adds colour."""

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
    def test_stays_gray_in_tiles_and_of_any_depth(self, dtype):
        image = np.repeat(random(150, 170, 1, dtype=dtype), 3, axis=-1)
        restorer = denoiser(Tint())
        whole = restorer.restore(image)
        assert whole.shape == image.shape
        assert np.array_equal(whole, np.repeat(whole[..., :1], 3, axis=-1))
        restorer.tile = 64
        assert np.array_equal(restorer.restore(image), whole)

    def test_is_the_mean_of_the_answers_channels(self):
        gray = np.full((40, 40, 3), 100, np.uint8)
        inner = denoiser(Tint()).restore(gray)[12:28, 12:28]
        assert np.all(inner == round(100 + 255 * 0.02))  # the mean of Tint's three

    def test_stays_gray_in_pixels_that_can_be_written(self):
        pixels = np.repeat(random(40, 50, 1, dtype=np.float32), 3, axis=-1)
        restored = denoiser(Tint()).restore_pixels(pixels)
        assert np.array_equal(restored[..., 0], restored[..., 2])
        restored += 1

    def test_keeps_its_three_channels_and_its_profile_in_a_file(self):
        image = Image.fromarray(np.repeat(random(40, 50, 1), 3, axis=-1))
        stream = io.BytesIO()
        image.save(stream, "PNG", icc_profile=SRGB)
        restored = Image.open(io.BytesIO(denoiser(Tint()).restore(stream.getvalue())))
        assert restored.mode == "RGB"
        assert restored.info["icc_profile"] == SRGB
        red, green, blue = np.moveaxis(np.asarray(restored), -1, 0)
        assert np.array_equal(red, green)
        assert np.array_equal(green, blue)

    def test_colours_elsewhere_in_the_photo_are_colours(self):
        image = np.repeat(random(60, 60, 1), 3, axis=-1)
        image[-1, -1, 0] ^= 1
        restored = denoiser(Tint()).restore(image)
        assert not np.array_equal(restored[..., 0], restored[..., 2])

    def test_gets_colour_from_a_task_that_adds_it(self):
        # A photo of one gray stays gray: this one has some detail.
        image = np.repeat(random(40, 40, 1, dtype=np.uint8), 3, axis=-1)
        assert np.ptp(colorizer().restore(image), axis=-1).min() > 10


def lazily(content):
    return Image.open(io.BytesIO(content))


class TestImagesThatAreNone:
    """A `PhotoError` or right pixels: never a stranger's exception."""

    MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F", "I;16")

    @pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
    def test_images_without_a_pixel(self, size):
        for mode in self.MODES:
            with pytest.raises(PhotoError, match="pixels"):
                denoiser().restore(Image.new(mode, size))
        for channels in [(), (1,), (2,), (3,), (4,)]:
            for dtype in (np.uint8, np.uint16, np.float32):
                with pytest.raises(PhotoError):
                    denoiser().restore(np.zeros((*size, *channels), dtype))

    @pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "GIF", "WEBP", "BMP"])
    def test_damaged_images_that_pillow_opens_lazily(self, format, cat):
        stream = io.BytesIO()
        Image.fromarray(cat[:200, :200]).save(stream, format)
        whole = stream.getvalue()
        refused = 0
        for share in (0.3, 0.6, 0.9):
            cut = whole[: int(len(whole) * share)]
            try:
                image = lazily(cut)
            except OSError:  # what is left of this format is no image to Pillow
                refused += 1
                continue
            with pytest.raises(PhotoError, match="the image"):
                denoiser().restore(image)
        assert refused < 3 or format == "WEBP"

    def test_closed_images(self, cat):
        image = Image.fromarray(cat)
        image.close()
        with pytest.raises(PhotoError):
            denoiser().restore(image)

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
    def test_masked_arrays(self, dtype):
        values = random(20, 30, 3, dtype=dtype)
        expected = denoiser().restore(values)
        assert np.array_equal(denoiser().restore(np.ma.masked_array(values)), expected)
        mask = np.zeros(values.shape, bool)
        mask[2, 3] = True
        with pytest.raises(PhotoError, match="3 values of the array are masked"):
            denoiser().restore(np.ma.masked_array(values, mask))

    def test_arrays_of_other_classes(self):
        values = random(20, 30, dtype=np.float32)
        with pytest.warns(PendingDeprecationWarning):
            matrix = np.matrix(values)
        assert np.array_equal(denoiser().restore(matrix), denoiser().restore(values))

    @pytest.mark.parametrize("count", [2, 4])
    def test_float_alpha_beyond_its_range_is_clipped(self, count):
        values = random(20, 30, count, dtype=np.float32)
        values[..., -1] = 0.5
        values[3, 3, -1], values[4, 4, -1] = 3, -2
        restored = denoiser().restore(values)
        assert restored[3, 3, -1] == 1
        assert restored[4, 4, -1] == 0
        assert restored[5, 5, -1] == 0.5


class TestInNotebooks:
    def test_a_restorer_says_what_it_is(self):
        restorer = denoiser()
        restorer.info = {
            "name": "<mine>",
            "architecture": {"name": "unet", "arguments": {"blocks": [1, 1]}},
            "figures": {"validation": {"psnr": 30.12345, "photos": 6}},
            "licence": "",
        }
        table = restorer._repr_html_()
        assert "<th>&lt;mine&gt;</th>" in table
        assert "<td>name unet, arguments blocks [1, 1]</td>" in table
        assert "<td>psnr 30.12, photos 6</td>" in table
        assert "licence" not in table

    def test_before_and_after(self, cat):
        seen = denoiser().compare(cat)
        height, width = cat.shape[:2]
        # The halves with a gap between them.
        assert seen.height == height
        assert seen.width > 2 * width
        assert np.array_equal(np.asarray(seen)[:, :width], cat)
        with pytest.raises(UsageError, match="no option 'strenght'"):
            denoiser().compare(cat, strenght=1)
