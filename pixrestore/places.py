"""Where pixrestore keeps what belongs to the user: models, downloads, and what was said once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platformdirs import PlatformDirs

MODELS = "PIXRESTORE_MODELS"


def models_folder() -> Path:
    """Return the folder of installed models: ``PIXRESTORE_MODELS``, or one in the user's data."""
    named = os.environ.get(MODELS)
    return Path(named).expanduser() if named else _places().user_data_path / "models"


def cache_folder() -> Path:
    """Return the folder of what can be downloaded again."""
    return Path(_places().user_cache_path)


def state_folder() -> Path:
    """Return the folder of what pixrestore remembers between commands."""
    return Path(_places().user_state_path)


def _places() -> PlatformDirs:
    from platformdirs import PlatformDirs  # not at every start of the program

    return PlatformDirs("pixrestore", appauthor=False)
