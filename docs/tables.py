"""Write what the reference pages say about the code, from the code itself.

    python docs/tables.py            # after a change of options, commands, hooks or errors
    python docs/tables.py --check    # says which pages are not as the code is

Between `<!-- from the code: WHAT NAME -->` and `<!-- end -->` a page belongs to this script; all
else on it is written by hand. tests/test_docs.py runs the check.
"""

from __future__ import annotations

import argparse
import inspect
import os
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

# Only what pixrestore itself provides belongs in its reference. Before plugins are loaded.
os.environ["PIXRESTORE_PLUGINS"] = ""

DOCS = Path(__file__).parent
BLOCK = re.compile(r"(<!-- from the code: (\w+)(?: ([^ ]+))? -->\n).*?(<!-- end -->)", re.DOTALL)


def command(name: str) -> str:
    """Describe a command: how it is called, and the options that it always has."""
    found = commands()[name]
    context = found.make_context(name.replace(":", " "), [], resilient_parsing=True)
    usage = found.get_usage(context).removeprefix("Usage: ")
    text = inspect.cleandoc(found.help or "")
    return f"{text}\n\n```text\npixrestore {usage}\n```\n\n{parameters(found, context)}"


def commands() -> dict[str, Any]:
    """Return all commands; those of a group go by names such as ``models:install``."""
    found = dict(program().commands)
    for name, group in list(found.items()):
        members = getattr(group, "commands", {})
        found |= {f"{name}:{member}": command for member, command in members.items()}
    return found


def before(_: str) -> str:
    """List the options that stand before the command."""
    found = program()
    return parameters(found, found.make_context("pixrestore", [], resilient_parsing=True))


def parameters(found: Any, context: Any) -> str:
    """Set what a command takes in a table."""
    rows = []
    for param in found.get_params(context):
        if param.name == "help":
            continue
        shown, meaning = param.get_help_record(context)
        if param.param_type_name == "argument":
            shown = f"{param.metavar or param.name.upper()}{'...' if param.nargs != 1 else ''}"
        rows.append((_code(shown), " ".join(meaning.split())))
    return table(("option", "meaning"), rows)


def program() -> Any:
    """Return the program, as click has it."""
    import typer

    from pixrestore.cli.app import build_app

    return typer.main.get_command(build_app())


def task(name: str) -> str:
    """List the options of a task."""
    from pixrestore.plugins.kinds import TASKS
    from pixrestore.plugins.loading import load_plugins

    return options(_of(load_plugins().find(TASKS, name)))


def architecture(name: str) -> str:
    """List the arguments of an architecture."""
    from pixrestore.plugins.kinds import ARCHITECTURES
    from pixrestore.plugins.loading import load_plugins

    return options(_of(load_plugins().find(ARCHITECTURES, name)))


def loss(name: str) -> str:
    """List the options of a loss."""
    from pixrestore.plugins.losses import options_of_loss

    return options(options_of_loss(name))


def recipe(_: str) -> str:
    """List the fields of a recipe."""
    from pixrestore.recipe import Recipe

    return options(_of(Recipe), flags=False)


def options(found: Iterable[Any], flags: bool = True) -> str:
    """Set options in a table."""
    from pixrestore.cli.option_groups import shown

    rows = []
    for option in found:
        name = "--" + option.name.replace("_", "-") if flags else option.name
        default = shown(option.default) if isinstance(option.default, bool | int | float) else ""
        if isinstance(option.default, str | tuple) and option.default:
            default = shown(option.default)
        when = " (when restoring)" if option.restoring else ""
        rows.append((_code(name), option.type_name, default, option.help + when))
    return table(("name", "type", "default", "meaning"), rows)


def errors(_: str) -> str:
    """List the exit codes."""
    from pixrestore import errors as module
    from pixrestore.backend import BackendError
    from pixrestore.cli.running import BUG, INTERRUPTED

    found = [
        (kind.exit_code, _code(kind.__name__), inspect.getdoc(kind).partition("\n")[0])
        for kind in (*vars(module).values(), BackendError)
        if inspect.isclass(kind) and issubclass(kind, module.PixrestoreError)
    ]
    found[0] = (*found[0][:2], "Photos failed for different reasons, or something has no code.")
    rows = [
        (0, "", "All went well."),
        *found,
        (BUG, "", "A bug, in pixrestore or in a plugin; the line says whose."),
        (INTERRUPTED, "", "Stopped with Ctrl-C."),
        (129, "", "Stopped by SIGHUP: its terminal or connection closed."),
        (143, "", "Stopped by SIGTERM, as `kill` sends it."),
    ]
    return table(("code", "error in Python", "meaning"), sorted(rows))


def hooks(_: str) -> str:
    """Describe the hooks."""
    from pixrestore import hooks as module

    parts = []
    for name, hook in vars(module).items():
        if name.startswith("pixrestore_"):
            parts.append(f"### {name}\n\n```python\n{_signature(name, hook)}\n```")
            parts.append(inspect.getdoc(hook))
    return "\n\n".join(parts)


def name(name: str) -> str:
    """Describe a public name, or one in ``module:name``, by its signature and its docstring."""
    module, _, name = name.rpartition(":")
    thing = pkgutil.resolve_name(f"{module or 'pixrestore'}:{name}")
    return f"```text\n{_signature(name, thing)}\n\n{_indented(inspect.getdoc(thing))}\n```"


def checks(_: str) -> str:
    """Describe `check_task` and its checks."""
    from pixrestore.testing import check_task

    text = _indented(inspect.getdoc(check_task))
    return f"```text\n{_signature('check_task', check_task)}\n\n{text}\n```"


def suffixes(_: str) -> str:
    """List the endings of files that are photos."""
    from pixrestore.images import PHOTO_SUFFIXES

    return " ".join(_code(suffix) for suffix in sorted(PHOTO_SUFFIXES))


_KINDS: Sequence[Callable[[str], str]] = (
    *(command, before, task, architecture, loss, recipe, errors, hooks, name, checks, suffixes),
)
MAKERS = {maker.__name__: maker for maker in _KINDS}


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Set a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def written(page: Path) -> str:
    """Return a page with its blocks as the code is now."""

    def block(match: re.Match[str]) -> str:
        return f"{match[1]}\n{MAKERS[match[2]](match[3] or '')}\n\n{match[4]}"

    return BLOCK.sub(block, page.read_text(encoding="utf-8"))


def pages() -> list[Path]:
    """List the pages that have blocks."""
    found = sorted(DOCS.rglob("*.md"))
    return [page for page in found if BLOCK.search(page.read_text(encoding="utf-8"))]


def stale() -> list[Path]:
    """List the pages that are not as the code is."""
    return [page for page in pages() if page.read_text(encoding="utf-8") != written(page)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    given = parser.parse_args()
    changed = stale()
    for page in changed:
        print(f"{page.relative_to(DOCS)} {'is out of date' if given.check else 'written'}")
        if not given.check:
            page.write_text(written(page), encoding="utf-8")
    return 1 if given.check and changed else 0


def _of(source: Any) -> Any:
    from pixrestore.options import options_of

    return [option for option in options_of(source) if option.help]


class _Bare(str):
    """An annotation that is shown as it was written, without quotes."""

    def __repr__(self) -> str:
        return str(self)


def _signature(name: str, thing: Any) -> str:
    """Return how something is called, one parameter a line where it is long."""
    if isinstance(thing, property):
        return name
    signature = inspect.signature(thing)
    kept = [
        p.replace(annotation=_bare(p.annotation))
        for p in signature.parameters.values()
        if p.name != "self"
    ]
    returned = inspect.Signature.empty if inspect.isclass(thing) else signature.return_annotation
    short = f"{name}{inspect.Signature(kept, return_annotation=_bare(returned))}"
    if len(short) <= 88:
        return short
    end = str(inspect.Signature(return_annotation=_bare(returned))).removeprefix("()")
    return "\n".join([f"{name}(", *(f"    {line}," for line in _parameters(kept)), f"){end}"])


def _bare(annotation: Any) -> Any:
    return _Bare(annotation) if isinstance(annotation, str) else annotation


def _parameters(parameters: Sequence[inspect.Parameter]) -> list[str]:
    lines = []
    starred = False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            starred = True
            lines.append("*")
        starred |= parameter.kind is parameter.VAR_POSITIONAL
        lines.append(str(parameter))
    return lines


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def _code(text: str) -> str:
    return f"`{text}`"


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
