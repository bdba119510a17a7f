"""A model in a ZIP file, of which only what a model is gets out."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from pixrestore.description import DESCRIPTION, MOST_BYTES, PARTS
from pixrestore.errors import ModelError
from pixrestore.files import printable

_MOST_FILES = 10_000
_CHUNK = 1 << 20


def unpack(archive: Path, folder: Path) -> list[str]:
    """Write the parts of the one model in a ZIP file into an existing folder.

    Files are written under the four names that a model's have, so none can get elsewhere. An
    archive that tries, by its names or by links, is refused all the same.

    Parameters
    ----------
    archive : Path
        The model's files lie at its top, or in one folder.
    folder : Path

    Returns
    -------
    list of str
        What was left out.

    Raises
    ------
    ModelError
        It is no ZIP file, is damaged, or holds no model, several, or something hostile.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            files = _files(opened, archive)
            top = _top(files, archive)
            room = MOST_BYTES
            for name in PARTS:
                found = files.pop(top / name, None)
                if found is not None:
                    with opened.open(found) as packed, (folder / name).open("wb") as file:
                        room -= _copied(packed, file, room, archive)
            return sorted(map(str, files))
    # What is encrypted is a RuntimeError, and unknown ways of packing are not implemented.
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise ModelError(f"{printable(archive)} cannot be unpacked: {error}") from error
    except Exception as error:
        if type(error).__module__ in ("zlib", "lzma"):
            raise ModelError(f"{printable(archive)} cannot be unpacked: {error}") from error
        raise


def _files(opened: zipfile.ZipFile, archive: Path) -> dict[PurePosixPath, zipfile.ZipInfo]:
    infos = opened.infolist()
    if len(infos) > _MOST_FILES:
        raise _refused(archive, f"it holds {len(infos)} files")
    files: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for info in infos:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
            raise _refused(archive, f"it holds {info.filename!r}, which leads out of it")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(archive, f"{info.filename!r} in it is a link or a device")
        if info.is_dir():
            continue
        if path in files:
            raise _refused(archive, f"it holds {info.filename!r} twice")
        files[path] = info
    return files


def _top(files: dict[PurePosixPath, zipfile.ZipInfo], archive: Path) -> PurePosixPath:
    """Return the folder in an archive that holds the model."""
    tops = [path.parent for path in files if path.name == DESCRIPTION]
    if not tops:
        raise ModelError(f"{printable(archive)} holds no model: it has no {DESCRIPTION}")
    if len(tops) > 1:
        raise ModelError(f"{printable(archive)} holds {len(tops)} models: unpack it yourself")
    return tops[0]


def _copied(packed: IO[bytes], file: IO[bytes], room: int, archive: Path) -> int:
    """Copy a file, whatever size the archive claims for it; return its size."""
    size = 0
    while part := packed.read(_CHUNK):
        size += len(part)
        if size > room:
            raise _refused(archive, f"it unpacks to more than {MOST_BYTES >> 30} GB")
        file.write(part)
    return size


def _refused(archive: Path, why: str) -> ModelError:
    return ModelError(f"{printable(archive)} is refused: {why}")
