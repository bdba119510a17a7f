"""Training runs as HTML: a table for notebooks, and a page that needs no other file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from pixrestore.errors import PhotoError
from pixrestore.images import decode_rgb8
from pixrestore.pages.document import document, figure, key, photos
from pixrestore.pages.plots import colours, curves

if TYPE_CHECKING:
    from pixrestore.reporting.runs import RunRecord

# Columns of the history, and what they are called; each is a plot.
_CURVES = {
    "loss": "Loss of training",
    "val_loss": "Loss of validation",
    "psnr": "PSNR of the validation photos, dB (dashed: doing nothing)",
    "rate": "Learning rate",
}
_UNTOUCHED = "input_psnr"
# Sheets are drawn no larger than this: six rows of the largest photos of validation.
_SHORTER_SIDE = 640

_STYLE = """
.runs{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:1em}
.runs pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:12px;border:1px solid #8886;
padding:.6em;max-height:32em;overflow-y:auto;margin:0}
.settings th,.settings td{text-align:left}
.settings td+td{white-space:normal;overflow-wrap:anywhere}
.differs{background:#e69f0033}
.photos{grid-template-columns:repeat(auto-fit,minmax(220px,420px))}
"""


def as_page(runs: Sequence[RunRecord], summary: str, *, pictures: int, refresh: int = 0) -> str:
    """Return the whole page; `summary` is the table of the runs."""
    title = f"pixrestore report: {', '.join(run.name for run in runs)}"
    palette = colours([run.name for run in runs])
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<div class="wide">{summary}</div>',
        "<h2>Curves</h2>",
        key(palette),
        *_curves(runs, palette),
        "<h2>Settings</h2>",
        *_settings(runs),
        *_samples(runs, pictures),
        *_cards(runs),
    ]
    return document(title, body, style=_STYLE, refresh=refresh)


def _curves(runs: Sequence[RunRecord], palette: Mapping[str, str]) -> Iterator[str]:
    for column, title in _CURVES.items():
        lines = {run.name: run.curve(column) for run in runs if run.curve(column)}
        dashed = {run.name: run.curve(_UNTOUCHED) for run in runs} if column == "psnr" else {}
        if lines:
            known = {name: points for name, points in dashed.items() if points}
            yield f"<h3>{escape(title)}</h3>"
            yield curves(lines, palette, across="steps", dashed=known)
    if not any(run.rows for run in runs):
        yield "<p>No epoch has ended yet.</p>"


def _settings(runs: Sequence[RunRecord]) -> Iterator[str]:
    """Set what the runs were told in a table, with what differs first."""
    names = list(dict.fromkeys(name for run in runs for name in run.settings))
    differing = [n for n in names if len({run.settings.get(n, "") for run in runs}) > 1]
    if len(runs) > 1:
        count = f"{len(differing)} of {len(names)} settings differ"
        yield f"<p>{count}: they stand first, marked with ≠.</p>"
    head = "".join(f"<th>{escape(text)}</th>" for text in ("", *(run.name for run in runs)))
    rows = []
    for name in [*differing, *(name for name in names if name not in differing)]:
        marked = name in differing
        cells = (name + (" ≠" if marked else ""), *(run.settings.get(name, "") for run in runs))
        line = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        rows.append(f'<tr class="differs">{line}</tr>' if marked else f"<tr>{line}</tr>")
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    yield f'<div class="wide settings">{table}</div>'


def _samples(runs: Sequence[RunRecord], pictures: int) -> Iterator[str]:
    epochs = spread(sorted({epoch for run in runs for epoch in run.sheets}), pictures)
    if not epochs:
        return
    yield "<h2>Samples</h2>"
    yield "<p>Degraded | restored | true. Click to see a place at full size.</p>"
    for epoch in reversed(epochs):
        yield f"<h3>Epoch {epoch}</h3>"
        yield photos(_sheet(run.name, run.sheets[epoch]) for run in runs if epoch in run.sheets)


def _sheet(run: str, path: Path) -> str:
    try:
        return figure(decode_rgb8(path, shorter_side=_SHORTER_SIDE), run)
    except PhotoError as error:
        return f"<figure><figcaption>{escape(f'{run}: {error}')}</figcaption></figure>"


def _cards(runs: Sequence[RunRecord]) -> Iterator[str]:
    cards = [run for run in runs if run.card]
    if not cards:
        return
    parts = [
        f"<div><h3>{escape(run.name)}</h3><pre>{escape(run.card)}</pre></div>" for run in cards
    ]
    yield f'<h2>Cards</h2><div class="runs">{"".join(parts)}</div>'


def spread(epochs: Sequence[int], most: int) -> list[int]:
    """Return at most so many epochs: the first, the last, and others evenly between them."""
    if len(epochs) <= most:
        return list(epochs)
    if most < 2:
        return list(epochs[-1:]) if most else []
    places = [round(place * (len(epochs) - 1) / (most - 1)) for place in range(most)]
    return [epochs[place] for place in places]
