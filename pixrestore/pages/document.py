"""The parts of a page: its frame, its tables, and pictures that a click enlarges."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_QUALITY = 92

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

# A click on a picture shows that place of all pictures beside it at full size.
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


def document(title: str, body: Iterable[str], *, style: str = "", refresh: int = 0) -> str:
    """Return a whole page.

    Parameters
    ----------
    title : str
        Plain text.
    body : iterable of str
        Parts of the page, as HTML.
    style : str
        CSS that the page needs besides.
    refresh : int
        Seconds after which a browser loads the page again; 0 never does.
    """
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">{again}'
        f"<title>{escape(title)}</title><style>{_STYLE}{style}</style>\n<body>\n"
        + "\n".join(body)
        + f"\n<script>{_SCRIPT}</script></body></html>\n"
    )


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Set plain texts in a table; `head` has the titles of its columns."""
    titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def items(texts: Iterable[str]) -> str:
    """Set plain texts in a list."""
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def key(palette: dict[str, str]) -> str:
    """Say which colour is whose."""
    spots = (f'<span><i style="background:{c}"></i>{escape(n)}</span>' for n, c in palette.items())
    return f'<p class="key">{"".join(spots)}</p>'


def figure(picture: NDArray[np.uint8], caption: str) -> str:
    """Show a picture, (H, W, 3), above a plain text."""
    told = escape(caption)
    return (
        f'<figure><div><img src="{data_url(picture)}" alt="{told}"></div>'
        f"<figcaption>{told}</figcaption></figure>"
    )


def photos(figures: Iterable[str]) -> str:
    """Set figures beside each other; a click enlarges the same place of all of them."""
    return f'<div class="photos">{"".join(figures)}</div>'


def data_url(picture: NDArray[np.uint8]) -> str:
    """Return a picture as an address that holds it."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=_QUALITY, subsampling="4:4:4")
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
