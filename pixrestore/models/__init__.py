"""The trained models that pixrestore ships, provided through the same hook as everybody's."""

from __future__ import annotations

from pathlib import Path

from pixrestore.description import models_in
from pixrestore.hooks import hookimpl


@hookimpl
def pixrestore_models() -> list[Path]:
    """Provide the model folders beside this file."""
    return models_in(Path(__file__).parent)
