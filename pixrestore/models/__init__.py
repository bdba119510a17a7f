"""The trained models that pixrestore ships, provided through the same hook as everybody's."""

from __future__ import annotations

from pathlib import Path

from pixrestore.hooks import hookimpl
from pixrestore.plugins.shipping import models_in


@hookimpl
def pixrestore_models() -> list[Path]:
    """Provide the model folders beside this file."""
    return models_in(Path(__file__).parent)
