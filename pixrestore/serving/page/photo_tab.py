"""The tab for one photo: drop it, see what is wrong, see it mended, correct colours, save it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from pixrestore.errors import UsageError
from pixrestore.restoring.restorer import Restorer
from pixrestore.serving.page.controls import steps_by_task, task_controls, task_label
from pixrestore.serving.page.findings import alert, choices, facts, measured, ordered, saved
from pixrestore.serving.page.house import House, telling
from pixrestore.serving.page.mending import mend, preview
from pixrestore.serving.page.offers import Step, guides_of
from pixrestore.serving.page.picture import big_picture, paintable, shown
from pixrestore.serving.page.strokes import layers_of, place_of, read_strokes
from pixrestore.serving.page.suggesting import doubtful_places, likely_colours
from pixrestore.serving.page.texts import Words
from pixrestore.serving.page.visit import SCREEN, Opened, Visit, open_photo, screen_copy

_ZOOMED = 2 * SCREEN
"""Longer side of what is shown of a result at full size."""

# The newest of what somebody asks for counts: what lies between need not be computed.
_NEWEST: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "always_last"}


class PhotoTab:
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
        self._work = house.work.call
        self._guides = guides_of(house.offers)
        self._lay_out()
        self._connect()

    # --- what it looks like ---------------------------------------------------------------------

    def _lay_out(self) -> None:
        words = self._words
        self._drop = gr.File(label=words["drop"], elem_id="drop", elem_classes="drop", height=150)
        self._message = gr.HTML("", elem_id="message")
        with gr.Row(visible=False, elem_id="bench", equal_height=False) as self._bench:
            with gr.Column(scale=5, min_width=320):
                self._picture = big_picture(words)
            with gr.Column(scale=2, min_width=280, elem_id="side"):
                self._lay_out_side()

    def _lay_out_side(self) -> None:
        words = self._words
        self._facts = gr.HTML("", elem_id="facts")
        self._ticks = gr.CheckboxGroup([], label=words["mend"], elem_id="ticks", interactive=True)
        self._warning = gr.HTML("", elem_id="warning")
        self._save = gr.Button(words["save"], variant="primary", elem_id="save")
        self._saved = gr.HTML("", elem_id="saved")
        self._download = gr.DownloadButton(
            words["download"], visible=False, elem_id="download", variant="primary"
        )
        with gr.Accordion(words["settings"], open=False, elem_id="settings"):
            self._hint = gr.HTML(words["settings_hint"])
            self._controls = [task_controls(offer, words) for offer in self._house.offers]
        with gr.Accordion(words["measured"], open=False):
            self._measured = gr.HTML("")

    def _connect(self) -> None:
        controls = [one for control in self._controls for one in control.inputs]
        settings = [self._ticks, *controls]
        mended = [self._picture, self._message, self._warning, self._saved, self._download]
        groups = [self._hint, *(control.group for control in self._controls)]
        about = [self._drop, self._bench, self._facts, self._ticks, self._measured]
        self._drop.upload(
            self._open,
            [self._drop, *settings],
            [*about, *mended],
            show_progress_on=self._drop,
        ).then(self._doubted, settings, self._picture, show_progress="hidden")
        for changed in settings:
            changed.input(self._mended, settings, mended, **_NEWEST)
        self._ticks.change(self._shown_settings, self._ticks, groups, show_progress="hidden")
        self._picture.paint(self._paint, settings, [self._ticks, *mended], **_NEWEST)
        self._picture.ask(self._ask, settings, [self._picture, self._message], **_NEWEST)
        self._save.click(
            self._save_whole,
            settings,
            [self._saved, self._download, self._picture],
            show_progress_on=self._saved,
        )

    # --- what happens ---------------------------------------------------------------------------

    def _open(
        self, request: gr.Request, uploaded: str, _: Sequence[str], *values: Any
    ) -> Iterator[tuple[Any, ...]]:
        """Show the photo that was dropped and what seems wrong with it, then show it mended.

        The photo before it stays where the new one cannot be read.
        """
        room, words, said = self._house.rooms.of(request.session_hash), self._words, list[str]()
        visit = room.visit
        with telling(words, said):
            path = room.take(uploaded)
            visit.opened = self._work(open_photo, path, self._house.max_pixels)
            visit.number += 1
        opened = visit.opened
        bench = gr.Row(visible=opened is not None)
        if said or opened is None:
            yield None, bench, *_same(4), alert("".join(said)), *_same(3)
            return
        names, ticked = choices(self._house.offers, opened, words)
        guides = paintable(self._guides, words)
        picture = shown(visit.number, before=opened.photo, after=opened.photo, guides=guides)
        ticks = gr.CheckboxGroup(names, value=ticked)
        found = measured(self._house.offers, opened, words)
        yield None, bench, facts(opened, words), ticks, found, picture, "", *_same(3)
        yield *_same(5), *self._mended(request, ticked, *values)

    def _mended(self, request: gr.Request, ticked: Sequence[str], *values: Any) -> tuple[Any, ...]:
        """Show the small copy mended as the page says now."""
        visit, said, picture = self._visit(request), list[str](), gr.skip()
        with telling(self._words, said):
            opened = self._opened(visit)
            steps = self._steps(opened, ticked, values)
            after = self._work(preview, opened, steps, self._house.restorers)
            picture = shown(visit.number, after=after)
        warning = f"<p>{self._words['plausible']}</p>" if self._adds_colour(ticked) else ""
        return picture, alert("".join(said)), warning, "", gr.DownloadButton(visible=False)

    def _paint(
        self, request: gr.Request, event: gr.EventData, ticked: list[str], *values: Any
    ) -> tuple[Any, ...]:
        """Take what was painted; a task that follows it is ticked by that."""
        visit, said = self._visit(request), list[str]()
        with telling(self._words, said):
            opened = self._opened(visit)
            if event.photo != visit.number:  # painted before another photo came
                return _same(6)
            opened.strokes = read_strokes(event.strokes, self._guides)
            ticked = self._with_painted(opened, ticked)
        if said:
            return gr.skip(), gr.skip(), alert("".join(said)), *_same(3)
        return ticked, *self._mended(request, ticked, *values)

    def _ask(
        self, request: gr.Request, event: gr.EventData, ticked: Sequence[str], *values: Any
    ) -> tuple[Any, ...]:
        """Name likely colours of a place."""
        visit, said, picture = self._visit(request), list[str](), gr.skip()
        with telling(self._words, said):
            opened = self._opened(visit)
            layers = layers_of(opened.strokes, opened.photo.pixels.shape[:2])
            place = place_of(event.place)
            restorer, hints = self._colouring(ticked, values)
            painted = {name: layers[name] for name in hints if name in layers}
            colours = self._work(likely_colours, restorer, opened.photo, place, painted)
            picture = shown(visit.number, likely=colours)
        return picture, alert("".join(said))

    def _doubted(self, request: gr.Request, ticked: Sequence[str], *values: Any) -> Any:
        """Mark the places whose colour is doubtful, where the photo gets colours."""
        visit, said, picture = self._visit(request), list[str](), gr.skip()
        if visit.opened is None or not self._adds_colour(ticked):
            return picture
        with telling(self._words, said):  # nobody misses them
            restorer, _ = self._colouring(ticked, values)
            doubts = self._work(doubtful_places, restorer, visit.opened.photo)
            picture = shown(visit.number, doubts=doubts)
        return picture

    def _save_whole(
        self,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  Gradio finds it by its default
        *values: Any,
    ) -> tuple[Any, ...]:
        """Mend the whole photo, and offer its file."""
        room, words, said = self._house.rooms.of(request.session_hash), self._words, list[str]()
        labels = {offer.task: task_label(offer, words) for offer in self._house.offers}
        text = ""
        answer: list[Any] = [gr.DownloadButton(visible=False), gr.skip()]
        with telling(words, said):
            opened = self._opened(room.visit)
            steps = self._steps(opened, values[0], values[1:])
            if not steps:
                raise UsageError(words["nothing_to_save"])
            whole = self._work(
                mend,
                opened.path,
                steps,
                opened.strokes,
                self._house.restorers,
                self._house.max_pixels,
                lambda task, share: progress(share, desc=labels[task]),
            )
            path = room.file(whole.name)
            path.write_bytes(whole.content)
            picture = shown(room.visit.number, after=screen_copy(whole.photo, _ZOOMED))
            ready = gr.DownloadButton(value=str(path), visible=True)
            answer = [ready, picture]
            text = saved(whole, words)
        return alert("".join(said)) or text, *answer

    def _shown_settings(self, ticked: Sequence[str]) -> list[Any]:
        """Show the settings of the tasks that are ticked."""
        groups = [gr.Group(visible=control.offer.task in ticked) for control in self._controls]
        return [gr.HTML(visible=not ticked), *groups]

    # --- what the page says ---------------------------------------------------------------------

    def _visit(self, request: gr.Request) -> Visit:
        return self._house.rooms.of(request.session_hash).visit

    def _opened(self, visit: Visit) -> Opened:
        if visit.opened is None:
            raise UsageError(self._words["no_photo"])
        return visit.opened

    def _steps(self, opened: Opened, ticked: Sequence[str], values: Sequence[Any]) -> list[Step]:
        steps = steps_by_task(self._controls, values)
        order = [offer.task for offer in ordered(self._house.offers, opened)]
        return [steps[task] for task in order if task in ticked]

    def _with_painted(self, opened: Opened, ticked: Sequence[str]) -> list[str]:
        """Return what is ticked, and the tasks that take what is painted."""
        painted = {stroke.guide for stroke in opened.strokes}
        takers = [
            next(o.task for o in self._house.offers if guide in {one.name for one in o.guides})
            for guide in painted - self._taken(ticked)
        ]
        return [*ticked, *takers]

    def _taken(self, ticked: Sequence[str]) -> set[str]:
        offers = [offer for offer in self._house.offers if offer.task in ticked]
        return set(guides_of(offers))

    def _adds_colour(self, ticked: Sequence[str]) -> bool:
        return any(offer.adds_colour for offer in self._house.offers if offer.task in ticked)

    def _colouring(self, ticked: Sequence[str], values: Sequence[Any]) -> tuple[Restorer, set[str]]:
        """Return the restorer that gives colours, and the names of its guides."""
        offers = [offer for offer in self._house.offers if offer.adds_colour]
        offers.sort(key=lambda offer: offer.task not in ticked)
        if not offers:
            raise UsageError(self._words["no_photo"])
        step = steps_by_task(self._controls, values)[offers[0].task]
        return self._house.restorer(step), set(guides_of(offers[:1]))


def _same(count: int) -> tuple[Any, ...]:
    return (gr.skip(),) * count
