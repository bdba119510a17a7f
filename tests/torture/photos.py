"""Small files of every kind that is read, and of kinds that are refused."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms

import pixrestore
from pixrestore.images import Photo, encode_photo, read_photo

SAMPLES = Path(pixrestore.__file__).parent / "samples"
SIZE = (72, 96)
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@cache
def picture() -> np.ndarray:
    """Return a real photo's middle, (72, 96, 3) in uint8."""
    pixels = read_photo(SAMPLES / "officer.jpg").pixels
    top, left = (pixels.shape[0] - SIZE[0]) // 2, (pixels.shape[1] - SIZE[1]) // 2
    return np.ascontiguousarray(pixels[top : top + SIZE[0], left : left + SIZE[1]])


def _exif() -> bytes:
    tags = Image.Exif()
    tags[0x010E] = "Grandmother in Zürich"
    tags[0x0112] = 6
    tags[0x013B] = "J. Müller"
    tags.get_ifd(0x8769)[0x829A] = 0.5
    tags.get_ifd(0x8825)[1] = "N"
    return tags.tobytes()


_XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" rdf:about="" dc:format="image/jpeg"/></rdf:RDF>'
    b'</x:xmpmeta><?xpacket end="w"?>'
)


def _pillow(mode: str, format: str, **settings: Any) -> bytes:
    image = Image.fromarray(picture())
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.fromarray(picture()[..., 1]))
    stream = io.BytesIO()
    image.convert(mode).save(stream, format, **settings)
    return stream.getvalue()


def _tiff(pixels: np.ndarray, **settings: Any) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, pixels, **{"photometric": "rgb", **settings})
    return stream.getvalue()


def _dng_like() -> bytes:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as tiff:
        small = np.ascontiguousarray(picture()[::4, ::4])
        tiff.write(small, photometric="rgb", subifds=1, subfiletype=1)
        tiff.write(_deep(), photometric="rgb", subfiletype=0)
    return stream.getvalue()


def _heic() -> bytes:
    import pillow_heif

    stream = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(picture())).save(stream, quality=80)
    return stream.getvalue()


def _deep() -> np.ndarray:
    return picture().astype(np.uint16) * 257


def _deep_png(gray: bool = False, alpha: bool = False) -> bytes:
    pixels = np.repeat(_deep()[..., :1], 3, -1) if gray else _deep()
    photo = Photo(pixels, gray=gray, alpha=_deep()[..., 1] if alpha else None, icc=_SRGB)
    return encode_photo(photo, "PNG")


def _frames(format: str) -> bytes:
    first = Image.fromarray(picture())
    stream = io.BytesIO()
    first.save(stream, format, save_all=True, append_images=[first.rotate(90), first.rotate(180)])
    return stream.getvalue()


def _makers() -> dict[str, Callable[[], bytes]]:
    rich = {"exif": _exif(), "icc_profile": _SRGB, "dpi": (300, 300)}
    float32 = picture().astype(np.float32) / 255
    packed = ("lzw", "zlib", "jpeg", "webp", "zstd", "jpegxr", "jpeg2000", "png", "packbits")
    return {
        "jpeg.jpg": lambda: _pillow("RGB", "JPEG", quality=85, xmp=_XMP, comment=b"old", **rich),
        "progressive.jpg": lambda: _pillow("RGB", "JPEG", progressive=True, **rich),
        "restarts.jpg": lambda: _pillow("RGB", "JPEG", restart_marker_blocks=4, subsampling=0),
        "gray.jpg": lambda: _pillow("L", "JPEG", **rich),
        "cmyk.jpg": lambda: _pillow("CMYK", "JPEG"),
        "several.mpo": lambda: _frames("MPO"),
        "rgb.png": lambda: _pillow("RGB", "PNG", **rich),
        "alpha.png": lambda: _pillow("RGBA", "PNG"),
        "gray.png": lambda: _pillow("LA", "PNG"),
        "palette.png": lambda: _pillow("P", "PNG", transparency=3),
        "line.png": lambda: _pillow("1", "PNG"),
        "deep.png": _deep_png,
        "deep-gray.png": lambda: _deep_png(gray=True, alpha=True),
        "rich.tif": lambda: encode_photo(read_photo(_pillow("RGB", "JPEG", **rich)), "TIFF"),
        "lzw-pillow.tif": lambda: _pillow("RGB", "TIFF", compression="tiff_lzw"),
        "g4.tif": lambda: _pillow("1", "TIFF", compression="group4"),
        "palette.tif": lambda: _pillow("P", "TIFF"),
        "cmyk.tif": lambda: _pillow("CMYK", "TIFF", compression="tiff_adobe_deflate"),
        "lab.tif": lambda: _lab(),
        "pages.tif": lambda: _frames("TIFF"),
        "plain.tif": lambda: _tiff(picture(), rowsperstrip=8),
        "big.tif": lambda: _tiff(_deep(), bigtiff=True, compression="zlib"),
        "tiles.tif": lambda: _tiff(_deep(), tile=(32, 32), compression="zlib"),
        "planar.tif": lambda: _tiff(np.moveaxis(_deep(), -1, 0), planarconfig="separate"),
        "white0.tif": lambda: _tiff(_deep()[..., 0], photometric="miniswhite", byteorder=">"),
        "infrared.tif": lambda: _tiff(
            np.dstack([_deep(), _deep()[..., 0]]), extrasamples=["unspecified"]
        ),
        "premultiplied.tif": lambda: _tiff(
            np.dstack([_deep() // 2, _deep()[..., 0]]), extrasamples=["assocalpha"]
        ),
        "float.tif": lambda: _tiff(float32),
        "half.tif": lambda: _tiff(float32.astype(np.float16)),
        "uint32.tif": lambda: _tiff(_deep().astype(np.uint32) * 65536),
        "int16.tif": lambda: _tiff((_deep()[..., 0] // 2).astype(np.int16), photometric=1),
        "thumbnail-first.tif": _dng_like,
        **{f"{how}.tif": lambda how=how: _tiff(picture(), compression=how) for how in packed},
        "lossy.webp": lambda: _pillow("RGB", "WEBP", quality=80, exif=_exif(), xmp=_XMP),
        "lossless.webp": lambda: _pillow("RGBA", "WEBP", lossless=True),
        "animated.webp": lambda: _frames("WEBP"),
        "rgb.avif": lambda: _pillow("RGB", "AVIF", quality=70, exif=_exif()),
        "alpha.avif": lambda: _pillow("RGBA", "AVIF", quality=70),
        "photo.jp2": lambda: _pillow("RGB", "JPEG2000"),
        "deep.jp2": lambda: imagecodecs.jpeg2k_encode(_deep(), level=0),
        "stream.j2k": lambda: _pillow("L", "JPEG2000", no_jp2=True),
        "still.gif": lambda: _pillow("P", "GIF", transparency=1),
        "animated.gif": lambda: _frames("GIF"),
        "rgb.bmp": lambda: _pillow("RGB", "BMP"),
        "palette.bmp": lambda: _pillow("P", "BMP"),
        "rgb.ppm": lambda: _pillow("RGB", "PPM"),
        "deep.pgm": lambda: b"P5 96 72 65535\n" + _deep()[..., 0].astype(">u2").tobytes(),
        "photo.jxl": lambda: imagecodecs.jpegxl_encode(picture()),
        "photo.heic": _heic,
    }


def _lab() -> bytes:
    srgb, lab = (ImageCms.createProfile(name) for name in ("sRGB", "LAB"))
    image = ImageCms.profileToProfile(Image.fromarray(picture()), srgb, lab, outputMode="LAB")
    stream = io.BytesIO()
    image.save(stream, "TIFF")
    return stream.getvalue()


@cache
def files() -> dict[str, bytes]:
    """Return small photos by names that end as such files do; the same bytes every time.

    Kinds that this machine's packages cannot write are left out.
    """
    made = {}
    for name, make in _makers().items():
        if name.endswith(".heic") and importlib.util.find_spec("pillow_heif") is None:
            continue
        if name.endswith(".avif") and not _writes_avif():
            continue
        made[name] = make()
    return made


def _writes_avif() -> bool:
    from PIL import features

    return bool(features.check("avif"))
