"""HEIC photos, which a package of its own reads."""

from __future__ import annotations

import importlib.util

from pixrestore.errors import PhotoError

HEIF_SUFFIXES: frozenset[str] = frozenset({".heic", ".heif", ".hif"})
"""What a HEIC photo's name may end with, lower case."""

INSTALL = "pip install 'pixrestore[heif]'"

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")


def reads_heif() -> bool:
    """Say whether the package that reads HEIC photos is there."""
    return importlib.util.find_spec("pillow_heif") is not None


def prepare_heif(start: bytes) -> tuple[str, ...]:
    """Teach Pillow to read HEIC photos, when a file that begins so is one.

    Parameters
    ----------
    start : bytes
        The file's first bytes, at least its first box.

    Returns
    -------
    tuple of str
        Pillow's name of the format, if the file is one.

    Raises
    ------
    PhotoError
        The package that reads them is missing.
    """
    end = min(int.from_bytes(start[:4], "big"), len(start))
    brands = {start[at : at + 4] for at in (8, *range(16, end, 4))}
    if start[4:8] != b"ftyp" or not brands.intersection(_BRANDS):
        return ()
    require_heif()
    return ("HEIF",)


def require_heif() -> None:
    """Teach Pillow to read and write HEIC photos.

    Raises
    ------
    PhotoError
        The package that does it is missing.
    """
    if not reads_heif():
        raise PhotoError(f"HEIC photos need another package: {INSTALL}")
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)
