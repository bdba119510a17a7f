"""What a photo's file says in words comes back as it was, and a result says what it is."""

from __future__ import annotations

import io
import struct
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import tifffile
from photo_files import ASTRONAUT, DEEP, GRAY, SRGB, saved
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import pixrestore
from pixrestore.geometry import Geometry
from pixrestore.images import Photo, encode_photo, read_photo, write_photo
from pixrestore.images.provenance import marked
from pixrestore.restoring.files import restore_files
from pixrestore.restoring.restorer import Restorer
from pixrestore.tasks.denoise import Denoise

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
NAMED = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

# In the encodings in which cameras, scanners and programs of all ages have written them.
DESCRIPTION = "Großmutter in Zürich".encode()
ARTIST = "Jürgen Müller".encode("latin-1")
COPYRIGHT = "© 2020".encode()
MAKE = "写真".encode("shift-jis")
TITLE = "Großmutter\0".encode("utf-16-le")
MAKER_NOTE = bytes(range(256)) * 3
COMMENT = b"UNICODE\0" + "Großmutter".encode("utf-16-le")

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" rdf:about="uuid:1936">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Großmutter 1936</rdf:li></rdf:Alt></dc:title>
</rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>""".encode()
IPTC = b"\x1c\x01\x5a\0\x03\x1b%G" + b"\x1c\x02\x78" + struct.pack(">H", 11) + b"Gro\xc3\x9fmutter"
RESOURCES = (
    b"8BIM\x03\xed\x04name\0" + struct.pack(">I", 3) + b"abc\0"  # a resource that is none of IPTC's
    b"8BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC + b"\0" * (len(IPTC) % 2)
)


def exif_block(order="<", inner_order=None):
    """EXIF as bytes, written here so that no library has a say in it."""

    def directory(start, tags):
        body, behind = struct.pack(order + "H", len(tags)), b""
        place = start + 2 + 12 * len(tags) + 4
        for tag, kind, value in sorted(tags):
            if callable(value):
                made = value(place + len(behind))
                value, rest = struct.pack(order + "I", place + len(behind)), made
                count = 1
            else:
                size = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}[kind]
                count, rest = len(value) // size, b""
                if len(value) > 4:
                    rest, value = value, struct.pack(order + "I", place + len(behind))
            behind += rest + b"\0" * (len(rest) % 2)
            body += struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")
        return body + b"\0\0\0\0" + behind

    def short(value):
        return struct.pack(order + "H", value)

    interop = [(1, 2, b"R98\0")]
    inner = [
        (0x829A, 5, struct.pack(order + "II", 1, 2)),
        (0x9286, 7, COMMENT),
        (0x927C, 7, MAKER_NOTE),
        (0xA005, 4, lambda start: directory(start, interop)),
    ]
    gps = [(1, 2, b"N\0"), (2, 5, struct.pack(order + "6I", 52, 1, 31, 1, 0, 1))]
    tags = [
        (0x010E, 2, DESCRIPTION + b"\0"),
        (0x010F, 2, MAKE + b"\0"),
        (0x0112, 3, short(1)),
        (0x013B, 2, ARTIST + b"\0"),
        (0x4746, 3, short(4)),  # Rating
        (0x4749, 3, short(75)),
        (0x8298, 2, COPYRIGHT + b"\0"),
        (0x9C9B, 1, TITLE),  # XPTitle
        (0x8769, 4, lambda start: directory(start, inner)),
        (0x8825, 4, lambda start: directory(start, gps)),
    ]
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    return b"Exif\0\0" + head + directory(8, tags)


def check_exif(exif):
    """Every text is there byte for byte, and another reader finds the numbers."""
    for text in (DESCRIPTION, ARTIST, COPYRIGHT, MAKE, TITLE, MAKER_NOTE, COMMENT):
        assert text in exif
    tags = Image.Exif()
    tags.load(exif)
    assert tags[0x4746] == 4
    assert tags[0x4749] == 75
    assert tags[0x9C9B] == TITLE
    inner, gps = tags.get_ifd(0x8769), tags.get_ifd(0x8825)
    assert inner[0x829A] == 0.5
    assert inner[0x927C] == MAKER_NOTE
    assert tags.get_ifd(0xA005)[1] == "R98"
    assert gps[2] == (52, 31, 0)


@pytest.fixture
def restorer():
    """A restorer whose network finds no noise."""
    return Restorer(Denoise(), lambda x: x[..., :3] * 0, Geometry())


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "deep PNG", "deep TIFF"])
def test_exif_comes_back_byte_for_byte(tmp_path, format, order):
    pixels = DEEP if "deep" in format else ASTRONAUT
    format = format.split()[-1]
    block = exif_block(order)
    if format == "AVIF":
        pytest.importorskip("PIL._avif")
    photo = Photo(pixels, exif=block)
    suffix = {"JPEG": "jpg", "TIFF": "tif"}.get(format, format.lower())
    assert write_photo(photo, tmp_path / f"p.{suffix}") == ()
    content = (tmp_path / f"p.{suffix}").read_bytes()
    for text in (DESCRIPTION, ARTIST, COPYRIGHT, MAKE, TITLE, MAKER_NOTE, COMMENT):
        assert text in content
    photo = read_photo(content)
    check_exif(photo.exif)
    np.testing.assert_array_equal(photo.pixels.shape, pixels.shape)
    check_exif(read_photo(encode_photo(photo)).exif)  # and through all formats again
    check_exif(read_photo(encode_photo(photo, "TIFF")).exif)
    with Image.open(tmp_path / f"p.{suffix}") as other:
        other.load()
        assert other.getexif()[0x4746] == 4
        assert other.getexif().get_ifd(0x8769)[0x927C] == MAKER_NOTE


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_comes_back_from_bytes_images_and_files(format, restorer, tmp_path):
    content = saved(Image.fromarray(ASTRONAUT), format, exif=exif_block())
    if format == "TIFF":  # Pillow would not write its bytes
        content = encode_photo(Photo(ASTRONAUT, exif=exif_block()), "TIFF")
    check_exif(read_photo(restorer.restore(content)).exif)
    with Image.open(io.BytesIO(content)) as image:
        check_exif(restorer.restore(image).info["exif"])
    with Image.open(io.BytesIO(content)) as image:
        image.load()  # the file is closed then, and the tags of a TIFF are Pillow's
        tags = Image.Exif()
        tags.load(restorer.restore(image).info["exif"])
        assert tags[0x010E].encode("latin-1") == DESCRIPTION
        assert tags[0x8298].encode("latin-1") == COPYRIGHT
    (tmp_path / "in.x").write_bytes(content)
    summary = restore_files([tmp_path / "in.x"], tmp_path / "out.tif", restorer)
    assert summary.results[0].notes == ()
    check_exif(read_photo(tmp_path / "out.tif").exif)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_tags_of_a_tiff_come_back(big, depth):
    stream = io.BytesIO()
    extra = [
        (270, 2, len(DESCRIPTION) + 1, DESCRIPTION + b"\0", True),
        (0x4746, 3, 1, 5, True),
        (0x9C9B, 1, len(TITLE), TITLE, True),
        (700, 1, len(XMP), XMP, True),
        (33723, 7, len(IPTC), IPTC, True),
        (33550, 12, 3, (1.0, 2.0, 0.0), True),
        (65000, 7, 4, b"mine", True),
        (50706, 1, 4, b"\1\4\0\0", True),  # says that a TIFF is a raw photo
    ]
    pixels = ASTRONAUT.astype(depth)
    tifffile.imwrite(stream, pixels, photometric="rgb", bigtiff=big, extratags=extra, metadata=None)
    photo = read_photo(stream.getvalue())
    assert not photo.notes
    result = encode_photo(marked(photo))
    with tifffile.TiffFile(io.BytesIO(result)) as tiff:
        tags = tiff.pages.first.tags
        assert tags[0x4746].value == 5
        assert tags[33550].value == (1.0, 2.0, 0.0)
        assert bytes(tags[65000].value) == b"mine"
        assert bytes(tags[0x9C9B].value) == TITLE
        assert bytes(tags[33723].value) == IPTC
        assert SOURCE.encode() in bytes(tags[700].value)
        assert 50706 not in tags
        np.testing.assert_array_equal(tiff.pages.first.asarray(), pixels)
    assert DESCRIPTION in result


def test_iptc_of_a_tiff_in_photoshops_resources_or_as_numbers():
    for tag, value in [(34377, RESOURCES), (33723, IPTC + b"\0\0"), (33723, swapped(IPTC))]:
        stream = io.BytesIO()
        extra = [(tag, 7, len(value), value, True)]
        tifffile.imwrite(stream, GRAY, extratags=extra, metadata=None)
        assert read_photo(stream.getvalue()).texts.iptc == IPTC


def swapped(data):
    data += b"\0" * (-len(data) % 4)
    return b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))


def full_jpeg():
    """A JPEG with all that a JPEG can say."""
    segments = [
        (b"\xff\xed", b"Photoshop 3.0\0" + RESOURCES[:30]),  # resources may be cut anywhere
        (b"\xff\xed", b"Photoshop 3.0\0" + RESOURCES[30:]),
        (b"\xff\xfe", "vom Speicher, Müller".encode("latin-1")),
        (b"\xff\xfe", "© 2020".encode()),
    ]
    extra = b"".join(mark + struct.pack(">H", len(data) + 2) + data for mark, data in segments)
    image = Image.fromarray(ASTRONAUT)
    return saved(image, "JPEG", exif=exif_block(), xmp=XMP, icc_profile=SRGB, extra=extra)


def test_xmp_iptc_and_comments_of_a_jpeg_come_back(restorer):
    result = restorer.restore(full_jpeg(), mark=False)
    texts = read_photo(result).texts
    assert texts.xmp == XMP
    assert texts.iptc == IPTC
    assert texts.comments == ("vom Speicher, Müller".encode("latin-1"), "© 2020".encode())
    with Image.open(io.BytesIO(result)) as image:
        assert image.info["xmp"] == XMP
        assert image.info["photoshop"][0x0404] == IPTC
        assert image.info["icc_profile"] == SRGB
    with Image.open(io.BytesIO(full_jpeg())) as image:
        info = restorer.restore(image, mark=False).info
    assert info["xmp"] == XMP
    assert info["photoshop"] == {0x0404: IPTC}
    assert info["comment"].endswith("© 2020".encode())


@pytest.mark.parametrize(
    ("suffix", "lost"),
    [
        ("png", ()),
        ("tif", ("TIFF cannot hold comments: left out",)),
        ("webp", ("WEBP cannot hold comments, IPTC: left out",)),
        ("bmp", ("BMP cannot hold comments, IPTC, EXIF, XMP, colour profiles: left out",)),
    ],
)
def test_other_formats_hold_what_they_can_and_the_rest_is_named(tmp_path, suffix, lost):
    photo = read_photo(full_jpeg())
    assert write_photo(photo, tmp_path / f"p.{suffix}") == lost
    back = read_photo(tmp_path / f"p.{suffix}").texts
    assert back.xmp == (b"" if suffix == "bmp" else XMP)
    assert back.iptc == (IPTC if suffix in ("png", "tif") else b"")
    if suffix == "png":
        assert [chunk[1].partition(b"\0")[0] for chunk in back.png] == [b"Comment", b"Comment"]
        assert "© 2020".encode() in back.png[1][1]
        write_photo(photo, tmp_path / "again.jpg")
        assert read_photo(tmp_path / "again.jpg").texts == photo.texts


def full_png(pixels=ASTRONAUT):
    """A PNG with texts of all kinds, one of them after the pixels."""
    texts = PngInfo()
    texts.add(b"tEXt", b"Title\0" + "Großmutter".encode("latin-1"))
    texts.add(b"tEXt", b"Title\0Grandmother")  # twice is allowed
    texts.add(b"tEXt", b"Author\0" + "Müller".encode())  # UTF-8, where Latin-1 is asked for
    texts.add_itxt("Description", "祖母", lang="ja", tkey="説明", zip=True)
    texts.add_text("workflow", "{}" * 3000, zip=True)
    texts.add(b"tEXt", b"Comment\0from the attic", after_idat=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    content = saved(Image.fromarray(pixels), "PNG", pnginfo=texts, exif=exif_block())
    return content


@pytest.mark.parametrize("depth", [8, 16])
def test_texts_of_a_png_come_back(depth, restorer, tmp_path):
    texts = read_photo(full_png()).texts
    assert len(texts.png) == 6
    content = full_png()
    if depth == 16:
        content = encode_photo(Photo(DEEP, exif=exif_block(), texts=texts), "PNG")
    result = restorer.restore(content, mark=False)
    back = read_photo(result)
    assert set(back.texts.png) == set(texts.png)
    assert back.texts.xmp == XMP
    check_exif(back.exif)
    with Image.open(io.BytesIO(restorer.restore(full_png()))) as image:
        assert image.text["Description"] == "祖母"
    with Image.open(io.BytesIO(full_png())) as image:
        image.load()
        info = restorer.restore(image).info
        assert info["Description"] == "祖母"
        assert info["Author"] == "Müller"
    *_, note = write_photo(back, tmp_path / "p.jpg")
    assert note == "JPEG cannot hold PNG texts (Title, Title, Author, ...): left out"
    assert read_photo(tmp_path / "p.jpg").texts.comments == (b"from the attic",)


def test_a_comment_of_a_gif_comes_back():
    content = saved(Image.fromarray(GRAY), "GIF", comment=b"from the attic")
    with Image.open(io.BytesIO(encode_photo(read_photo(content)))) as image:
        assert image.text["Comment"] == "from the attic"


def test_names_of_texts_are_safe_to_print(tmp_path):
    photo = read_photo(saved(Image.fromarray(GRAY), "PNG", pnginfo=evil_text()))
    notes = write_photo(photo, tmp_path / "p.webp")
    assert notes == ("WEBP cannot hold PNG texts (?[2J): left out",)


def evil_text():
    texts = PngInfo()
    texts.add(b"tEXt", b"\x1b[2J\0wipes the screen")
    return texts


def test_too_much_for_a_jpeg_is_cut_where_it_hurts_least(tmp_path):
    tags = Image.Exif()
    tags[0x010E] = DESCRIPTION
    tags.get_ifd(0x8769)[0x927C] = b"x" * 70000
    padded = XMP.replace(b"<?xpacket end", b" " * 70000 + b"<?xpacket end")
    photo = Photo(ASTRONAUT, exif=tags.tobytes(), texts=pixrestore_texts(xmp=padded))
    assert write_photo(photo, tmp_path / "p.jpg") == ("JPEG cannot hold all of its EXIF: left out",)
    back = read_photo(tmp_path / "p.jpg")
    assert DESCRIPTION in back.exif
    assert back.texts.xmp == XMP  # what is left out was padding
    large = XMP.replace(b"1936<", b"1936" + b"x" * 70000 + b"<")
    photo = marked(Photo(ASTRONAUT, texts=pixrestore_texts(xmp=large)))
    assert write_photo(photo, tmp_path / "p.jpg") == ("JPEG cannot hold XMP of its size: left out",)
    assert source_types(read_photo(tmp_path / "p.jpg").texts.xmp) == [SOURCE]


def pixrestore_texts(**texts):
    from pixrestore.images.metadata import Texts

    return Texts(**texts)


def test_xmp_that_is_no_longer_true_is_reset():
    turned = XMP.replace(
        b'rdf:about="uuid:1936"',
        b'rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"',
    )
    photo = read_photo(saved(Image.fromarray(ASTRONAUT), "PNG", pnginfo=xmp_text(turned)))
    assert photo.pixels.shape == (300, 200, 3)  # Pillow turns by XMP as well
    again = read_photo(encode_photo(photo))
    assert again.pixels.shape == (300, 200, 3)
    assert b'tiff:Orientation="1"' in again.texts.xmp


def xmp_text(xmp):
    texts = PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", xmp.decode())
    return texts


def source_types(xmp):
    """What other readers of XMP find, whose descriptions must all be about one thing."""
    tree = ET.fromstring(xmp.decode().strip("\ufeff"))
    descriptions = [one for one in tree.iter() if one.tag.endswith("Description")]
    assert len({one.get(ABOUT) for one in descriptions}) == 1
    named = [one.get(NAMED) for one in descriptions if one.get(NAMED)]
    return named + [one.text for one in tree.iter(NAMED)]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("xmp", [b"", XMP], ids=["no XMP", "XMP"])
def test_a_result_says_what_it_is(format, xmp, restorer):
    content = encode_photo(Photo(ASTRONAUT, texts=pixrestore_texts(xmp=xmp)), format)
    unmarked = read_photo(restorer.restore(content, mark=False))
    assert unmarked.texts.xmp == xmp
    assert b"pixrestore" not in unmarked.exif
    for _ in range(2):  # a photo that is restored twice is marked once
        content = restorer.restore(content)
    photo = read_photo(content)
    assert source_types(photo.texts.xmp) == [SOURCE]
    tags = Image.Exif()
    tags.load(photo.exif)
    assert tags[0x0131] == f"pixrestore {pixrestore.__version__}"
    assert all(line in photo.texts.xmp for line in xmp.splitlines())
    with Image.open(io.BytesIO(content)) as image:
        assert image.getexif()[0x0131] == tags[0x0131]
        assert SOURCE.encode() in image.info["xmp"]
        assert restorer.restore(image).info["xmp"] == photo.texts.xmp


def test_results_in_files_say_what_they_are(restorer, tmp_path):
    Image.fromarray(ASTRONAUT).save(tmp_path / "in.png")
    restore_files([tmp_path / "in.png"], tmp_path / "a.jpg", restorer, compare=True)
    for name in ("a.jpg", "a-compare.jpg"):
        assert source_types(read_photo(tmp_path / name).texts.xmp) == [SOURCE]
    restore_files([tmp_path / "in.png"], tmp_path / "b.jpg", restorer, mark=False, compare=True)
    for name in ("b.jpg", "b-compare.jpg"):
        photo = read_photo(tmp_path / name)
        assert photo.exif == photo.texts.xmp == b""


@pytest.mark.parametrize(
    "old",
    [
        b'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/film" ',
        b"",
    ],
)
def test_the_mark_replaces_an_older_one(old):
    xmp = XMP.replace(
        b"xmlns:dc", b'xmlns:Iptc4xmpExt="%b" ' % NAMED[1:-18].encode() + old + b"xmlns:dc"
    )
    if not old:
        element = b"<Iptc4xmpExt:DigitalSourceType>film</Iptc4xmpExt:DigitalSourceType>"
        xmp = xmp.replace(b"</rdf:Description>", element + b"</rdf:Description>")
    assert len(source_types(xmp)) == 1
    photo = marked(Photo(ASTRONAUT, texts=pixrestore_texts(xmp=xmp)))
    assert source_types(photo.texts.xmp) == [SOURCE]
    assert "Großmutter 1936".encode() in photo.texts.xmp


def test_damaged_xmp_is_replaced_by_the_mark_and_told():
    photo = marked(Photo(ASTRONAUT, texts=pixrestore_texts(xmp=XMP[:200])))
    assert photo.notes == ("its XMP is damaged and was left out",)
    assert source_types(photo.texts.xmp) == [SOURCE]
    wide = Photo(ASTRONAUT, texts=pixrestore_texts(xmp=XMP.decode().encode("utf-16")))
    stored = encode_photo(wide, "TIFF")
    assert read_photo(stored).texts.xmp.decode().lstrip("\ufeff") == XMP.decode()


def test_hostile_metadata_costs_neither_the_photo_nor_time():
    rng = np.random.default_rng(0)
    block = exif_block()
    loop = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x8769, 4, 1, 8) + b"\0" * 4
    blocks = [loop, block[:60], b"Exif\0\0II+\0", b"x" * 300]
    for _ in range(60):
        broken = bytearray(block)
        for at in rng.integers(6, len(block), 12):
            broken[at] = rng.integers(256)
        blocks.append(bytes(broken))
    hostile = [b"<rdf:RDF" * 20000, b"a" * 60000, b" :DigitalSourceType" * 3000, b"<a:" * 20000]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's
        for one in blocks:
            photo = read_photo(saved(Image.fromarray(GRAY[:8, :8]), "JPEG", exif=one))
            read_photo(encode_photo(marked(photo), "TIFF"))
    for xmp in hostile:
        texts = pixrestore_texts(xmp=xmp + XMP)
        encode_photo(marked(Photo(ASTRONAUT[:8, :8], texts=texts)), "PNG")
