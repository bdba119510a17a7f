"""The files of a new plugin: names and texts, with ``$`` before what differs between plugins."""

from __future__ import annotations

from collections.abc import Mapping

_PROJECT = """\
[build-system]
requires = ["hatchling>=1.25"]
build-backend = "hatchling.build"

[project]
name = "pixrestore-$name"
version = "0.1.0"
description = "The task $name for photos: a plugin of pixrestore"
readme = "README.md"
license = "MIT"
license-files = ["LICENSE"]
requires-python = ">=3.11"
# By the first of these, people and pixrestore's pages find plugins.
keywords = ["pixrestore-plugin", "photo restoration"]
classifiers = [
  "Programming Language :: Python :: 3",
  "Topic :: Scientific/Engineering :: Image Processing",
]
dependencies = ["pixrestore>=$version"]

[project.optional-dependencies]
dev = ["pytest", "pixrestore[train]"]

[project.entry-points.pixrestore]
$name = "$module"
"""

_README = """\
# pixrestore-$name

$said This is a plugin of pixrestore, with the task `$name`.

    pip install --editable ".[dev]"         # pixrestore knows the task from here on
    pixrestore preview --task $name photo.jpg -o sheet.png
    pytest                                  # is the task one that can be learned?
    pixrestore train --task $name --data photos --out runs/$name --minutes 30
    pixrestore restore --model runs/$name damaged.jpg -o restored.jpg

To ship what you trained, take what a model is out of the run's folder.
`pixrestore restore --task $name` then needs no `--model`:

    pixrestore pack runs/$name -o $module/models/$name \\
        --license CC-BY-4.0 --trained-on "my own photos"

[LICENSE](LICENSE) is for the code; the model's card says what holds for its weights.
"""

_LICENSE = """\
MIT License

Copyright (c) the authors of pixrestore-$name

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""

_MODULE = '''\
"""The task $name, for pixrestore."""

from dataclasses import dataclass
from pathlib import Path

from pixrestore import Task, hookimpl, models_in, option


@dataclass(frozen=True)
class $title(Task):
    """$said"""  # what `pixrestore tasks` shows

    name = "$name"

    # Every field is an option: --strength on the command line, saved with each model.
    strength: tuple[float, float] = option(
        (0.2, 0.7), help="how much of the contrast is lost", min=0, max=0.9
    )

    def corrupt(self, clean, rng):
        """Damage a photo: `clean` is float32 RGB in [0, 1], (H, W, 3); never change it in place."""
        # Put your damage here. Take all randomness from rng, and import large packages here, inside
        # the function, since pixrestore imports every plugin as it starts.
        import numpy as np

        lost = np.float32(rng.uniform(*self.strength))
        return clean * (1 - lost) + np.float32(0.5) * lost

    # May people say more than a photo shows, by painting over it? Then import Guide and name it:
    #
    #     guides = (Guide("mask", "white where the photo is damaged", kind="mask"),)
    #
    # `paint` imitates what they paint, `encode_guided` shows it to the network, and `hold` makes
    # the answer hold to it; docs/explanation/guides.md has a whole task.


@hookimpl
def pixrestore_tasks():
    """Provide the task."""
    return [$title]


@hookimpl
def pixrestore_models():
    """Provide the trained models beside this file, once there are some."""
    return models_in(Path(__file__).parent / "models")
'''

_TESTS = '''\
"""That the task keeps its contract, one test for each part of it, and that pixrestore finds it."""

import $module
from $module import $title
from pixrestore.plugins.kinds import TASKS
from pixrestore.testing import plugins_installed, task_checks


# Name more tasks here for other options, such as $title(strength=0.5). What is special about
# your damage is worth a test of its own.
@task_checks($title())
def test_$under(check):
    check()


def test_the_plugin_is_found():
    with plugins_installed($module) as plugins:
        assert plugins.find(TASKS, "$name") is $title
        assert not plugins.failed
'''

_CI = """\
name: CI

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        python: ["3.11", "3.13"]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: $${{ matrix.python }}
          cache: pip
          cache-dependency-path: pyproject.toml
      - run: pip install --editable ".[dev]"
      - run: pytest
"""

_PUBLISH = """\
# Publishes to PyPI when a release is made on GitHub. PyPI must know this workflow first: see
# "trusted publishing" in its settings. No password or token is stored anywhere.
name: Publish

on:
  release:
    types: [published]

permissions:
  contents: read

jobs:
  pypi:
    runs-on: ubuntu-latest
    environment: pypi
    permissions:
      id-token: write
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - run: pip install build
      - run: python -m build
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

_IGNORED = """\
__pycache__/
*.py[cod]
*.egg-info/
.venv/
.pytest_cache/
build/
dist/
runs/
"""

FILES: Mapping[str, str] = {
    "pyproject.toml": _PROJECT,
    "README.md": _README,
    "LICENSE": _LICENSE,
    "$module/__init__.py": _MODULE,
    "tests/test_$under.py": _TESTS,
    ".github/workflows/ci.yml": _CI,
    ".github/workflows/publish.yml": _PUBLISH,
    ".gitignore": _IGNORED,
}
"""Texts by path; ``string.Template`` fills in both."""
