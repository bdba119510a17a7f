"""A translated page says what the page itself says: its skeleton, code and figures are the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHINESE = ROOT / "docs" / "zh-CN"
GLOSSARY = CHINESE / "glossary.md"
# What is only there to lead from one language to the other, or to the glossary.
_BETWEEN = {"README.md", "README.zh-CN.md", "docs/zh-CN/glossary.md"}


def pairs() -> list[tuple[Path, Path]]:
    """Return English pages with their translations."""
    pages = [page for page in sorted(CHINESE.glob("*.md")) if page != GLOSSARY]
    return [
        (ROOT / "README.md", ROOT / "README.zh-CN.md"),
        *((ROOT / "docs" / page.name, page) for page in pages),
    ]


def code(text: str) -> list[str]:
    """Return blocks of code, fenced or indented."""
    fenced = re.findall(r"^```.*?^```$", text, re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return [*fenced, *re.findall(r"(?:^    .+\n)+", rest, re.MULTILINE)]


def prose(text: str) -> str:
    """Return a text without its blocks of code."""
    for block in code(text):
        text = text.replace(block, "")
    return text


def headings(text: str) -> list[str]:
    """Return the levels of the headings, in order."""
    return re.findall(r"^(#+) ", prose(text), re.MULTILINE)


def items(text: str) -> list[str]:
    """Return the marks of list items, in order."""
    return re.findall(r"^( *(?:-|\d+\.)) ", prose(text), re.MULTILINE)


def tables(text: str) -> list[int]:
    """Return how many cells each row of each table has."""
    return [line.count(" |") for line in prose(text).splitlines() if line.startswith("|")]


def names(text: str) -> list[str]:
    """Return what is set as code within sentences."""
    return sorted({" ".join(name.split()) for name in re.findall(r"`([^`]+)`", prose(text))})


def decimals(text: str) -> list[str]:
    """Return the figures with a decimal point; round ones are counted otherwise in Chinese."""
    return sorted(re.findall(r"\d+\.\d+", prose(text)))


SAME: tuple[Callable[[str], list], ...] = (code, headings, items, tables, names, decimals)


@pytest.fixture(params=pairs(), ids=lambda pair: pair[0].stem)
def pair(request) -> tuple[Path, Path]:
    return request.param


@pytest.mark.parametrize("part", SAME, ids=lambda part: part.__name__)
def test_a_translation_has_the_same(part, pair):
    page, translation = (one.read_text(encoding="utf-8") for one in pair)
    assert part(translation) == part(page)


def places(page: Path) -> list[str]:
    """Return where a page's links lead, as paths from the root; translations count as the page."""
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text(encoding="utf-8"))):
        place, _, anchor = link.partition("#")
        if place.startswith("https:"):
            found.append(link)
            continue
        path = (page.parent / place).resolve() if place else page
        name = path.relative_to(ROOT).as_posix()
        # Headings of a translation have names in its own language.
        anchor = "" if CHINESE in path.parents or not place else anchor
        if name not in _BETWEEN:
            found.append(f"{name.replace('docs/zh-CN/', 'docs/')}#{anchor}")
    return sorted(found)


def test_a_translation_links_to_the_same(pair):
    page, translation = pair
    translated = {one for one, _ in pairs() if one.parent != ROOT}
    wanted = []
    for link in places(page):
        place, _, anchor = link.partition("#")
        wanted.append(f"{place}#{'' if ROOT / place in translated else anchor}")
    assert places(translation) == sorted(wanted)


def test_words_are_those_of_the_glossary(pair):
    page, translation = (prose(one.read_text(encoding="utf-8")) for one in pair)
    rows = re.findall(r"^\| ([a-z]+) \| (\S+) \|", GLOSSARY.read_text(encoding="utf-8"), re.M)
    assert {"task", "architecture", "model", "restorer", "guide", "plugin"} <= {w for w, _ in rows}
    plain = re.sub(r"`[^`]*`|\]\([^)]*\)", "", page)
    used = [(word, term) for word, term in rows if re.search(rf"\b{word}s?\b", plain)]
    assert [word for word, term in used if term not in translation] == []
