"""An evaluation as HTML: a table for notebooks, and a page that needs no other file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from pixrestore.evaluation.figures import FIGURES, Measured
from pixrestore.evaluation.gallery import LONGEST, Shown, data_url
from pixrestore.evaluation.methods import INPUT
from pixrestore.evaluation.plots import colours, dots

_PLOTTED = ("psnr", "ssim", "ciede2000", "colourfulness", "seconds")

_STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em}
table{border-collapse:collapse;margin:1em 0}
th,td{padding:.3em .8em;text-align:right;border-bottom:1px solid #8886;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
.wide{overflow-x:auto}
svg{max-width:100%;height:auto}
svg text{font-size:11px;fill:currentColor}
.tick{text-anchor:end}.axis{text-anchor:middle}
.grid{stroke:#8885}
.key span{display:inline-block;margin-right:1.2em}
.key i{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin-right:.4em}
.photos{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:.6em}
figure{margin:0}
figure div{overflow:hidden}
figure img{width:100%;display:block;cursor:zoom-in}
figcaption{font-size:13px}
.near figure div{aspect-ratio:1}
.near figure img{width:auto;max-width:none;cursor:zoom-out}
"""

# A click on a picture shows that place of all pictures of its photo at full size.
_SCRIPT = """
for (const group of document.querySelectorAll(".photos"))
  group.addEventListener("click", event => {
    const picture = event.target.closest("img");
    if (!picture) return;
    const box = picture.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
    const near = group.classList.toggle("near");
    for (const one of group.querySelectorAll("img")) {
      const frame = one.parentElement;
      frame.scrollLeft = near ? x * one.naturalWidth - frame.clientWidth / 2 : 0;
      frame.scrollTop = near ? y * one.naturalHeight - frame.clientHeight / 2 : 0;
    }
  });
"""


def as_table(found: Measured) -> str:
    """Return the table, with what was measured above it."""
    head, rows = found.table
    return f"<p>{escape(found.title)}</p>" + _table(head, rows)


def as_page(found: Measured) -> str:
    """Return the whole page."""
    title = f"pixrestore evaluate: {found.task}"
    skipped = [f"{path}: {why}" for path, why in found.skipped.items()]
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<div class="wide">{as_table(found)}</div>',
        "<h2>How it was measured</h2>",
        _items(found.protocol),
        *(["<h2>Photos that could not be read</h2>", _items(skipped)] if skipped else []),
        "<h2>Photo by photo</h2>",
        *_plots(found),
        *_gallery("Best", found, found.best),
        *_gallery("Worst", found, found.worst),
    ]
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>\n<body>\n"
        + "\n".join(body)
        + f"\n<script>{_SCRIPT}</script></body></html>\n"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def _items(texts: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def _plots(found: Measured) -> list[str]:
    palette = colours(list(found.methods), INPUT)
    first = found.models[0]

    def gain(place: int) -> float:
        figures = found.photos[place].figures
        return figures[first]["psnr"] - figures[INPUT]["psnr"]

    ordered = [found.photos[place] for place in sorted(range(len(found.photos)), key=gain)]
    spots = (f'<span><i style="background:{c}"></i>{escape(n)}</span>' for n, c in palette.items())
    parts = [f'<p class="key">{"".join(spots)}</p>']
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
        parts.append(f'<h3>{escape(one.photo)}, {one.gain:+.2f} dB</h3><div class="photos">')
        for method, picture in one.pictures.items():
            psnr = figures[one.photo].get(method, {}).get("psnr")
            caption = method if psnr is None else f"{method}, {psnr:.2f} dB"
            parts.append(
                f'<figure><div><img src="{data_url(picture)}" alt="{escape(caption)}"></div>'
                f"<figcaption>{escape(caption)}</figcaption></figure>"
            )
        parts.append("</div>")
    return parts
