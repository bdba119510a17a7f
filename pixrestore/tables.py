"""Printing lists for people and for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any


def as_json(value: Any) -> str:
    """Return indented JSON, with paths as text; in ASCII where the console has no more."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=2, default=str)
    return text


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Set rows in columns; the last column is as long as it must be.

    Parameters
    ----------
    head : sequence of str
        Titles of the columns.
    rows : sequence of sequence of str
        Cells, as many as there are titles.
    """
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)
