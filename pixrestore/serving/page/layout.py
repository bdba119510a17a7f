"""The page as a whole: its title, its tabs, its looks."""

from __future__ import annotations

from typing import Any

import gradio as gr

from pixrestore.serving.page.album_tab import AlbumTab
from pixrestore.serving.page.assets import asset
from pixrestore.serving.page.house import House
from pixrestore.serving.page.photo_tab import PhotoTab
from pixrestore.serving.page.texts import LANGUAGES, Words

# Files that nobody came back for, such as uploads that were broken off: looked for hourly.
_FORGOTTEN = (3600, 24 * 3600)
_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "sans-serif"]


def page_of(house: House, words: Words) -> Any:
    """Return the page in one language, as Gradio's blocks."""
    with gr.Blocks(
        title=words["title"], analytics_enabled=False, delete_cache=_FORGOTTEN, fill_width=True
    ) as blocks:
        with gr.Row(elem_id="head"):
            gr.HTML(f"<h1>{words['title']}</h1><p>{words['lead']}</p>")
            gr.HTML(_switch(words), elem_id="languages")
        with gr.Tabs():
            with gr.Tab(words["photo_tab"]):
                PhotoTab(house, words)
            with gr.Tab(words["album_tab"]):
                AlbumTab(house, words)

        def leave(request: gr.Request) -> None:
            house.rooms.close(request.session_hash)

        blocks.unload(leave)
    # Whatever is asked for waits for a thread of the server's, and not in Gradio's queues too.
    blocks.queue(default_concurrency_limit=None)
    return blocks


def looks() -> dict[str, Any]:
    """Return what the page looks like, for `gradio.mount_gradio_app`: nothing from other hosts."""
    amber = gr.themes.colors.amber
    theme = gr.themes.Base(
        primary_hue=amber,
        neutral_hue=gr.themes.colors.stone,
        font=_FONTS,
        font_mono=["ui-monospace", "monospace"],
    ).set(
        button_primary_background_fill="*primary_800",
        button_primary_background_fill_hover="*primary_900",
        button_primary_text_color="white",
        button_primary_background_fill_dark="*primary_800",
        button_primary_background_fill_hover_dark="*primary_700",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        link_text_color="*primary_800",
        link_text_color_hover="*primary_900",
    )
    head = f"<script>{asset('page.js')}</script>"
    return {"theme": theme, "css": asset("page.css"), "head": head}


def _switch(words: Words) -> str:
    links = [
        f'<a href="../{code}/" lang="{code}" hreflang="{code}">{name}</a>'
        for code, name in LANGUAGES.items()
        if code != words.language
    ]
    return "<nav>" + " ".join(links) + "</nav>"
