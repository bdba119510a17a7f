"""A new plugin: a distribution that installs, passes its own tests, and trains at once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from string import Template

from pixrestore.errors import OutputError, UsageError
from pixrestore.files import replacing
from pixrestore.scaffold.files import FILES

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def new_plugin(name: str, folder: str | os.PathLike[str] = ".", summary: str = "") -> Path:
    """Write a distribution with one task, ready to be installed, tested and trained.

    Parameters
    ----------
    name : str
        The task's name: lower-case words joined by ``-``.
    folder : path
        Folder in which ``pixrestore-<name>`` is made.
    summary : str
        What the task does, in a line such as ``Sharpen photos that were shaken.``; one that
        names the task by default.

    Returns
    -------
    Path
        The distribution's folder.

    Raises
    ------
    UsageError
        The name is no name for a task, or one that a task has already; or the summary is more
        than a line of plain text.
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
    summary = summary.strip() or f"Restore photos: {name.replace('-', ' ')}."
    if not summary.isprintable() or '"' in summary or "\\" in summary:
        raise UsageError('a summary is one line of plain text, without " or \\')
    under = name.replace("-", "_")
    words = {
        "name": name,
        "under": under,
        "module": f"pixrestore_{under}",
        "title": "".join(word.capitalize() for word in name.split("-")),
        "said": summary,
        "version": ".".join(__version__.split(".")[:2]),
    }
    place = Path(folder) / f"pixrestore-{name}"
    if os.path.lexists(place):
        raise OutputError(f"{place} exists already")
    with replacing(place) as fresh:
        for path, text in FILES.items():
            file = fresh / Template(path).substitute(words)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(Template(text).substitute(words), encoding="utf-8")
    return place
