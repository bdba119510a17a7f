"""An evaluation as HTML: a table for notebooks, and a page that needs no other file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from pixrestore.evaluation.figures import FIGURES, Measured
from pixrestore.evaluation.gallery import LONGEST, Shown
from pixrestore.evaluation.methods import INPUT
from pixrestore.pages.document import document, figure, html_table, items, key, photos
from pixrestore.pages.plots import colours, dots

_PLOTTED = ("psnr", "ssim", "ciede2000", "colourfulness", "seconds")


def as_table(found: Measured) -> str:
    """Return the table, with what was measured above it."""
    head, rows = found.table
    return f"<p>{escape(found.title)}</p>" + html_table(head, rows)


def as_page(found: Measured) -> str:
    """Return the whole page."""
    title = f"pixrestore evaluate: {found.task}"
    skipped = [f"{path}: {why}" for path, why in found.skipped.items()]
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<div class="wide">{as_table(found)}</div>',
        "<h2>How it was measured</h2>",
        items(found.protocol),
        *(["<h2>Photos that could not be read</h2>", items(skipped)] if skipped else []),
        "<h2>Photo by photo</h2>",
        *_plots(found),
        *_gallery("Best", found, found.best),
        *_gallery("Worst", found, found.worst),
    ]
    return document(title, body)


def _plots(found: Measured) -> list[str]:
    palette = colours(list(found.methods), INPUT)
    first = found.models[0]

    def gain(place: int) -> float:
        figures = found.photos[place].figures
        return figures[first]["psnr"] - figures[INPUT]["psnr"]

    ordered = [found.photos[place] for place in sorted(range(len(found.photos)), key=gain)]
    parts = [key(palette)]
    for name in _PLOTTED:
        having = [method for method in found.methods if name in ordered[0].figures[method]]
        if not having:
            continue
        values = {method: [p.figures[method][name] for p in ordered] for method in having}
        title, form = FIGURES[name]
        drawn = dots([photo.photo for photo in ordered], values, palette, form)
        parts.append(f"<h3>{escape(title)}</h3>{drawn}")
    return parts


def _gallery(title: str, found: Measured, shown: Sequence[Shown]) -> list[str]:
    if not shown:
        return []
    parts = [
        f"<h2>{title} photos of {escape(found.models[0])}</h2>",
        f"<p>By gain of PSNR. Click to see a place at full size in all pictures. Of photos larger "
        f"than {LONGEST} pixels this is the middle.</p>",
    ]
    figures = {photo.photo: photo.figures for photo in found.photos}
    for one in shown:
        parts.append(f"<h3>{escape(one.photo)}, {one.gain:+.2f} dB</h3>")
        told = {m: figures[one.photo].get(m, {}).get("psnr") for m in one.pictures}
        captions = {m: m if psnr is None else f"{m}, {psnr:.2f} dB" for m, psnr in told.items()}
        parts.append(photos(figure(one.pictures[m], text) for m, text in captions.items()))
    return parts
