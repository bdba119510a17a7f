"""The codes of photos, written to one file with the photos' names."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pixrestore.errors import OutputError, PhotoError, UsageError
from pixrestore.files import printable, replace_file
from pixrestore.images import Photo, find_photos, read_photo
from pixrestore.images.resizing import Array
from pixrestore.restoring.restorer import Restorer


@dataclass
class Codes:
    """The codes of photos.

    Attributes
    ----------
    names : list of str
        The photos' paths, as found.
    codes : ndarray, float32, (N, code)
        A row for each.
    failed : dict
        Errors of the photos that have no code, by path.
    """

    names: list[str]
    codes: Array
    failed: dict[Path, PhotoError] = field(default_factory=dict)


def encode_files(
    inputs: Sequence[Path | str],
    output: Path | str,
    restorer: Restorer,
    *,
    overwrite: bool = False,
) -> Codes:
    """Encode photos and folders of photos, and write their codes to a file.

    Parameters
    ----------
    inputs : sequence of paths
        Photos and folders; folders are searched with those below them.
    output : path
        An ``.npz`` file gets the arrays ``names`` (N,) and ``codes`` (N, code); a ``.csv`` file a
        row for each photo: its name, then the code.
    restorer : Restorer
        Restorer that encodes them.
    overwrite : bool
        Replace `output` where it exists.

    Returns
    -------
    Codes

    Raises
    ------
    UsageError
        `output` ends otherwise, or the architecture has no code.
    OutputError
        `output` exists or cannot be written.
    PhotoError
        A folder is missing or empty, or none of the photos can be read.
    """
    target = Path(output)
    if target.suffix.lower() not in _FORMS:
        raise UsageError(f"codes are written to {' or '.join(_FORMS)}, not to {printable(target)}")
    if os.path.lexists(target) and not overwrite:
        raise OutputError(f"{printable(target)} exists: choose another name, or give `overwrite`")
    found = Codes([], np.empty((0, 0), np.float32))
    places = [place for given in inputs for place in _photos_of(Path(given))]

    def photos() -> Iterator[Photo]:
        for place in places:
            try:
                photo = read_photo(place)
            except PhotoError as error:
                found.failed[place] = error
                continue
            found.names.append(printable(place))
            yield photo

    try:
        found.codes = restorer.encode_photos(photos())
    except UsageError:
        if found.failed and not found.names:
            raise next(iter(found.failed.values())) from None
        raise
    replace_file(target, _FORMS[target.suffix.lower()](found))
    return found


def _photos_of(given: Path) -> list[Path]:
    if not given.is_dir():
        return [given]
    photos = find_photos(given)
    if not photos:
        raise PhotoError(f"there are no photos in {printable(given)}")
    return photos


def _npz(found: Codes) -> bytes:
    content = io.BytesIO()
    np.savez(content, names=np.array(found.names), codes=found.codes)
    return content.getvalue()


def _csv(found: Codes) -> bytes:
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(["name", *range(found.codes.shape[1])])
    for name, code in zip(found.names, found.codes, strict=True):
        writer.writerow([name, *(f"{number:.7g}" for number in code)])
    return content.getvalue().encode()


_FORMS: dict[str, Callable[[Codes], bytes]] = {".npz": _npz, ".csv": _csv}
