"""Pages that pixrestore writes, read as a browser would."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

_NEVER_CLOSED = ("meta", "img", "html")


class Page(HTMLParser):
    """What a page holds; every element closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: Counter[str] = Counter()
        self.classes: Counter[str | None] = Counter()
        self.addresses: list[str | None] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        self.classes[dict(attributes).get("class")] += 1
        if tag not in _NEVER_CLOSED:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag != "html":
            assert self.open.pop() == tag
