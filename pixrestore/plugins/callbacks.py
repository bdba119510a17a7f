"""Keras callbacks that plugins add to training runs, each plugin asked on its own."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pixrestore.plugins.loading import load_plugins, one_line


def callbacks_of_plugins(
    out: Path, settings: Mapping[str, Any], step: int, say: Callable[[str], None]
) -> list[tuple[str, Any]]:
    """Ask every plugin for its callbacks.

    Parameters
    ----------
    out, settings, step
        What the hook `pixrestore_callbacks` is told.
    say : callable
        Told in one line of each plugin that fails.

    Returns
    -------
    list of (str, callback)
        The plugin's title with each.
    """
    found = []
    for plugin in load_plugins().plugins:
        if plugin.hooks is None or not plugin.hooks.pixrestore_callbacks.get_hookimpls():
            continue
        try:
            with contextlib.redirect_stdout(sys.stderr):
                answers = plugin.hooks.pixrestore_callbacks(
                    out=out, settings=dict(settings), step=step
                )
            found += [(plugin.title, each) for answer in answers for each in _listed(answer)]
        except (Exception, SystemExit) as error:
            say(f"plugin {plugin.title}: pixrestore_callbacks: {one_line(error)}")
    return found


def _listed(answer: Any) -> list[Any]:
    if not isinstance(answer, (list, tuple)):
        raise TypeError(f"must return a list, not {answer!r}")
    for each in answer:
        if not callable(getattr(each, "on_epoch_end", None)):
            raise TypeError(f"must return Keras callbacks, not {each!r}")
    return list(answer)
