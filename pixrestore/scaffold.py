"""A new plugin: a distribution that installs, passes its own tests, and trains at once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from string import Template

from pixrestore.errors import OutputError, UsageError
from pixrestore.files import replacing

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "pixrestore-$name"
version = "0.1.0"
description = "Undo $words in photos: a plugin of pixrestore"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["pixrestore>=$version"]

[project.optional-dependencies]
dev = ["pytest"]

[project.entry-points.pixrestore]
$name = "$module"
""",
    "README.md": """\
# pixrestore-$name

A plugin of pixrestore that undoes $words in photos.

    pip install --editable ".[dev]"         # pixrestore knows the task from here on
    pixrestore preview --task $name photo.jpg -o sheet.png
    pytest                                  # is the task one that can be learned?
    pixrestore train --task $name --data photos --out runs/$name --minutes 30
    pixrestore restore --model runs/$name damaged.jpg -o restored.jpg

To ship what you trained, move `runs/$name` to `$module/models/$name`:
`pixrestore restore --task $name` then needs no `--model`.
""",
    "$module/__init__.py": '''\
"""Undoing $words in photos."""

from dataclasses import dataclass
from pathlib import Path

from pixrestore import Task, hookimpl, models_in, option


@dataclass(frozen=True)
class $title(Task):
    """Undo $words."""  # what `pixrestore tasks` shows

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


@hookimpl
def pixrestore_tasks():
    """Provide the task."""
    return [$title]


@hookimpl
def pixrestore_models():
    """Provide the trained models beside this file, once there are some."""
    return models_in(Path(__file__).parent / "models")
''',
    "tests/test_$under.py": '''\
"""The contract of tasks, a test of each part of it, and what is special about this one."""

import $module
import numpy as np
from $module import $title
from pixrestore.plugins.kinds import TASKS
from pixrestore.testing import plugins_installed, task_checks


@task_checks($title())
def test_$under(check):
    check()


def test_the_plugin_is_found():
    with plugins_installed($module) as plugins:
        assert plugins.find(TASKS, "$name") is $title
        assert not plugins.failed


def test_contrast_is_lost():
    clean = np.linspace(0, 1, 300, dtype=np.float32).reshape(10, 10, 3)
    degraded = $title(strength=0.5).corrupt(clean, np.random.default_rng(0))
    assert np.isclose(np.ptp(degraded), 0.5)
''',
    ".gitignore": """\
__pycache__/
.pytest_cache/
dist/
runs/
""",
}


def new_plugin(name: str, folder: str | os.PathLike[str] = ".") -> Path:
    """Write a distribution with one task, ready to be installed, tested and trained.

    Parameters
    ----------
    name : str
        The task's name: lower-case words joined by ``-``.
    folder : path
        Folder in which ``pixrestore-<name>`` is made.

    Returns
    -------
    Path
        The distribution's folder.

    Raises
    ------
    UsageError
        The name is no name for a task, or one that a task has already.
    OutputError
        The folder exists, or cannot be written.
    """
    from pixrestore import __version__
    from pixrestore.plugins.kinds import TASKS
    from pixrestore.plugins.loading import load_plugins

    name = name.removeprefix("pixrestore-")
    if not _NAME.fullmatch(name) or name == "task":
        raise UsageError(f"a task's name is lower-case words joined by '-', not {name!r}")
    if name in load_plugins().all(TASKS):
        raise UsageError(f"there is a task {name!r} already: choose another name")
    under = name.replace("-", "_")
    words = {
        "name": name,
        "under": under,
        "module": f"pixrestore_{under}",
        "title": "".join(word.capitalize() for word in name.split("-")),
        "words": name.replace("-", " "),
        "version": ".".join(__version__.split(".")[:2]),
    }
    place = Path(folder) / f"pixrestore-{name}"
    if os.path.lexists(place):
        raise OutputError(f"{place} exists already")
    with replacing(place) as fresh:
        for path, text in _FILES.items():
            file = fresh / Template(path).substitute(words)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(Template(text).substitute(words), encoding="utf-8")
    return place
