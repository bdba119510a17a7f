"""The restorers of a server: each model is loaded once, when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixrestore.engines.opening import open_restorer
from pixrestore.errors import UnknownNameError, UsageError, nearest
from pixrestore.model.folder import Model, load_model
from pixrestore.model.lookup import default_model
from pixrestore.plugins.kinds import MODELS
from pixrestore.plugins.loading import load_plugins
from pixrestore.restoring.sequence import in_sequence

if TYPE_CHECKING:
    from pixrestore.engines import Engine
    from pixrestore.restoring.inputs import RestoresPhotos
    from pixrestore.restoring.restorer import Restorer


class Restorers:
    """Restorers that are kept loaded; they may be used by several threads at a time.

    Parameters
    ----------
    models : sequence of str
        Model folders or names of installed models, each to be used for its task in place of the
        task's own. They are loaded at once, so that a wrong name is told before anyone waits.
    engine : {"auto", "onnx", "keras"}
        Engine that runs the networks.
    """

    def __init__(self, models: Sequence[str] = (), engine: Engine = "auto") -> None:
        self._engine = engine
        self._opened: dict[Path, Restorer] = {}
        self._opening = threading.Lock()
        self._chosen: dict[str, Model] = {}
        for name in models:
            model = load_model(name)
            if model.task.name in self._chosen:
                raise UsageError(f"two of the models are for {model.task.name}: name one `model`")
            self._chosen[model.task.name] = model
            self._restorer(model)

    def of(self, tasks: Sequence[str], models: Sequence[str] = ()) -> RestoresPhotos:
        """Return what restores photos by these tasks, one after the other.

        Parameters
        ----------
        tasks : sequence of str
            Names of tasks.
        models : sequence of str
            Names of installed models, each to be used for its task. Folders are not taken: who
            asks from elsewhere must not choose what is read on this machine.

        Raises
        ------
        UsageError
            There is no task, or a model is for none of them.
        UnknownNameError
            There is no such task or model.
        ModelError
            The model's folder is damaged.
        """
        if not tasks:
            raise UsageError("name a `task`")
        asked = {model.task.name: model for model in map(_installed, models)}
        for task in asked:
            if task not in tasks:
                raise UsageError(f"a `model` is for {task}, not for {' or '.join(tasks)}")
        found = [asked.get(t) or self._chosen.get(t) or default_model(t) for t in tasks]
        return in_sequence([self._restorer(model) for model in found])

    def _restorer(self, model: Model) -> Restorer:
        folder = model.folder.resolve()
        with self._opening:  # whoever comes while a model is being loaded waits for it
            if folder not in self._opened:
                self._opened[folder] = open_restorer(model, self._engine)
            return self._opened[folder]


def _installed(name: str) -> Model:
    known = load_plugins().all(MODELS)
    if name not in known:
        raise UnknownNameError(f"there is no model {name!r}: {nearest(name, known)}")
    return load_model(known[name])
