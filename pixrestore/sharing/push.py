"""Publishing a model on the Hugging Face Hub."""

from __future__ import annotations

import os

from pixrestore.description import PARTS, read_description
from pixrestore.errors import UsageError
from pixrestore.model import hub
from pixrestore.model.folder import check_files, model_folder


def push_model(model: str | os.PathLike[str], to: str, *, private: bool = False) -> hub.HubName:
    """Publish a model on the Hub: what a model is, and nothing else of its folder.

    Parameters
    ----------
    model : path or str
        A model folder, or the name of an installed model.
    to : str
        Where, as ``hf://owner/name``; the repository is made where there is none.
    private : bool
        Make the repository one that only its owner sees.

    Returns
    -------
    HubName
        The model on the Hub, with the commit that holds it.

    Raises
    ------
    UsageError
        The model states no licence, or `to` is no such name.
    ModelError
        The model is damaged; the Hub does not answer or does not allow it.
    UnknownNameError
        There is no such model.
    """
    name = hub.parse_hub_name(to)
    if name.revision:
        raise UsageError("a model is published without a revision: leave out what follows the @")
    folder = model_folder(model)
    said = read_description(folder)
    if not said.licence:
        raise UsageError(
            f"{folder.name} states no licence, without which nobody may use it: "
            "`pixrestore pack` asks for it"
        )
    check_files(said)
    with hub.told(name), hub.quiet():
        api = hub.hub()
        api.create_repo(name.repository, private=private, exist_ok=True)
        commit = api.upload_folder(
            repo_id=name.repository,
            folder_path=folder,
            allow_patterns=list(PARTS),
            commit_message=f"A pixrestore model for {said.task}",
        )
    return hub.HubName(name.owner, name.name, commit.oid)
