"""What the docs say is what the program does."""

from __future__ import annotations

import ast
import csv
import importlib.util
import json
import re
import shlex
import signal
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import pixrestore
from pixrestore import hooks
from pixrestore.cli import running
from pixrestore.cli.plugin_commands import RESERVED
from pixrestore.images import MAX_PIXELS
from pixrestore.plugins.kinds import ARCHITECTURES, LOSSES, TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.task import Task

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *(ROOT / "examples").rglob("*.md"), *sorted(DOCS.rglob("*.md"))]
REFERENCE = DOCS / "reference"


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def load_tables():
    spec = importlib.util.spec_from_file_location("docs_tables", DOCS / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLES = load_tables()
every_page = pytest.mark.parametrize("page", PAGES, ids=named)


def blocks(page: Path, language: str) -> list[str]:
    """Return the code on a page that is in one language."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def prose(page: Path) -> str:
    """Return a page without its code."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def block_of(page: str, part: str) -> str:
    """Return the one Python block on a page that holds `part`."""
    (found,) = [block for block in blocks(DOCS / page, "python") if part in block]
    return found


# --- the reference ------------------------------------------------------------------------------


@pytest.mark.parametrize("page", TABLES.pages(), ids=named)
def test_reference_is_as_the_code_is(page):
    assert page.read_text(encoding="utf-8") == TABLES.written(page), "run: python docs/tables.py"


def documented(kind: str) -> set[str]:
    """Return what the reference has of a kind of thing."""
    text = "".join(page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.md"))
    return set(re.findall(rf"<!-- from the code: {kind} ([^ ]+) -->", text))


def test_every_command_is_documented():
    # One that is new needs a heading and an empty block in docs/reference/command-line.md.
    commands = set(TABLES.commands())
    assert documented("command") == commands
    # Or a plugin could take the name of one.
    assert {name for name in commands if ":" not in name} == RESERVED


def test_every_task_architecture_and_loss_is_documented():
    plugins = load_plugins()
    assert documented("task") == set(plugins.all(TASKS))
    assert documented("architecture") == set(plugins.all(ARCHITECTURES))
    assert documented("loss") == set(plugins.all(LOSSES))


def test_every_public_name_is_documented():
    headings = re.findall(r"^## (.+)$", (REFERENCE / "python.md").read_text(), re.MULTILINE)
    assert set(pixrestore.__all__) <= {name for line in headings for name in line.split(", ")}


def test_every_method_of_a_task_is_documented():
    methods = {f"Task.{name}" for name, value in vars(Task).items() if callable(value)}
    methods |= {f"Task.{name}" for name, value in vars(Task).items() if isinstance(value, property)}
    public = {name for name in methods if not name.startswith("Task._")}
    assert public <= documented("name")


def test_every_hook_is_documented():
    text = (REFERENCE / "hooks.md").read_text()
    found = [name for name in vars(hooks) if name.startswith("pixrestore_")]
    assert [name for name in found if f"### {name}\n" not in text] == []


def test_every_exit_code_is_documented():
    text = (REFERENCE / "errors.md").read_text()
    source = "".join(path.read_text() for path in (ROOT / "pixrestore").rglob("*.py"))
    codes = {int(code) for code in re.findall(r"^    exit_code = (\d+)$", source, re.MULTILINE)}
    codes |= {0, running.BUG, running.INTERRUPTED}
    codes |= {128 + number for number in (signal.SIGHUP, signal.SIGTERM)}  # as shells count
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == codes


def test_environment_variables_are_documented():
    source = "".join(path.read_text() for path in (ROOT / "pixrestore").rglob("*.py"))
    used = set(re.findall(r"\"(PIXRESTORE_[A-Z_]+)\"", source))
    text = (REFERENCE / "command-line.md").read_text()
    assert [name for name in sorted(used) if f"`{name}`" not in text] == []


def test_the_pixel_limit_is_the_one_documented():
    text = " ".join((REFERENCE / "command-line.md").read_text().split())
    assert f"more than {MAX_PIXELS // 1_000_000} million pixels" in text


@pytest.mark.slow
def test_a_run_writes_the_files_and_keys_that_are_documented(tiny_denoiser):
    text = (REFERENCE / "model-folder.md").read_text()
    rows = set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))
    description = json.loads((tiny_denoiser / "model.json").read_text())
    files = {path.name + "/" * path.is_dir() for path in tiny_denoiser.iterdir()}
    written = files | set(description)
    assert written <= rows
    # The graph is made where the extra "train" is installed, the record beside installed models.
    assert rows - written <= {"tensorboard/", "model.onnx", "installed.json"}
    with (tiny_denoiser / "history.csv").open() as file:
        columns = next(csv.reader(file))
    assert ", ".join(f"`{column}`" for column in columns) in text
    assert f"`geometry` | `{'`, `'.join(description['geometry'])}`" in text


# --- links --------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in headings}


@every_page
def test_links_lead_somewhere(page):
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if link.startswith("https://"):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        exists = target.exists()
        if not exists or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


@every_page
def test_files_that_pages_name_exist(page):
    code = re.findall(r"`((?:pixrestore|tests|docs|examples)/[\w./-]+)`", prose(page))
    assert [path for path in code if not (ROOT / path).exists()] == []


def test_every_page_of_the_docs_can_be_found():
    linked = set()
    for page in PAGES:
        for link in re.findall(r"\]\(([^)\s#]+)", prose(page)):
            linked.add((page.parent / link).resolve())
    lonely = [named(page) for page in DOCS.rglob("*.md") if page.resolve() not in linked]
    assert lonely == ["docs/index.md"] or lonely == []


# --- commands -----------------------------------------------------------------------------------


def shell_lines(page: Path) -> Iterator[list[str]]:
    """Yield the commands on a page as words, without what the shell itself does."""
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            ends = [i for i, word in enumerate(words) if re.match(r"\d?[<>|]|&&", word)]
            if words:
                yield words[: ends[0]] if ends else words
    for code in re.findall(r"`(pixrestore [a-z][^`]*)`", prose(page)):
        if not re.search(r"\b[A-Z]{2,}\b", code):  # a placeholder
            yield shlex.split(code)


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = {words[1] for page in PAGES for words in shell_lines(page) if words[0] == "make"}
    used |= {t for page in PAGES for t in re.findall(r"`make ([a-z-]+)`", prose(page))}
    assert "demo" in used
    assert used <= targets


_TRY = """
import contextlib, io, json, sys
from pixrestore.cli import main
wrong = {}
for words in json.loads(sys.argv[1]):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main([*words, "--help"])
    if code:
        wrong[" ".join(words)] = said.getvalue()
print(json.dumps(wrong))
"""


def test_commands_and_their_options_exist(fresh_cli, install, tmp_path):
    install("pixrestore-defocus", block_of("write-a-plugin.md", "# pixrestore_defocus.py"))
    install("pixrestore-plain", block_of("write-a-plugin.md", "# pixrestore_plain.py"))
    install("pixrestore-newsprint", block_of("write-a-plugin.md", "# pixrestore_newsprint.py"))
    commands = [
        words[1:]
        for page in PAGES
        for words in shell_lines(page)
        if Path(words[0]).name == "pixrestore"
    ]
    assert len(commands) > 30
    shipped = Path(pixrestore.__file__).parent / "models" / "denoise" / "model.json"
    any_model = json.loads(shipped.read_text())
    for words in commands:
        for flag, value in pairwise(words):
            if flag == "--config":
                (tmp_path / value).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / value).write_text('task = "denoise"')
            if flag in ("--model", "--init"):
                # Models are called like their task; which options there are depends on it.
                task = {"name": Path(value).name.partition("-")[0], "options": {}}
                (tmp_path / value).mkdir(parents=True, exist_ok=True)
                description = json.dumps({**any_model, "task": task})
                (tmp_path / value / "model.json").write_text(description)
    done = fresh_cli(json.dumps(commands), code=_TRY)
    assert json.loads(done.out) == {}


# --- Python -------------------------------------------------------------------------------------


@every_page
def test_python_compiles_and_imports_what_exists(page):
    for block in blocks(page, "python"):
        if block.startswith("pixrestore_"):  # a hook's signature
            continue
        for node in ast.walk(ast.parse(block, filename=named(page))):
            if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "pixrestore":
                module = importlib.import_module(node.module)
                missing = [a.name for a in node.names if not hasattr(module, a.name)]
                assert missing == []


def test_plugin_of_the_docs_is_a_whole_plugin(fresh_cli, install):
    module = block_of("write-a-plugin.md", "# pixrestore_defocus.py")
    (project,) = blocks(DOCS / "write-a-plugin.md", "toml")
    settings = tomllib.loads(project)
    entry = settings["project"]["entry-points"]["pixrestore"]["defocus"]
    assert settings["tool"]["setuptools"]["py-modules"] == [entry]
    install(settings["project"]["name"], module, entry=entry)
    listed = fresh_cli("tasks")
    (shown,) = [line for line in listed.out.splitlines() if line.startswith("defocus")]
    # As the page shows it, however wide the columns are.
    page = (DOCS / "write-a-plugin.md").read_text().splitlines()
    assert shown.split() in [line.split() for line in page]
    assert "--radius" in fresh_cli("train", "--task", "defocus", "--help").out


def test_plugin_of_the_readme_is_the_one_of_the_docs():
    (readme,) = [block for block in blocks(ROOT / "README.md", "python") if "hookimpl" in block]
    docs = block_of("write-a-plugin.md", "# pixrestore_defocus.py")
    assert ast.dump(ast.parse(readme)) == ast.dump(
        ast.Module(ast.parse(docs).body[1:], [])  # without the docstring
    )


def test_command_of_the_docs_works(fresh_cli, install, samples):
    install("pixrestore-sharpness", block_of("write-a-plugin.md", "pixrestore_commands"))
    done = fresh_cli("sharpness", samples / "cat.jpg")
    assert done.code == 0
    assert float(done.out) > 0


@pytest.mark.slow
def test_tasks_and_architecture_of_the_docs_keep_their_contracts(fresh_cli, install):
    page = "write-a-plugin.md"
    install("pixrestore-defocus", block_of(page, "# pixrestore_defocus.py"))
    better, plain = block_of(page, "benchmark ="), block_of(page, "# pixrestore_plain.py")
    install("better", better, entry="better")
    install("pixrestore-newsprint", block_of(page, "# pixrestore_newsprint.py"))
    install("pixrestore-plain", plain)
    code = f"""
{block_of(page, "# test_defocus.py")}
test_defocus()

import better
check_task(better.Defocus(), quick=True)

from pixrestore_newsprint import Newsprint
check_task(Newsprint(), quick=True)

from pixrestore_plain import plain
assert plain((None, None, 2), 3, depth=2).output_shape == (None, None, None, 3)
print("well")
"""
    done = fresh_cli(code=code)
    assert (done.out, done.code) == ("well\n", 0), done.err
