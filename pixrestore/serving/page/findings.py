"""What `inspect` found, set for people."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from pixrestore.serving.page.controls import task_label
from pixrestore.serving.page.mending import Whole
from pixrestore.serving.page.offers import Offer
from pixrestore.serving.page.texts import Words
from pixrestore.serving.page.visit import Opened


def ordered(offers: Sequence[Offer], opened: Opened) -> list[Offer]:
    """Return the offers in the order of mending; tasks that do not look come last."""
    looked = list(opened.found.findings)

    def place(offer: Offer) -> int:
        return looked.index(offer.task) if offer.task in looked else len(looked)

    return sorted(offers, key=place)


def choices(
    offers: Sequence[Offer], opened: Opened, words: Words
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what can be ticked, each with its name, and what is ticked already."""
    ticked = [task for task in opened.found.tasks if task in {offer.task for offer in offers}]
    shown = []
    for offer in ordered(offers, opened):
        label = task_label(offer, words)
        label += f" · {words['seen']}" if offer.task in ticked else ""
        shown.append((label, offer.task))
    return shown, ticked


def facts(opened: Opened, words: Words) -> str:
    """Say what a photo is, and whether anything seems wrong with it."""
    found = opened.found
    parts = [words[found.kind], f"{opened.width} × {opened.height} {words['pixels']}"]
    if found.format:
        parts.append(found.format)
    lines = [f"<strong>{html.escape(opened.path.name)}</strong>", ", ".join(parts)]
    if not found.tasks:
        lines.append(words["nothing"])
    lines += map(html.escape, found.notes)
    return "<p>" + "<br>".join(lines) + "</p>"


def measured(offers: Iterable[Offer], opened: Opened, words: Words) -> str:
    """List what each task has measured."""
    labels = {offer.task: task_label(offer, words) for offer in offers}
    rows = [
        f"<dt>{html.escape(labels.get(task, task))}</dt>"
        f"<dd>{html.escape(finding.measure)}: {finding.value:.3g} {html.escape(finding.unit)}</dd>"
        for task, finding in opened.found.findings.items()
    ]
    return f"<dl>{''.join(rows)}</dl><p>{words['preview_note']}</p>"


def saved(whole: Whole, words: Words) -> str:
    """Say that a result is ready, and what there is to say of it."""
    height, width = whole.photo.pixels.shape[:2]
    done = words["done"].format(name=whole.name, width=width, height=height)
    lines = "<br>".join(map(html.escape, (done, *whole.photo.notes)))
    return f'<p role="status">{lines}</p>'


def alert(text: str) -> str:
    """Return a message that screen readers say at once."""
    return f'<p class="alert" role="alert">{html.escape(text)}</p>' if text else ""
