"""What the folder of a training run says, also while the run goes on.

A stranger's folder is read with care: only files that lie in it, and only so much of each.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixrestore.description import DESCRIPTION, read_description
from pixrestore.errors import ModelError, TrainingError
from pixrestore.files import PLAN, printable
from pixrestore.training import history

_LARGEST_PLAN = 4 << 20
_LARGEST_CARD = 1 << 18
_SHEET = re.compile(r"epoch-(\d{1,9})\.png")
_DEEPEST = 6
_LONGEST = 300


@dataclass(frozen=True)
class RunRecord:
    """A training run, as its folder tells it.

    Attributes
    ----------
    name : str
        What it is called beside the others.
    folder : Path
    settings : Mapping
        What it was told, by dotted names such as ``recipe.rate``, as text.
    rows : sequence of Mapping
        What each epoch gave, by the names of the columns of ``history.csv``.
    sheets : Mapping
        By epoch, the file of its sample sheet.
    card : str
        Its model's card, as Markdown; empty where there is no model yet.
    ended : bool
        It has come to its end.
    """

    name: str
    folder: Path
    settings: Mapping[str, str]
    rows: Sequence[Mapping[str, float]]
    sheets: Mapping[int, Path]
    card: str
    ended: bool

    def curve(self, name: str) -> list[tuple[float, float]]:
        """Return a column over the steps, where it is known."""
        return [(row["step"], row[name]) for row in self.rows if name in row]

    @property
    def best(self) -> Mapping[str, float]:
        """The epoch with the lowest validation loss; empty before the first."""
        having = [row for row in self.rows if "val_loss" in row]
        return min(having, key=lambda row: row["val_loss"]) if having else {}

    @property
    def last(self) -> Mapping[str, float]:
        """The last epoch; empty before the first."""
        return self.rows[-1] if self.rows else {}


def read_runs(folders: Sequence[str | os.PathLike[str]]) -> list[RunRecord]:
    """Read the folders of runs; each is called by its folder's name where no other is.

    Raises
    ------
    TrainingError
        A folder holds no training run, or its ``run.json`` cannot be read.
    """
    paths = list(dict.fromkeys(Path(folder) for folder in folders))
    names = [path.resolve().name for path in paths]
    return [
        _read(path, name if names.count(name) == 1 else printable(path))
        for path, name in zip(paths, names, strict=True)
    ]


def _read(folder: Path, name: str) -> RunRecord:
    if not _regular(folder / PLAN):
        raise TrainingError(f"there is no training run in {printable(folder)}: it has no {PLAN}")
    try:
        with (folder / PLAN).open("rb") as file:
            text = file.read(_LARGEST_PLAN + 1)
        if len(text) > _LARGEST_PLAN:
            raise ValueError("it is too large")
        settings = json.loads(text)
        if not isinstance(settings, dict):
            raise TypeError("it holds no settings")
        rows = history.read(folder) if _regular(folder / history.HISTORY) else []
        return RunRecord(
            name=printable(name),
            folder=folder,
            settings=dict(_flat(settings)),
            rows=sorted(rows, key=lambda row: row["step"]),
            sheets=_sheets(folder / "samples"),
            card=_card(folder),
            ended=_ended(folder, rows),
        )
    except (OSError, ValueError, TypeError, RecursionError) as error:
        where = printable(folder / PLAN)
        raise TrainingError(f"{where} cannot be read: {str(error)[:_LONGEST]}") from error


def _flat(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the leaves of settings, each with a dotted name."""
    if isinstance(value, dict) and value and depth < _DEEPEST:
        for each, inner in value.items():
            yield from _flat(inner, f"{name}.{each}" if name else each, depth + 1)
    elif value not in (None, {}, []):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield name, text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _sheets(folder: Path) -> dict[int, Path]:
    if folder.is_symlink() or not folder.is_dir():
        return {}
    found = {}
    for path in sorted(folder.iterdir()):
        match = _SHEET.fullmatch(path.name)
        if match and _regular(path):
            found[int(match[1])] = path
    return dict(sorted(found.items()))


def _card(folder: Path) -> str:
    path = folder / "README.md"
    if not _regular(path):
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_LARGEST_CARD)


def _ended(folder: Path, rows: Sequence[Mapping[str, float]]) -> bool:
    if not (rows and _regular(folder / DESCRIPTION)):
        return False
    try:
        told = read_description(folder).training
    except ModelError:
        return False
    steps = told.get("steps")
    return "best_step" in told and isinstance(steps, int) and steps >= rows[-1]["step"]


def _regular(path: Path) -> bool:
    """Tell whether there is a file of the run's own: no link, pipe or device."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False
