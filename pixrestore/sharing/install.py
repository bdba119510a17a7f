"""Installing and removing models in the user's folder."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from pixrestore.description import (
    DESCRIPTION,
    MOST_BYTES,
    PARTS,
    is_model_folder,
    read_description,
    strays,
)
from pixrestore.errors import ModelError, OutputError, UnknownNameError, UsageError, nearest
from pixrestore.files import printable, replacing
from pixrestore.model import hub
from pixrestore.model.folder import check_files
from pixrestore.model.installed import known_models, own_models, write_record
from pixrestore.places import models_folder
from pixrestore.plugins.kinds import MODELS, TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.sharing import archive, download

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,99}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Installed:
    """A model that was installed.

    Attributes
    ----------
    folder : Path
        Where it lies now.
    record : dict
        Where it came from, as noted beside it: ``from``, ``sha256``, ``installed``, and for a
        model of the Hub its ``revision``.
    left_out : list of str
        What its source holds besides, such as pictures.
    notes : list of str
        What to know before using it.
    """

    folder: Path
    record: dict[str, Any]
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def install_model(
    source: str, *, name: str = "", sha256: str = "", overwrite: bool = False
) -> Installed:
    """Copy a model into the user's folder, where its name finds it.

    Parameters
    ----------
    source : str
        A model's folder, a ZIP file of one, the address of such a file, or
        ``hf://owner/name[@revision]``.
    name : str
        Name to give it; by default that of the folder, file or repository.
    sha256 : str
        Checksum that the source must have: of a ZIP file, or else of ``model.json``, which holds
        the checksums of all that computes.
    overwrite : bool
        Replace an installed model of this name.

    Returns
    -------
    Installed

    Raises
    ------
    UsageError
        The name or checksum makes no sense, or a plugin's model has that name.
    ModelError
        There is no sound model, or its checksum is another.
    UnknownNameError
        There is no such source.
    OutputError
        A model of that name is installed already, or the folder cannot be written.
    """
    sha256 = sha256.strip().lower()
    if sha256 and not _SHA256.fullmatch(sha256):
        raise UsageError("a `sha256` has 64 digits of 0 to 9 and a to f")
    target = installed_place(name or _name_of(source), overwrite)
    try:
        with replacing(target) as fresh:
            fresh.mkdir()
            record, left_out = _fetch(source, fresh, sha256)
            said = read_description(fresh)
            check_files(said)
            write_record(fresh, record)
    except ModelError as error:
        # The folder that it was tried in is gone.
        raise ModelError(str(error).replace(printable(fresh), printable(source))) from error
    notes = []
    if not load_plugins().claims(TASKS, said.task):
        notes.append(f"its task {said.task} comes with a plugin that is not installed")
    return Installed(target, record, left_out, notes)


def record_file(folder: Path, file: Path) -> None:
    """Note beside an installed model which file of this machine it was made of."""
    write_record(folder, _noted({"from": str(file.resolve())}, file, printable(file), ""))


def remove_model(name: str) -> Path:
    """Delete an installed model, and return the folder where it was.

    Raises
    ------
    UsageError
        It comes with a plugin.
    UnknownNameError
        No such model is installed.
    OutputError
        It cannot be deleted.
    """
    own = own_models().gives(MODELS)
    if name not in own:
        for plugin in load_plugins().plugins:
            if name in plugin.gives(MODELS):
                raise UsageError(f"the model {name} comes with {plugin.title}: it goes with that")
        raise UnknownNameError(f"no model {name!r} is installed: {nearest(name, own)}")
    folder = own[name]
    try:
        if folder.is_symlink():
            folder.unlink()
        else:
            # Under a hidden name first: no half of a model is ever found.
            with tempfile.TemporaryDirectory(prefix=".pixrestore-", dir=folder.parent) as aside:
                folder.rename(Path(aside) / "removed")
    except OSError as error:
        raise OutputError(f"cannot delete {printable(folder)}: {error.strerror}") from error
    return folder


def _name_of(source: str) -> str:
    """Return the name that a source gives its model."""
    if hub.is_hub_name(source):
        return hub.parse_hub_name(source).name
    if download.is_address(source):
        return PurePosixPath(urlsplit(source).path).stem
    path = Path(source)
    return path.resolve().name if path.is_dir() else path.stem


def installed_place(name: str, overwrite: bool = False) -> Path:
    """Return the folder that a model of this name is installed into, where it can be.

    Raises
    ------
    UsageError
        It is no name, or a plugin's model has it.
    OutputError
        A model of that name is installed already.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a model: set `name` to one of letters, digits, - and _"
        )
    for plugin in load_plugins().plugins:
        if name in plugin.gives(MODELS):
            raise UsageError(f"{plugin.title} has a model {name!r}: set `name` to another")
    target = models_folder() / name
    if not overwrite and (target.exists() or target.is_symlink()):
        raise OutputError(f"a model {name} is installed already: give `overwrite`, or a `name`")
    if target.exists() and not is_model_folder(target):
        raise OutputError(f"{printable(target)} holds something else than a model")
    return target


def _fetch(source: str, fresh: Path, sha256: str) -> tuple[dict[str, Any], list[str]]:
    """Put a model's parts into a folder; return where they came from, and what was left out."""
    record: dict[str, Any] = {"from": source}
    if hub.is_hub_name(source):
        named = hub.parse_hub_name(source)
        record["revision"] = hub.commit_of(named)
        hub.download(named, record["revision"], fresh)
        left_out: list[str] = []
        checked = fresh / DESCRIPTION
    elif download.is_address(source):
        record["from"] = download.public(source)
        with tempfile.TemporaryDirectory() as aside:
            packed = Path(aside) / (_name_of(source) + ".zip")
            download.download(source, packed, trusted=bool(sha256))
            return _unpacked(packed, fresh, sha256, record)
    elif Path(source).is_dir():
        record["from"] = str(Path(source).resolve())
        left_out = _copy(Path(source), fresh)
        checked = fresh / DESCRIPTION
    elif Path(source).is_file():
        record["from"] = str(Path(source).resolve())
        return _unpacked(Path(source), fresh, sha256, record)
    else:
        raise UnknownNameError(
            f"{source} is no folder, ZIP file, address or name on the Hub "
            f"(installed are {', '.join(known_models().all(MODELS))})"
        )
    return _noted(record, checked, source, sha256), left_out


def _unpacked(
    packed: Path, fresh: Path, sha256: str, record: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    # Checked before anything reads it.
    record = _noted(record, packed, record["from"], sha256)
    return record, archive.unpack(packed, fresh)


def _noted(record: dict[str, Any], path: Path, source: str, wanted: str) -> dict[str, Any]:
    """Return the record with checksum and date; a `ModelError` where the checksum is another."""
    if not path.is_file():
        raise ModelError(f"{source} is no model folder: it has no {path.name}")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if wanted and found != wanted:
        raise ModelError(f"{source} is another file: its sha256 is {found}")
    today = datetime.now(UTC).date().isoformat()
    return {**record, "sha256": found, "installed": today}


def _copy(source: Path, fresh: Path) -> list[str]:
    room = MOST_BYTES
    for name in PARTS:
        path = source / name
        if not path.is_file():
            continue
        if not path.resolve().is_relative_to(source.resolve()):
            raise ModelError(f"{printable(path)} is a link out of the model's folder")
        room -= path.stat().st_size
        if room < 0:
            raise ModelError(f"{printable(source)} is larger than {MOST_BYTES >> 30} GB")
        shutil.copyfile(path, fresh / name)
    return strays(source)
