"""The site is built of the pages as they are, without a warning, and no link on it leads astray."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]


class Page(HTMLParser):
    """What a page links to, and the places in it that can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.links |= {named[name] for name in ("href", "src") if named.get(name)}
        if "id" in named:
            self.places.add(named["id"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site as `make docs` does; return its folder."""
    folder = tmp_path_factory.mktemp("site")
    words = ["-m", "sphinx", "--quiet", "-W", "--keep-going", "-c", ROOT / "docs" / "site"]
    done = subprocess.run(
        [sys.executable, *map(str, [*words, "-d", folder / "doctrees", ROOT, folder / "html"])],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in site.rglob("*.html")}


@pytest.mark.slow
def test_every_link_leads_to_a_place_on_the_site(site, pages):
    wrong = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            places = pages[target].places if target in pages else set()
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and anchor not in places):
                wrong.append(f"{path.relative_to(site)}: {link}")
    assert len(pages) > 40
    assert wrong == []


@pytest.mark.slow
def test_pages_docstrings_and_notebooks_are_on_the_site(site, pages):
    docs = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "examples" / "notebooks").glob("*.ipynb")]
    shown = [site / page.relative_to(ROOT).with_suffix(".html") for page in docs]
    assert [page for page in shown if page not in pages] == []
    # Docstrings themselves, in place of the text that GitHub shows.
    python = pages[site / "docs" / "reference" / "python.html"]
    assert "pixrestore.Restorer.restore" in python.places
    # All are in the table of contents.
    contents = pages[site / "docs" / "index.html"].links
    lead = {(site / "docs" / link.partition("#")[0]).resolve() for link in contents}
    assert [page for page in shown if page not in lead and page.name != "index.html"] == []
