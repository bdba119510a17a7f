"""What a file of weights may hold: numbers, all of them in the file itself.

HDF5 can also mean bytes of other files by a name in this one. A model from a stranger could thus
make pixrestore show a file of the user's as pixels of a photo.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.errors import ModelError
from pixrestore.files import printable

if TYPE_CHECKING:
    import h5py

_PLAIN_KINDS = "fiub"  # floats, integers, booleans


def check_plain(path: Path) -> None:
    """Raise a `ModelError` unless a file of weights holds plain datasets and nothing else.

    Refused are external and soft links, datasets whose numbers lie in other files or are put
    together from them, and values that are no numbers, such as references. A file of another kind
    is left to what loads it, which refuses it.
    """
    import h5py

    if not h5py.is_hdf5(path):
        return
    try:
        with h5py.File(path, "r") as file:
            _check_group(file, path, set())
            claimed = sum(one.nbytes for one in _datasets(file))
        # Keras packs nothing: who does can mean terabytes in a few bytes.
        if claimed > path.stat().st_size:
            raise ModelError(f"{printable(path)} is refused: it claims {claimed} bytes of numbers")
    except (OSError, RuntimeError) as error:  # HDF5 knows both
        raise ModelError(f"{printable(path)} cannot be read: {error}") from error


def held(path: Path) -> tuple[int, int]:
    """Return how many numbers a file of weights holds, and in how many arrays."""
    import h5py

    if not h5py.is_hdf5(path):
        raise ModelError(f"the weights in {printable(path)} do not fit the network: no HDF5 file")
    with h5py.File(path, "r") as file:
        found = _datasets(file)
        return sum(one.size for one in found), len(found)


def _datasets(file: h5py.File) -> list[h5py.Dataset]:
    import h5py

    found: list[h5py.Dataset] = []
    file.visititems(lambda _, one: found.append(one) if isinstance(one, h5py.Dataset) else None)
    return found


def _check_group(group: h5py.Group, path: Path, seen: set[Any]) -> None:
    import h5py

    for name in group:
        where = f"{group.name.rstrip('/')}/{name}"
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise _refused(path, where, "is a link to something else")
        item = group[name]
        if isinstance(item, h5py.Group):
            if item.id not in seen:  # a group may hold itself
                seen.add(item.id)
                _check_group(item, path, seen)
        elif not isinstance(item, h5py.Dataset):
            raise _refused(path, where, "is no dataset")
        elif item.external or item.is_virtual:
            raise _refused(path, where, "takes its numbers from another file")
        elif item.dtype.kind not in _PLAIN_KINDS:
            raise _refused(path, where, "holds no numbers")


def _refused(path: Path, where: str, what: str) -> ModelError:
    return ModelError(f"{printable(path)} is refused: {where} {what}")
