"""Error messages: the library names parameters, the command line turns them into its flags."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pixrestore
from pixrestore.errors import UsageError
from pixrestore.tasks import Denoise

_PACKAGE = Path(pixrestore.__file__).parent
# `cli` speaks of flags.
_LIBRARY = sorted(
    path
    for folder in (_PACKAGE, _PACKAGE.parent / "plugins")
    for path in folder.rglob("*.py")
    if not {"cli", "tests"} & set(path.parts)
)


def _texts_of_errors(path):
    """Return the text in each error that a module makes, and in whatever it raises."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Raise) or called.endswith("Error"):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def test_no_error_of_the_library_speaks_of_flags():
    found = {
        f"{path.relative_to(_PACKAGE.parent)}: {text}"
        for path in _LIBRARY
        for text in _texts_of_errors(path)
        if "--" in text
    }
    assert found == set()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train --task denoise --sigma 300", "--sigma must be float 0..255 or low,high, not '300'"),
        ("train --arch bottleneck --side 6", "--side must be a multiple of 4, not 6"),
        (
            "train --task denoise --widths 4,8 --blocks 1",
            "--widths and --blocks must have the same",
        ),
        ("restore x.jpg", "name a --task or a --model"),
        ("train --corrupt-on moon", "--corrupt-on must be"),
    ],
)
def test_the_shell_names_flags(cli, words, message):
    done = cli(*words.split())
    assert done.code == 2
    assert f"pixrestore: {message}" in done.err


def test_python_names_parameters():
    with pytest.raises(UsageError) as caught:
        Denoise(sigma=300)
    assert str(caught.value) == "`sigma` must be float 0..255 or low,high, not 300"


def test_only_what_is_an_option_becomes_a_flag(cli):
    from pixrestore.cli import messages

    cli("train", "--task", "denoise", "--arch", "bottleneck", "--help")
    assert messages.in_flags("`frame`, `sigma`, `corrupt_on`, `pixrestore tasks`, `Task`") == (
        "`frame`, --sigma, --corrupt-on, `pixrestore tasks`, `Task`"
    )
    cli("export", "--help")
    assert messages.in_flags("`form` or `to` or `out`") == "--to or --to or --out"
    messages.speak_of()
    assert messages.in_flags("give `overwrite`") == "give `overwrite`"
