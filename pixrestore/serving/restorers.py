"""The restorers of a server: each model is loaded once, when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixrestore.engines.opening import open_restorer
from pixrestore.errors import UnknownNameError, UsageError, nearest
from pixrestore.model.folder import Model, load_model
from pixrestore.model.installed import known_models
from pixrestore.model.lookup import default_model, match_models
from pixrestore.plugins.kinds import MODELS
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
        task's own. They are loaded at once, so that a wrong one is told before anybody waits.
    engine : {"auto", "onnx", "keras"}
        Engine that runs the networks.

    Raises
    ------
    UsageError
        Two of the models are for one task.
    UnknownNameError, ModelError
        There is no such model, or it is damaged.
    """

    def __init__(self, models: Sequence[str] = (), engine: Engine = "auto") -> None:
        self._engine = engine
        self._opened: dict[Path, Restorer] = {}
        self._opening = threading.Lock()
        self._given: dict[str, Model] = {}
        self._defaults: dict[str, Model] = {}
        for name in models:
            model = load_model(name)
            if model.task.name in self._given:
                raise UsageError(f"two models are for {model.task.name}: give one as `model`")
            self._given[model.task.name] = model
            self._restorer(model)

    def models(self, tasks: Sequence[str] = (), models: Sequence[str] = ()) -> list[Model]:
        """Find the models that tasks and names of models mean together, in the tasks' order.

        Parameters
        ----------
        tasks : sequence of str
            Names of tasks; by default those of the models, or of the server's own.
        models : sequence of str
            Names of installed models, each for one of the tasks. Folders are not taken: who asks
            from elsewhere does not choose what is read on this machine.

        Raises
        ------
        UsageError
            There is no task, or a model is for none of them.
        UnknownNameError
            There is no such task or model.
        ModelError
            The model's folder is damaged.
        """
        asked = [_installed(name) for name in models]
        if not (tasks or asked):
            tasks = [*self._given]
        pairs = match_models(tasks, [(model.name, model.task.name) for model in asked])
        if not pairs:
            raise UsageError("name a `task` or a `model`")
        return [self._model_for(task) if at is None else asked[at] for task, at in pairs]

    def of(self, tasks: Sequence[str] = (), models: Sequence[str] = ()) -> RestoresPhotos:
        """Return what restores photos by the models that `models` finds, one after the other."""
        return self.opened(self.models(tasks, models))

    def opened(self, models: Sequence[Model]) -> RestoresPhotos:
        """Return what restores photos by these models, one after the other."""
        return in_sequence([self._restorer(model) for model in models])

    def _model_for(self, task: str) -> Model:
        if task in self._given:
            return self._given[task]
        with self._opening:  # what a task has by default is looked up once: that reads a file
            if task not in self._defaults:
                self._defaults[task] = default_model(task)
            return self._defaults[task]

    def _restorer(self, model: Model) -> Restorer:
        folder = model.folder.resolve()
        with self._opening:  # whoever comes while a model is being loaded waits for it
            if folder not in self._opened:
                self._opened[folder] = open_restorer(model, self._engine)
            return self._opened[folder]


def _installed(name: str) -> Model:
    known = known_models().all(MODELS)
    if name not in known:
        raise UnknownNameError(f"no installed model is called {name!r}: {nearest(name, known)}")
    return load_model(known[name])
