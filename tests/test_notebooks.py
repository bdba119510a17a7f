"""The notebooks of examples/ run from top to bottom, and are kept small and clean."""

from __future__ import annotations

import json
import re
from itertools import groupby
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "examples" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
# What a test can afford, in place of what the notebooks name in their first cell of code.
SMALL = {"STEPS": 2, "WIDTHS": (4, 8), "FILTERS": (2, 2), "CODE": 4, "SIDE": 16}

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def outputs(notebook) -> list:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def kinds(notebook) -> list[str]:
    """Return the kinds of outputs; what is printed in a row may come in one piece or several."""
    every = (output.output_type for output in outputs(notebook))
    return [kind for kind, row in groupby(every) for _ in (["all"] if kind == "stream" else row)]


def shrink(notebook) -> None:
    """Set the budgets of a notebook to those of a test."""
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            for name, value in SMALL.items():
                cell.source = re.sub(
                    rf"^{name} = .*$", f"{name} = {value}", cell.source, flags=re.M
                )


@pytest.mark.slow
@every_notebook
def test_it_runs(path):
    notebook = nbformat.read(path, as_version=4)
    shown = kinds(notebook)
    shrink(notebook)
    place = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources=place).execute()
    # No warning, and as many pictures and tables as are kept in the file.
    assert [o.text for o in outputs(notebook) if o.get("name") == "stderr"] == []
    assert kinds(notebook) == shown


@every_notebook
def test_what_is_kept_of_it(path):
    text = path.read_text(encoding="utf-8")
    notebook = json.loads(text)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    # Each cell has run, once and in order.
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert "image/jpeg" in text
    assert "image/png" not in text  # ten times as large
    assert len(text) < 400_000
    said = [output for cell in code for output in cell["outputs"]]
    assert not re.search(r"/(home|root|tmp|Users|work)/", json.dumps([_read(one) for one in said]))


def _read(output) -> object:
    """Return what people read of an output."""
    data = output.get("data", {})
    return output.get("text") or {kind: data[kind] for kind in data if kind != "image/jpeg"}
