"""XMP: what must change in it when a photo does, and the mark of trained models.

It is changed as bytes, so that all else in it stays as it was.
"""

from __future__ import annotations

import re

TRAINED = b"http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's digital source type of photos in which a trained model has made a part."""

_SPACE = b"http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_PACKET = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    b'</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
)

# Repetitions are bounded, so that no hostile file takes long.
_QUOTED = rb"""\s{0,9}=\s{0,9}(?:"[^"<]{0,999}"|'[^'<]{0,999}')"""
_NAME = rb"[A-Za-z_][\w.-]{0,39}"
_END = re.compile(rb"</(" + _NAME + rb"):RDF\s{0,9}>")
_ABOUT = re.compile(rb":about(" + _QUOTED + rb")")
_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:\s{0,9}=\s{0,9}["']|>)\s{0,9})[2-8]""")
_EXTENDED = re.compile(rb"\s[\w.-]{1,40}:HasExtendedXMP" + _QUOTED)
_SOURCE = rb"[\w.-]{1,40}:DigitalSourceType"
_OLD_SOURCE = re.compile(
    rb"\s" + _SOURCE + _QUOTED + rb"|<" + _SOURCE + rb"(?:\s[^<>]{0,999})?"
    rb"(?:/>|>[^<>]{0,999}</" + _SOURCE + rb"\s{0,9}>)"
)
_PADDING = re.compile(rb"(?<=>)\s+(?=<\?xpacket end)")
_THUMBNAILS = b"<xmp:Thumbnails", b"</xmp:Thumbnails>"


def kept_xmp(xmp: bytes) -> bytes:
    """Return XMP without what is no longer true of a photo that was read.

    That is its orientation, its thumbnail, and the name of a second part, which is not read.
    """
    xmp = _EXTENDED.sub(b"", _ORIENTATION.sub(rb"\g<1>1", _as_utf8(xmp)))
    start = xmp.find(_THUMBNAILS[0])
    end = xmp.find(_THUMBNAILS[1], start)
    if 0 <= start < end:
        xmp = xmp[:start] + xmp[end + len(_THUMBNAILS[1]) :]
    return xmp


def can_be_marked(xmp: bytes) -> bool:
    """Say whether XMP is sound enough for something to be added."""
    return _END.search(xmp) is not None


def marked_xmp(xmp: bytes = b"") -> bytes:
    """Return XMP that also says that a trained model has made a part of the photo."""
    said = _OLD_SOURCE.findall(xmp)
    if len(said) == 1 and TRAINED in said[0] and can_be_marked(xmp):
        return xmp
    xmp = _OLD_SOURCE.sub(b"", xmp) if can_be_marked(xmp) else _PACKET
    *_, end = _END.finditer(xmp)
    rdf = end[1]
    # All descriptions in one packet are about the same thing, or some readers refuse it.
    about = found[1] if (found := _ABOUT.search(xmp)) else b'=""'
    mark = b'<%b:Description %b:about%b xmlns:Iptc4xmpExt="%b">' % (rdf, rdf, about, _SPACE)
    mark += b"<Iptc4xmpExt:DigitalSourceType>%b</Iptc4xmpExt:DigitalSourceType>" % TRAINED
    mark += b"</%b:Description>\n" % rdf
    return xmp[: end.start()] + mark + xmp[end.start() :]


def shorter_xmp(xmp: bytes, most: int) -> tuple[bytes, bool]:
    """Return XMP of at most so many bytes, and whether it is whole, but for its padding.

    XMP that is too long is left out, but for its mark.
    """
    if len(xmp) > most:
        xmp = _PADDING.sub(b"\n", xmp)
    if len(xmp) <= most:
        return xmp, True
    return (marked_xmp() if TRAINED in xmp else b""), False


def _as_utf8(xmp: bytes) -> bytes:
    """Return XMP as UTF-8, in which most of it is; what cannot be decoded as it is."""
    wide = xmp[:64].count(b"\0") > 8
    if not wide:
        return xmp.rstrip(b"\0")
    try:
        return xmp.decode("utf-16" if xmp[:1] in b"\xff\xfe" else _utf_16(xmp)).encode()
    except UnicodeError:
        return xmp


def _utf_16(xmp: bytes) -> str:
    return "utf-16-be" if xmp[:1] == b"\0" else "utf-16-le"
