"""The terms of models that limit what they may be used for, which are told once."""

from __future__ import annotations

import hashlib
import os

from pixrestore.model.folder import Model
from pixrestore.places import state_folder

VARIABLE = "PIXRESTORE_TERMS"
_SEEN = "seen"

# Licences by their SPDX names under which photos may be restored for any purpose.
_FREE = frozenset(
    {
        "0bsd",
        "agpl-3.0",
        "agpl-3.0-only",
        "agpl-3.0-or-later",
        "apache-2.0",
        "bsd-2-clause",
        "bsd-3-clause",
        "bsl-1.0",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc0-1.0",
        "gpl-2.0-only",
        "gpl-2.0-or-later",
        "gpl-3.0",
        "gpl-3.0-only",
        "gpl-3.0-or-later",
        "isc",
        "lgpl-2.1-only",
        "lgpl-2.1-or-later",
        "lgpl-3.0-only",
        "lgpl-3.0-or-later",
        "mit",
        "mpl-2.0",
        "odc-by-1.0",
        "unlicense",
        "zlib",
    }
)


def untold_terms(model: Model) -> str:
    """Return what to say of a model's terms: one line, at its first use only.

    A marker in the user's state folder says that it was said. Where none can be written, it is said
    each time. ``PIXRESTORE_TERMS=seen`` says that they are known.

    Returns
    -------
    str
        Empty where the terms allow any use, none are stated, or they were told before.
    """
    terms = " ".join(model.licence.split())
    if not terms or terms.lower() in _FREE or os.environ.get(VARIABLE) == _SEEN:
        return ""
    if not _first_time(f"{model.name}\n{terms}"):
        return ""
    return f"the model {model.name} has terms that may limit its use: {terms}"


def _first_time(what: str) -> bool:
    """Leave a marker; tell whether there was none."""
    folder = state_folder() / "terms"
    digest = hashlib.sha256(what.encode("utf-8", "replace")).hexdigest()[:32]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / digest).open("x").close()
    except FileExistsError:
        return False
    except OSError:  # it is better to say it again than not to restore
        return True
    return True
