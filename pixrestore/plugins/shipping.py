"""What a plugin ships beside its code."""

from __future__ import annotations

from pathlib import Path


def models_in(folder: Path) -> list[Path]:
    """List the model folders in a folder, for `pixrestore_models` to return.

    Parameters
    ----------
    folder : Path
        Holds a folder for each model, such as ``models`` beside the plugin's code; it may be empty
        or missing.

    Returns
    -------
    list of Path
    """
    return sorted(path.parent for path in folder.glob("*/model.json"))
