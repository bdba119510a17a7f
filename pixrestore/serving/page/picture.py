"""The big picture of the page: before | after, zoom, and guides painted on the photo."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from PIL import Image

from pixrestore.guide import Guide
from pixrestore.images import Photo
from pixrestore.serving.page.assets import asset
from pixrestore.serving.page.texts import Words

_QUALITY = 90


def big_picture(words: Words) -> Any:
    """Return the component; its events are ``paint`` and ``ask``."""
    return gr.HTML(
        value=None,
        html_template=asset("view.html"),
        # Written into the script: Gradio may lose properties of what is hidden at first.
        js_on_load=f"const words = {json.dumps(words.of_picture())};\n{asset('view.js')}",
        apply_default_css=False,
        elem_id="picture",
    )


def shown(
    number: int,
    *,
    before: Photo | None = None,
    after: Photo | None = None,
    guides: Sequence[Mapping[str, Any]] | None = None,
    likely: Sequence[str] | None = None,
    doubts: Sequence[tuple[float, float]] | None = None,
) -> dict[str, Any]:
    """Return the component's value: what changes in the picture, and what stays is left out.

    Parameters
    ----------
    number : int
        Which photo it is; another number starts anew.
    before, after : Photo, optional
        In sRGB.
    guides : sequence of mappings, optional
        What can be painted, as `paintable` describes it.
    likely : sequence of str, optional
        Colours to choose from for the place that was asked for.
    doubts : sequence of (float, float), optional
        Places whose colour is doubtful, in shares of width and height.
    """
    value: dict[str, Any] = {"photo": number}
    for name, photo in (("before", before), ("after", after)):
        if photo is not None:
            value[name] = _data_url(photo)
    for name, given in (("guides", guides), ("likely", likely), ("doubts", doubts)):
        if given is not None:
            value[name] = list(given)
    return value


def paintable(guides: Mapping[str, Guide], words: Words) -> list[dict[str, Any]]:
    """Describe guides for the picture."""
    kinds = [guide.kind for guide in guides.values()]
    return [
        {
            "name": guide.name,
            "kind": guide.kind,
            "asks": guide.kind == "colours",
            "label": words[f"{guide.kind}_mode"]
            + (f" ({guide.name})" if kinds.count(guide.kind) > 1 else ""),
        }
        for guide in guides.values()
    ]


def _data_url(photo: Photo) -> str:
    """Return a photo inside an address, so that no file of it need lie anywhere."""
    stream = io.BytesIO()
    Image.fromarray(photo.pixels).save(stream, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
