"""What must not be imported where users wait for nothing but words."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import pixrestore

HEAVY = {
    "tensorflow",
    "keras",
    "numpy",
    "skimage",
    "scipy",
    "PIL",
    "rich",
    "pydantic",
    "watchfiles",
    "fsspec",
    "ray",
    "pyarrow",
    "pandas",
}

_RUN = """
import json, sys
from pixrestore.cli import main
code = main(sys.argv[1:])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
sys.exit(code)
"""

_IMPORT = """
import json, sys
%s
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "--version",
        "tasks",
        "tasks --json",
        "architectures --verbose",
        "losses --verbose",
        "models",
        "plugins --json",
        "train --help",
        "train --task denoise --help",
        "train --task colorize --arch bottleneck --help",
        "evaluate --task denoise --help",
        "colorize --help",
        "serve --help",
        "bulk --task denoise --help",
        "restore --task colorize --help",
    ],
)
def test_looking_imports_nothing_heavy(fresh_cli, words):
    done = fresh_cli(*words.split(), code=_RUN, plugins="")
    assert done.code == 0, done.err
    assert not HEAVY & set(json.loads(done.err.splitlines()[-1]))


@pytest.mark.parametrize(
    "statement",
    [
        "import pixrestore",
        "from pixrestore import Task, option, hookimpl",
        "from pixrestore import colorize, denoise, restore, load",
        "from pixrestore import train",
    ],
)
def test_names_import_nothing_heavy(fresh_cli, statement):
    done = fresh_cli(code=_IMPORT % statement)
    assert done.code == 0, done.err
    assert not HEAVY & set(json.loads(done.err))


_PLAIN = """
import json, sys
from pixrestore.images import read_photo, write_photo
from pathlib import Path
write_photo(read_photo(sys.argv[1]), Path("copy.jpg"))
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def test_a_plain_photo_is_read_and_written_without_what_other_formats_need(fresh_cli, samples):
    done = fresh_cli(str(samples / "coffee.jpg"), code=_PLAIN)
    assert done.code == 0, done.err
    seldom = {f"pixrestore.images.{one}" for one in ("archives", "avif", "jpeg2000", "tiff_pages")}
    assert not {*seldom, "tifffile", "imagecodecs", "scipy", "fsspec"} & set(json.loads(done.err))


def test_public_names_exist_and_the_stub_lists_them_all():
    stub = Path(pixrestore.__file__).with_suffix(".pyi").read_text()
    lists = [node for node in ast.walk(ast.parse(stub)) if isinstance(node, ast.List)]
    stubbed = [name.value for node in lists for name in node.elts]
    assert sorted(stubbed) == sorted(pixrestore.__all__)
    for name in pixrestore.__all__:
        assert getattr(pixrestore, name) is not None
        assert name in dir(pixrestore)
    with pytest.raises(AttributeError, match="no attribute 'colourise'"):
        _ = pixrestore.colourise


@pytest.mark.parametrize("words", ["train", "train --valid .", "evaluate --task denoise"])
def test_a_folder_that_is_not_there_is_told_before_what_takes_long(fresh_cli, tmp_path, words):
    done = fresh_cli(*words.split(), "--data", "nodir", code=_RUN, plugins="")
    assert done.code == 4
    assert done.err.startswith("pixrestore: nodir does not exist\n")
    assert not {"tensorflow", "keras"} & set(json.loads(done.err.splitlines()[-1]))
    assert list(tmp_path.iterdir()) == []
