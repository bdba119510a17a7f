"""The tab for many photos: each gets what suits it, and all come back as one file."""

from __future__ import annotations

import html
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from pixrestore.serving.page.controls import task_label
from pixrestore.serving.page.findings import alert
from pixrestore.serving.page.house import House, telling
from pixrestore.serving.page.mending import mend
from pixrestore.serving.page.offers import Step
from pixrestore.serving.page.texts import Words
from pixrestore.serving.page.visit import Visit, open_photo

_AUTO, _CHOSEN = "auto", "chosen"


@dataclass
class Row:
    """One photo of the album, and how far it is."""

    path: Path
    state: str
    text: str


class AlbumTab:
    """The tab: lays itself out where it is made, and answers what happens on it.

    Parameters
    ----------
    house : House
        What all pages of the server share.
    words : Words
        The language.
    """

    def __init__(self, house: House, words: Words) -> None:
        self._house, self._words = house, words
        self._labels = {offer.task: task_label(offer, words) for offer in house.offers}
        gr.Markdown(words["album_lead"])
        self._drop = gr.File(
            label=words["drop_many"],
            file_count="multiple",
            elem_id="album-drop",
            elem_classes="drop",
            height=200,
        )
        self._how = gr.Radio(
            [(words["album_auto"], _AUTO), (words["album_chosen"], _CHOSEN)],
            value=_AUTO,
            label=words["album_how"],
            elem_id="album-how",
        )
        self._ticks = gr.CheckboxGroup(
            [(label, task) for task, label in self._labels.items()],
            label=words["mend"],
            visible=False,
            elem_id="album-ticks",
        )
        with gr.Row():
            self._start = gr.Button(words["start"], variant="primary", elem_id="album-start")
            self._stop = gr.Button(words["stop"], elem_id="album-stop", visible=False)
            self._empty = gr.Button(words["empty"], elem_id="album-empty", visible=False)
        self._rows = gr.HTML("", elem_id="album-rows")
        self._download = gr.DownloadButton(
            words["download_zip"], visible=False, elem_id="album-download", variant="primary"
        )
        self._connect()

    def _connect(self) -> None:
        self._drop.upload(
            self._take,
            self._drop,
            [self._drop, self._rows, self._download, self._empty],
            show_progress="hidden",
        )
        self._how.change(
            lambda how: gr.CheckboxGroup(visible=how == _CHOSEN),
            self._how,
            self._ticks,
            show_progress="hidden",
        )
        self._start.click(
            self._mend_all,
            [self._how, self._ticks],
            [self._rows, self._download, self._start, self._stop, self._empty],
            show_progress="hidden",
        )
        self._stop.click(self._stop_all, None, None, show_progress="hidden")
        self._empty.click(
            self._forget, None, [self._rows, self._download, self._empty], show_progress="hidden"
        )

    # --- what happens ---------------------------------------------------------------------------

    def _take(self, request: gr.Request, uploaded: Sequence[str]) -> tuple[Any, ...]:
        """Move what was dropped to where it goes with the page, and list it."""
        room = self._house.rooms.of(request.session_hash)
        room.visit.album += [room.take(path) for path in uploaded]
        return None, self._waiting(room.visit), _download(None), gr.Button(visible=True)

    def _forget(self, request: gr.Request) -> tuple[Any, ...]:
        visit = self._house.rooms.of(request.session_hash).visit
        visit.album.clear()
        return "", _download(None), gr.Button(visible=False)

    def _stop_all(self, request: gr.Request) -> None:
        self._house.rooms.of(request.session_hash).visit.stop.set()

    def _mend_all(
        self, request: gr.Request, how: str, ticked: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        """Mend photo after photo, and tell before each how far all are."""
        words = self._words
        room = self._house.rooms.of(request.session_hash)
        room.visit.stop.clear()
        rows = _rows(room.visit, words)
        if not rows or (how == _CHOSEN and not ticked):
            said = words["nothing_to_save" if rows else "no_photo"]
            yield alert(said), _download(None), *self._buttons(busy=False)
            return
        archive = room.file("photos.zip")
        with zipfile.ZipFile(archive, "w") as packed:
            for row in rows:
                if room.visit.stop.is_set():
                    row.state, row.text = "failed", words["stopped"]
                    continue
                row.state, row.text = "busy", words["busy"]
                yield _listed(rows, words), _download(None), *self._buttons(busy=True)
                chosen = list(ticked) if how == _CHOSEN else None
                self._house.work.call(self._mend_one, row, packed, chosen)
        good = sum(row.state == "done" for row in rows)
        done = words["album_done"].format(good=good, total=len(rows))
        text = f'<p role="status">{done}</p>' + _listed(rows, words)
        yield text, _download(archive if good else None), *self._buttons(busy=False)

    def _mend_one(self, row: Row, packed: zipfile.ZipFile, chosen: list[str] | None) -> None:
        """Mend one photo into the archive; what goes wrong with it is its own affair."""
        words, said = self._words, list[str]()
        with telling(words, said):
            opened = open_photo(row.path, self._house.max_pixels)
            order = [*opened.found.findings, *self._labels]
            tasks = opened.found.tasks if chosen is None else sorted(chosen, key=order.index)
            steps = [Step(task) for task in tasks if task in self._labels]
            if steps:
                whole = mend(row.path, steps, (), self._house.restorers, self._house.max_pixels)
                name, content = whole.name, whole.content
                named = ", ".join(self._labels[step.task] for step in steps)
                text = words["mended"].format(tasks=named)
            else:
                name, content, text = row.path.name, row.path.read_bytes(), words["untouched"]
            packed.writestr(_free(name, packed), content)
            row.state, row.text = "done", text
        if said:
            row.state, row.text = "failed", said[0]

    def _waiting(self, visit: Visit) -> str:
        return _listed(_rows(visit, self._words), self._words)

    def _buttons(self, busy: bool) -> tuple[Any, ...]:
        """Show those that make sense now: start, stop, and emptying the list."""
        return tuple(gr.Button(visible=visible) for visible in (not busy, busy, not busy))


def _download(path: Path | None) -> Any:
    return gr.DownloadButton(value=path and str(path), visible=path is not None)


def _rows(visit: Visit, words: Words) -> list[Row]:
    return [Row(path, "waiting", words["waiting"]) for path in visit.album]


def _free(name: str, packed: zipfile.ZipFile) -> str:
    """Return a name that nothing in the archive has yet: two photos may have one name."""
    taken, path, number = set(packed.namelist()), Path(name), 2
    while name in taken:
        name = f"{path.stem}-{number}{path.suffix}"
        number += 1
    return name


def _listed(rows: Sequence[Row], words: Words) -> str:
    items = "".join(
        f'<li class="{row.state}"><strong>{html.escape(row.path.name)}</strong> '
        f"<span>{html.escape(row.text)}</span></li>"
        for row in rows
    )
    return f'<ul class="album" aria-label="{words["photos"]}">{items}</ul>'
