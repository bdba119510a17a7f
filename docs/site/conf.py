"""How Sphinx makes a site of the pages, which are written to be read as they are.

The root of the repository is the source, so links between pages are the same on the site. What a
page needs only there is added while it is read: the table of contents, and docstrings in place of
the text that docs/tables.py wrote of them.
"""

from __future__ import annotations

import inspect
import os
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

# The reference is of what pixrestore itself provides.
os.environ["PIXRESTORE_PLUGINS"] = ""

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import pixrestore  # noqa: E402

project = "pixrestore"
author = "the pixrestore authors"
version = release = pixrestore.__version__
root_doc = "docs/index"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

include_patterns = [
    "*.md",
    "docs/*.md",
    "docs/**/*.md",
    "examples/*.md",
    "examples/**/*.md",
    "examples/notebooks/*.ipynb",
    "plugins/README.md",
    "plugins/*/README.md",
    "pixrestore/samples/README.md",
]
exclude_patterns = [".*", "build", "dist", "runs", "demo", "restored"]

# Names as GitHub gives them to headings, for links such as page.md#words.
myst_heading_anchors = 4
# Notebooks are run by the tests; the site shows what they wrote.
nb_execution_mode = "off"
default_role = "py:obj"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = True
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"pixrestore {version}"
html_extra_path = ["extra"]  # sends the site's own address to docs/index.html
html_show_sphinx = False
html_copy_source = False

# A link that needs the internet is checked by `make docs-links`.
linkcheck_timeout = 20
linkcheck_anchors = False

_FIRST = ("getting-started", "train-your-own", "write-a-plugin")
_BLOCK = re.compile(r"<!-- from the code: (\w+)(?: ([^ ]+))? -->\n.*?<!-- end -->", re.DOTALL)
_LINK = re.compile(r"(\]\()([^)\s#:]+)(\))")


def contents() -> Iterator[tuple[str, list[str]]]:
    """Yield the sections of the site and their pages, as paths from docs/."""
    rest = sorted(page.stem for page in (ROOT / "docs").glob("*.md"))
    others = [page for page in rest if page not in (*_FIRST, "index", "gallery")]
    yield "Tutorials", [*_FIRST, "../examples/notebooks/*"]
    yield "How-to", [*others, "how-to/*"]
    yield "Reference", ["reference/*"]
    yield "Explanation", ["explanation/*"]
    yield "Studies", ["studies/*"]
    yield "Gallery", ["gallery", "../plugins/README", "../plugins/*/README"]
    yield "中文", ["../README.zh-CN", "zh-CN/*"]
    about = ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY", "examples/README")
    photos = ("examples/photos/README", "pixrestore/samples/README")
    yield "The project", [f"../{page}" for page in (*about, *photos)]


def toctree(caption: str, pages: list[str]) -> str:
    """Write a section of the table of contents."""
    lines = ["```{toctree}", ":hidden:", ":glob:", f":caption: {caption}", "", *pages, "```"]
    return "\n".join(lines)


def described(match: re.Match[str]) -> str:
    """Put the docstring itself where docs/tables.py has written it as text."""
    kind, name = match.groups()
    if kind == "checks":
        name = "pixrestore.testing:check_task"
    elif kind != "name":
        return match[0]
    module, _, name = name.rpartition(":")
    thing = pkgutil.resolve_name(f"{module or 'pixrestore'}:{name}")
    directive = f".. auto{object_type(name, thing)}:: {module or 'pixrestore'}.{name}"
    return f"```{{eval-rst}}\n{directive}\n```"


def object_type(name: str, thing: object) -> str:
    """Return what autodoc calls a kind of thing."""
    if inspect.isclass(thing):
        return "exception" if issubclass(thing, Exception) else "class"
    if isinstance(thing, property):
        return "property"
    return "method" if "." in name else "function"


def leading_to_a_page(page: Path, link: re.Match[str]) -> str:
    """Point a link to a folder at the page that GitHub shows for it."""
    before, place, after = link.groups()
    return f"{before}{place.rstrip('/')}/README.md{after}" if is_folder(page, place) else link[0]


def is_folder(page: Path, place: str) -> bool:
    """Say whether a link on a page leads to a folder."""
    return (page.parent / place).is_dir()


def prepare(app: object, name: str, source: list[str]) -> None:
    """Add to a page what only the site needs."""
    page = ROOT / f"{name}.md"
    if not page.is_file():
        return
    text = _LINK.sub(lambda link: leading_to_a_page(page, link), _BLOCK.sub(described, source[0]))
    if name == root_doc:
        text = "\n\n".join([text, *(toctree(*section) for section in contents())])
    source[0] = text


def speak(app: object, name: str, template: str, context: dict, doctree: object) -> None:
    """Say which language a page is in: browsers choose letters and voices by it."""
    if "zh-CN" in name:
        context["language"] = "zh-CN"


def setup(app: object) -> None:
    app.connect("source-read", prepare)
    app.connect("html-page-context", speak)
