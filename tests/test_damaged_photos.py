"""Files that lack pixels, hold more than they should, or claim more than they hold."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import psutil
import pytest
import tifffile
from photo_files import ASTRONAUT, DEEP, GRAY, exif, saved
from PIL import Image, PngImagePlugin

import pixrestore
from pixrestore.errors import OutputError, PhotoError
from pixrestore.images import encode_photo, read_photo
from pixrestore.restoring.results import Summary

END = b"\xff\xd9"
COLOUR = Image.fromarray(ASTRONAUT)


def jpeg(**settings) -> bytes:
    return saved(COLOUR, "JPEG", quality=90, **settings)


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(rows: bytes, *chunks: bytes, size=COLOUR.size) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    ends = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + ends


def rows_of(pixels: np.ndarray) -> bytes:
    """Return rows as a PNG packs them, each with the filter 0."""
    return b"".join(b"\0" + row.tobytes() for row in pixels)


def tiff(pixels: np.ndarray, **settings) -> bytes:
    stream = io.BytesIO()
    kind = "rgb" if pixels.ndim == 3 else "minisblack"
    tifffile.imwrite(stream, pixels, **{"photometric": kind} | settings)
    return stream.getvalue()


def missing(photo) -> float:
    """Return the share of pixels that the one note says are missing."""
    (note,) = photo.notes
    assert note.startswith("the file is damaged: ")
    return float(note.split(": ")[1].split(" %")[0].removeprefix("under ")) / 100


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("lost", [1, 2])
def test_a_jpeg_that_lacks_only_its_end_is_whole(lost, progressive):
    whole = jpeg(progressive=progressive, exif=exif())
    read = read_photo(whole[:-lost])
    np.testing.assert_array_equal(read.pixels, read_photo(whole).pixels)
    assert read.notes == ()
    assert read.exif


@pytest.mark.parametrize(
    "settings",
    [{}, {"progressive": True}, {"restart_marker_blocks": 4}, {"subsampling": "4:4:4"}],
    ids=str,
)
@pytest.mark.parametrize("ended", [False, True])
def test_a_jpeg_without_all_its_data_is_refused_by_default(settings, ended):
    """A decoder fills what is missing with gray, and says nothing where the file has an end."""
    whole = jpeg(**settings)
    cut = whole[: len(whole) * 6 // 10] + (END if ended else b"")
    with pytest.raises(PhotoError, match=r"damaged: [\d.]+ % of its pixels (are|lack) .*`damaged`"):
        read_photo(cut)
    photo = read_photo(cut, damaged=True)
    assert photo.pixels.shape == ASTRONAUT.shape
    if settings.get("progressive"):
        return
    there = int(len(ASTRONAUT) * (1 - missing(photo))) // 16 * 16
    assert 80 <= there <= 140
    expected = read_photo(whole).pixels
    # Of two rows of blocks, the decoder smooths the colours of the last.
    np.testing.assert_array_equal(photo.pixels[: there - 16], expected[: there - 16])
    assert (photo.pixels[there + 32 :] != expected[there + 32 :]).mean() > 0.9


def test_a_jpeg_with_a_hole_in_its_data_is_refused():
    whole = jpeg()
    with pytest.raises(PhotoError, match="% of its pixels are missing"):
        read_photo(whole[:4000] + whole[6000:])
    parts = jpeg(restart_marker_blocks=4).split(b"\xff\xd3")
    with pytest.raises(PhotoError, match="% of its pixels are missing"):
        read_photo(b"\xff\xd3".join([parts[0], parts[1][:40], *parts[2:]]))


@pytest.mark.parametrize("image", [COLOUR, Image.fromarray(GRAY), COLOUR.convert("CMYK")])
@pytest.mark.parametrize("progressive", [False, True])
def test_whole_jpegs_of_all_kinds_are_whole(image, progressive):
    for size in ((1, 1), (7, 9), (65, 17), image.size):
        settings = {"progressive": progressive, "restart_marker_blocks": 0 if progressive else 2}
        content = saved(image.resize(size), "JPEG", **settings)
        assert read_photo(content + b"\xff\xd8 what follows").notes == ()
    flat = saved(Image.new(image.mode, (300, 200)), "JPEG", progressive=progressive)
    assert read_photo(flat).notes == ()


def test_a_jpeg_cut_before_its_picture():
    whole = jpeg(exif=exif())
    with pytest.raises(PhotoError, match="cut off before its picture"):
        read_photo(whole[: whole.index(b"\xff\xda")], damaged=True)


@pytest.mark.parametrize("cut", [True, False])
def test_a_png_with_few_of_its_rows_is_refused_by_default(cut):
    """Where its chunks are whole, a decoder leaves the rows black and says nothing."""
    if cut:
        content = saved(COLOUR, "PNG")
        content = content[: len(content) // 2]
    else:
        content = png(rows_of(ASTRONAUT[:80]))
    with pytest.raises(PhotoError, match=r"\d % of its pixels are missing \(`damaged`"):
        read_photo(content)
    photo = read_photo(content, damaged=True)
    there = int(len(ASTRONAUT) * (1 - missing(photo)))
    assert cut or there == 80
    np.testing.assert_array_equal(photo.pixels[:there], ASTRONAUT[:there])
    assert not photo.pixels[there + 1 :].any()


def test_a_deep_png_with_few_of_its_rows():
    whole = encode_photo(read_photo(tiff(DEEP)), "PNG")
    photo = read_photo(whole[: len(whole) // 2], damaged=True)
    there = int(len(DEEP) * (1 - missing(photo)))
    np.testing.assert_array_equal(photo.pixels[:there], DEEP[:there])


def test_a_png_that_lacks_only_its_end_is_whole():
    np.testing.assert_array_equal(read_photo(saved(COLOUR, "PNG")[:-12]).pixels, ASTRONAUT)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"compression": "zlib", "rowsperstrip": 10},
        {"compression": "lzw", "tile": (64, 64)},
        {"compression": "jpegxr"},
        {"bigtiff": True},
        {"byteorder": ">", "planarconfig": "separate"},
    ],
    ids=str,
)
@pytest.mark.parametrize("deep", [False, True])
def test_a_cut_tiff_is_refused_by_default(settings, deep):
    pixels = DEEP if deep else ASTRONAUT
    if settings.get("planarconfig"):
        pixels = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
    whole = tiff(pixels, **settings)
    cut = whole[: len(whole) // 2]
    with pytest.raises(PhotoError, match=r"(49|50|51).*% of its pixels are missing \(`damaged`"):
        read_photo(cut)
    photo = read_photo(cut, damaged=True)
    # Tiles that are cut are lost as a whole.
    assert 0.4 < missing(photo) < 0.7
    expected = read_photo(whole).pixels
    if "planarconfig" in settings:
        np.testing.assert_array_equal(photo.pixels[..., 0], expected[..., 0])
        assert not photo.pixels[..., 2].any()
    else:
        there = 90 if "jpegxr" not in settings.values() else 64
        there = 64 if "tile" in settings else there
        np.testing.assert_array_equal(photo.pixels[:there], expected[:there])
        assert (photo.pixels[150:] != expected[150:]).mean() > 0.9


def test_a_tiff_of_which_a_strip_does_not_decode():
    whole = tiff(ASTRONAUT, compression="zlib", rowsperstrip=50)
    with tifffile.TiffFile(io.BytesIO(whole)) as file:
        at = file.pages.first.dataoffsets[1]
    altered = whole[:at] + bytes(100) + whole[at + 100 :]
    with pytest.raises(PhotoError):
        read_photo(altered)
    photo = read_photo(altered, damaged=True)
    assert missing(photo) == 0.25
    np.testing.assert_array_equal(photo.pixels[100:], ASTRONAUT[100:])


def test_damaged_files_from_the_shell_and_from_python(cli, tmp_path, tiny_denoiser):
    content = png(rows_of(ASTRONAUT[:80]))
    (tmp_path / "old.png").write_bytes(content)
    words = ["restore", tmp_path / "old.png", "-m", tiny_denoiser]
    done = cli(*words)
    assert done.code == 4
    assert done.error.endswith(
        "old.png: the file is damaged: 60 % of its pixels are missing "
        "(--damaged restores what is there)"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["old.png"]
    done = cli(*words, "--damaged")
    assert (done.code, done.err) == (0, "")
    assert "60 % of its pixels are missing" in done.out
    with pytest.raises(PhotoError, match="60 % of its pixels"):
        pixrestore.restore(content, model=tiny_denoiser)
    restored = pixrestore.restore(content, model=tiny_denoiser, damaged=True)
    assert Image.open(io.BytesIO(restored)).size == COLOUR.size


# --- readable files -------------------------------------------------------------------------------


def test_long_texts_of_a_png_cost_no_photo():
    texts = PngImagePlugin.PngInfo()
    texts.add_text("workflow", "x" * 2_000_000, zip=True)
    texts.add_text("plain", "x" * 2_000_000)
    texts.add_itxt("international", "x" * 2_000_000, zip=True)
    texts.add_text("Title", "a rocket")
    photo = read_photo(saved(COLOUR, "PNG", pnginfo=texts))
    np.testing.assert_array_equal(photo.pixels, ASTRONAUT)
    assert photo.notes == tuple(
        f"its text {name!r} is too long and was left out"
        for name in ("workflow", "plain", "international")
    )


def test_a_large_colour_profile_of_a_png_is_kept():
    profile = bytes(range(256)) * 6000
    photo = read_photo(saved(COLOUR, "PNG", icc_profile=profile))
    assert photo.icc == profile
    assert photo.notes == ()


@pytest.mark.parametrize("kind", [b"tIME", b"eXIf", b"gAMA", b"tEXt", b"zzZz"])
def test_damaged_chunks_that_a_png_does_not_need_are_left_out(kind):
    damaged = chunk(kind, b"1234567")[:-1] + b"\0"
    photo = read_photo(png(rows_of(ASTRONAUT), damaged))
    np.testing.assert_array_equal(photo.pixels, ASTRONAUT)
    assert photo.notes == (f"its damaged {kind.decode()!r} was left out",)


@pytest.mark.parametrize("pixels", [ASTRONAUT, DEEP, GRAY], ids=["8", "16", "gray"])
def test_bigtiff_keeps_its_exif(pixels):
    photo = read_photo(tiff(pixels, bigtiff=True, description="a rocket", datetime=True))
    kept = Image.Exif()
    kept.load(photo.exif)
    assert kept[0x010E] == "a rocket"
    assert photo.notes == ()


@pytest.mark.parametrize("compression", ["webp", "jpegxr", "jpeg2000", "png"])
def test_tiffs_packed_in_ways_that_pillow_does_not_know(compression):
    settings = {"lossless": True} if compression == "webp" else {}
    content = tiff(ASTRONAUT, compression=compression, compressionargs=settings)
    np.testing.assert_array_equal(read_photo(content).pixels, ASTRONAUT)


# --- several pages, small copies and raw photos ---------------------------------------------------


@pytest.mark.parametrize("deep", [False, True])
def test_the_largest_picture_that_is_no_small_copy_is_read(deep):
    pixels = DEEP if deep else ASTRONAUT
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        # Its small copy comes first, and holds the photo inside.
        writer.write(ASTRONAUT[::4, ::4], photometric="rgb", subifds=1, subfiletype=1)
        writer.write(pixels, photometric="rgb", subfiletype=0)
        writer.write(ASTRONAUT[::2, ::2], photometric="rgb", subfiletype=1)
    photo = read_photo(stream.getvalue())
    np.testing.assert_array_equal(photo.pixels, pixels)
    assert photo.notes == ()
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(ASTRONAUT[::4, ::4], photometric="rgb")
        writer.write(pixels, photometric="rgb")
        writer.write(pixels[::-1], photometric="rgb")
    photo = read_photo(stream.getvalue())
    np.testing.assert_array_equal(photo.pixels, pixels)
    assert photo.notes == ("only page 2, the largest of its 3 frames or pages",)


@pytest.mark.parametrize("place", [1_000, 10**9, 0xFFFFFFFF])
def test_a_damaged_second_page_costs_no_photo(place):
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(ASTRONAUT, photometric="rgb", subifds=1)
        writer.write(ASTRONAUT[::2, ::2], photometric="rgb", subfiletype=1)
    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        (inside,) = file.pages.first.subifds
        file.pages.first.tags["SubIFDs"].overwrite(place)
    content = stream.getvalue()
    assert inside
    np.testing.assert_array_equal(read_photo(content).pixels, ASTRONAUT)
    whole = io.BytesIO(saved(COLOUR, "TIFF", save_all=True, append_images=[COLOUR]))
    with tifffile.TiffFile(whole) as file:
        second = file.pages[1].offset
    cut = whole.getvalue().replace(struct.pack("<I", second), struct.pack("<I", place))
    np.testing.assert_array_equal(read_photo(cut).pixels, ASTRONAUT)


def test_raw_photos_are_refused_and_not_their_small_copies_read():
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        version = (50706, 1, 4, bytes([1, 4, 0, 0]), True)
        settings = {"subifds": 1, "subfiletype": 1, "extratags": [version]}
        writer.write(ASTRONAUT[::4, ::4], photometric="rgb", **settings)
        pattern = [(33421, 3, 2, (2, 2), True), (33422, 1, 4, bytes([0, 1, 1, 2]), True)]
        writer.write(DEEP[..., 0], photometric=32803, subfiletype=0, extratags=pattern)
    with pytest.raises(PhotoError, match="raw photo"):
        read_photo(stream.getvalue())


# --- files that claim more than they hold ---------------------------------------------------------


def claiming(content: bytes, size: tuple[int, int]) -> bytes:
    """Return a JPEG whose header says another size."""
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", *size) + content[at + 4 :]


def wide_tiff() -> bytes:
    """Return a TIFF of 16 bits whose header says that it is four thousand times as wide."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, DEEP, photometric="rgb", compression="zlib")
    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        file.pages.first.tags["ImageWidth"].overwrite(1_200_000)
    return stream.getvalue()


@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.parametrize(
    "content",
    [
        claiming(saved(Image.new("L", (8, 8)), "JPEG"), (22_000, 22_000)),
        png(bytes(1000), size=(22_000, 22_000)),
        saved(Image.new("1", (22_000, 22_000)), "TIFF", compression="group4"),
        saved(Image.new("RGB", (16_000, 16_000)), "WEBP", lossless=True, method=0, quality=0),
        wide_tiff(),
    ],
    ids=["JPEG", "PNG", "TIFF", "WEBP", "deflate in TIFF"],
)
def test_small_files_that_claim_many_pixels_are_refused_before_memory_is_spent(content, damaged):
    before = psutil.Process().memory_info().rss
    with pytest.raises(PhotoError, match=r"cannot hold a photo of \d+ x \d+ pixels"):
        read_photo(content, damaged=damaged)
    assert psutil.Process().memory_info().rss - before < 100e6


# --- what the format of the result can hold -------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "result", "said"),
    [
        ("wide.png", "wide.webp", "WEBP holds at most 16383 pixels a side"),
        ("wider.png", "wider.jpg", "JPEG holds at most 65500 pixels a side"),
    ],
)
def test_results_too_large_for_their_format_are_refused_before_any_work(
    tmp_path, cli, tiny_denoiser, monkeypatch, source, result, said
):
    from pixrestore.restoring.restorer import Restorer

    monkeypatch.setattr(Restorer, "restore_photo", None)
    width = 16_384 if source == "wide.png" else 65_536
    Image.new("L", (width, 2)).save(tmp_path / source)
    done = cli("restore", tmp_path / source, "-m", tiny_denoiser, "-o", tmp_path / result)
    assert done.code == 10
    assert said in done.error
    assert f"the result would have {width} x 2 pixels: write it as PNG or TIFF" in done.error
    assert result in done.error
    assert not (tmp_path / result).exists()


def test_a_lossless_webp_stays_lossless(tmp_path):
    for settings in ({}, {"exif": exif()}, {"save_all": True, "append_images": [COLOUR]}):
        photo = read_photo(saved(COLOUR, "WEBP", lossless=True, **settings))
        assert photo.lossless
        np.testing.assert_array_equal(read_photo(encode_photo(photo)).pixels, ASTRONAUT)
        assert read_photo(encode_photo(photo)).lossless
    assert not read_photo(saved(COLOUR, "WEBP", quality=95)).lossless
    assert not read_photo(encode_photo(read_photo(saved(COLOUR, "PNG")), "WEBP")).lossless


# --- other kinds of files -------------------------------------------------------------------------


def test_jpeg_2000_is_read():
    photo = read_photo(saved(COLOUR, "JPEG2000"))
    np.testing.assert_array_equal(photo.pixels, ASTRONAUT)
    assert photo.format == "JPEG2000"


def test_heic_is_read_where_its_package_is_installed():
    heif = pytest.importorskip("pillow_heif")

    stream = io.BytesIO()
    heif.from_pillow(COLOUR).save(stream, quality=95, exif=exif())
    photo = read_photo(stream.getvalue())
    # HEIC is lossy, and halves the resolution of colours.
    assert np.abs(photo.pixels.astype(int) - ASTRONAUT).mean() < 4
    assert photo.format == "HEIF"
    assert photo.exif


def test_heic_without_its_package_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr("pixrestore.images.heif.reads_heif", lambda: False)
    content = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500)
    with pytest.raises(PhotoError, match=r"pip install 'pixrestore\[heif\]'"):
        read_photo(content)


def test_what_a_folder_holds_besides_is_counted(tmp_path):
    from pixrestore.restoring.planning import plan_jobs

    found = []
    for name in ("a.NEF", "b.jxl", "c.dng", "sub.x/d.jxl", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (job,) = plan_jobs([tmp_path], None, "denoise", unread=found.append)
    said = (
        "4 passed over: .dng .nef (raw: save as TIFF with a raw developer), "
        ".jxl (save as TIFF or PNG)"
    )
    assert str(job.error).endswith(said)
    assert str(Summary(unread=found)) == f"0 restored, {said}"


@pytest.mark.parametrize("name", ["x.GIF", "x.psd", "x.nef"])
def test_no_folder_is_named_like_a_picture(tmp_path, name):
    from pixrestore.restoring.planning import plan_jobs

    COLOUR.save(tmp_path / "old.png")
    for inputs in ([tmp_path / "old.png"], [tmp_path]):
        with pytest.raises(OutputError, match=r"cannot write .*must end with one of .*\.png"):
            plan_jobs(inputs, tmp_path / name, "denoise")
    (tmp_path / name).mkdir()
    (job,) = plan_jobs([tmp_path / "old.png"], tmp_path / name, "denoise")
    assert job.result == tmp_path / name / "old.png"
