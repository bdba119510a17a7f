"""IPTC's records (IIM), and the resources of Photoshop in which JPEG and PNG hold them."""

from __future__ import annotations

IPTC_RESOURCE = 0x0404


def iptc_in(resources: bytes) -> bytes:
    """Return IPTC's records from Photoshop's resources."""
    place = 0
    while resources[place : place + 4] == b"8BIM" and len(resources) >= place + 12:
        code = int.from_bytes(resources[place + 4 : place + 6], "big")
        place += 6 + (resources[place + 6] + 2) // 2 * 2  # a name, and its length before it
        size = int.from_bytes(resources[place : place + 4], "big")
        if code == IPTC_RESOURCE:
            return sound_iptc(resources[place + 4 : place + 4 + size])
        place += 4 + (size + 1) // 2 * 2
    return b""


def iptc_resource(iptc: bytes) -> bytes:
    """Return IPTC's records as one of Photoshop's resources."""
    head = b"8BIM" + IPTC_RESOURCE.to_bytes(2, "big") + b"\0\0" + len(iptc).to_bytes(4, "big")
    return head + iptc + b"\0" * (len(iptc) % 2)


def sound_iptc(iptc: bytes) -> bytes:
    """Return IPTC's whole records, without what follows them."""
    if iptc[:1] != b"\x1c" and iptc[3:4] == b"\x1c":  # stored as numbers of the other order
        iptc = b"".join(iptc[at : at + 4][::-1] for at in range(0, len(iptc), 4))
    end = 0
    while iptc[end : end + 1] == b"\x1c" and len(iptc) >= end + 5:
        size = int.from_bytes(iptc[end + 3 : end + 5], "big")
        start = end + 5
        if size & 0x8000:  # the length is too large for two bytes, and follows
            wide = size & 0x7FFF
            size = int.from_bytes(iptc[start : start + wide], "big")
            start += wide
        if start + size > len(iptc):
            break
        end = start + size
    return iptc[:end]
