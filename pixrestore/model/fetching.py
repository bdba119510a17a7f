"""Models behind addresses: fetched once, and kept in the user's cache."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pixrestore.addresses import Address, entries, fetch
from pixrestore.description import CARD, DESCRIPTION, GRAPH, WEIGHTS
from pixrestore.errors import ModelError, PhotoError
from pixrestore.files import replace_file, replacing
from pixrestore.places import cache_folder


def fetched_model(address: Address) -> Path:
    """Return the folder of a model behind an address, on this machine.

    What its ``model.json`` says names the copy, and so it is fetched again where the model changed.
    Whether the other files are what it says, is checked when they are loaded.

    Parameters
    ----------
    address : Address
        The model's folder.

    Raises
    ------
    ModelError
        There is no model, or it cannot be fetched.
    """
    try:
        description = fetch(address / DESCRIPTION)
        digest = hashlib.sha256(description).hexdigest()
        folder = cache_folder() / "fetched" / digest / (address.name or "model")
        if not folder.is_dir():
            there = set(entries(address)[0])
            with replacing(folder) as fresh:
                for name in there.intersection((WEIGHTS, GRAPH, CARD)):
                    replace_file(fresh / name, fetch(address / name))
                replace_file(fresh / DESCRIPTION, description)
    except PhotoError as error:
        raise ModelError(f"cannot fetch the model {address}: {error}") from error
    return folder
