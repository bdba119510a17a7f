"""Learn to undo damage to photographs, and restore photographs with what was learned.

The names below are imported when first used, so that ``import pixrestore`` costs next to nothing;
TensorFlow is imported when something is trained or restored.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Where each public name lives. `__init__.pyi` says the same to type checkers; a test compares them.
_HOMES = {
    "Belief": "pixrestore.belief",
    "Chain": "pixrestore.chain",
    "Doubt": "pixrestore.belief",
    "Evaluation": "pixrestore.evaluation.result",
    "Finding": "pixrestore.finding",
    "Guide": "pixrestore.guide",
    "Loss": "pixrestore.loss",
    "Recipe": "pixrestore.recipe",
    "Report": "pixrestore.reporting.report",
    "Restorer": "pixrestore.restoring.restorer",
    "Suggestion": "pixrestore.belief",
    "Task": "pixrestore.task",
    "colorize": "pixrestore.verbs",
    "denoise": "pixrestore.verbs",
    "evaluate": "pixrestore.evaluation.measure",
    "fix": "pixrestore.inspection",
    "hookimpl": "pixrestore.hooks",
    "inspect_photo": "pixrestore.inspection",
    "load": "pixrestore.verbs",
    "models_in": "pixrestore.description",
    "option": "pixrestore.options",
    "report": "pixrestore.reporting.report",
    "restore": "pixrestore.verbs",
    "train": "pixrestore.training.start",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
