"""The words that each study takes on the command line, and where its page goes."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pixrestore

SAMPLES = Path(pixrestore.__file__).parent / "samples"


def study_parser(
    doc: str, out: str, side: int, minutes: float | None = None
) -> argparse.ArgumentParser:
    """Return a parser of what all studies take, with the first line of `doc` as its help.

    With `minutes`, of a study whose trainings have as many each.
    """
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder of colour photos, searched recursively")
    parser.add_argument("--out", type=Path, default=Path(out), help="folder of the runs")
    parser.add_argument("--page", type=Path, help="folder of the page; OUT/page by default")
    parser.add_argument("--side", type=int, default=side, help="of the photos measured with")
    parser.add_argument("--test", type=int, default=200, help="photos kept apart to measure with")
    parser.add_argument("--limit", type=int, default=0, help="take only so many photos")
    parser.add_argument(
        "--show",
        type=Path,
        default=SAMPLES,
        help="folder of photos for the pictures; the samples inside pixrestore by default",
    )
    if minutes is not None:
        parser.add_argument("--minutes", type=float, default=minutes, help="of training, each")
        parser.add_argument("--steps", type=int, help="end after so many steps instead")
    return parser


def budget_of(given: argparse.Namespace) -> dict[str, float]:
    """Return what ends each training: minutes, or steps where they were given."""
    return {"steps": given.steps} if given.steps else {"minutes": given.minutes}


def page_folder(given: argparse.Namespace) -> Path:
    """Return the folder of the page, which then exists."""
    folder = given.page or given.out / "page"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_page(folder: Path, name: str, title: str, parts: Sequence[str]) -> None:
    """Write and print a page: its title, the command that made it, and its parts."""
    text = "\n\n".join([f"# {title}", f"    {shlex.join(['python', *sys.argv])}", *parts]) + "\n"
    (folder / name).write_text(text, encoding="utf-8")
    print(text)
