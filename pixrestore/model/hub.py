"""Models on the Hugging Face Hub: ``hf://owner/name``, or ``hf://owner/name@revision``."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.description import DESCRIPTION, MOST_BYTES, PARTS, is_model_folder
from pixrestore.errors import ModelError, PixrestoreError, UnknownNameError, UsageError
from pixrestore.files import replace_json, replacing
from pixrestore.model.installed import write_record
from pixrestore.places import cache_folder

if TYPE_CHECKING:
    from huggingface_hub import HfApi

SCHEME = "hf://"

_NAME = re.compile(
    r"hf://(?P<owner>[A-Za-z0-9][\w.-]*)/(?P<name>[A-Za-z0-9][\w.-]*)(@(?P<revision>[\w./-]+))?",
    re.ASCII,
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_INSTALL = "pip install 'pixrestore[hub]'"
_PIN = "pinned.json"


@dataclass(frozen=True)
class HubName:
    """A model on the Hub.

    Attributes
    ----------
    owner, name : str
        Of the repository.
    revision : str
        Branch, tag or commit; empty where none was named.
    """

    owner: str
    name: str
    revision: str = ""

    @property
    def repository(self) -> str:
        """As the Hub calls it."""
        return f"{self.owner}/{self.name}"

    def __str__(self) -> str:
        return SCHEME + self.repository + (f"@{self.revision}" if self.revision else "")


def is_hub_name(name: object) -> bool:
    """Tell whether the name of a model means one on the Hub."""
    return isinstance(name, str) and name.startswith(SCHEME)


def parse_hub_name(text: str) -> HubName:
    """Read a name such as ``hf://owner/name@revision``; a `UsageError` where it is none."""
    found = _NAME.fullmatch(text)
    if not found:
        raise UsageError(f"{text!r} names no model on the Hub: it is hf://owner/name[@revision]")
    return HubName(found["owner"], found["name"], found["revision"] or "")


def cached_model(text: str) -> Path:
    """Return the folder of a model on the Hub, downloaded when it is first asked for.

    Without a revision it stays the one that was downloaded first, so that results stay the same
    and nothing is asked of the Hub again. A branch or a tag is looked up each time.

    Parameters
    ----------
    text : str
        As ``hf://owner/name`` or ``hf://owner/name@revision``.

    Raises
    ------
    UsageError
        It is no such name.
    UnknownNameError
        The Hub has no such model or revision.
    ModelError
        It is no model of pixrestore or too large, the Hub does not answer, or huggingface_hub is
        not installed.
    """
    name = parse_hub_name(text)
    place = cache_folder() / "hub" / name.owner / name.name
    pin = place / _PIN
    commit = name.revision or _pinned(pin)
    if not _COMMIT.fullmatch(commit):
        commit = commit_of(name)
    folder = place / commit / name.name
    if not is_model_folder(folder):
        with replacing(folder) as fresh:
            download(name, commit, fresh)
            write_record(fresh, {"from": str(name), "revision": commit})
    if not name.revision and not pin.is_file():
        replace_json(pin, {"revision": commit})
    return folder


def _pinned(pin: Path) -> str:
    try:
        return str(json.loads(pin.read_text(encoding="utf-8"))["revision"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def commit_of(name: HubName) -> str:
    """Ask the Hub which commit a name means now; raises as `cached_model` does."""
    with told(name):
        return str(hub().model_info(name.repository, revision=name.revision or None).sha)


def download(name: HubName, commit: str, folder: Path) -> None:
    """Download what a model is, and nothing else of its repository, into a new folder."""
    from huggingface_hub import snapshot_download

    with told(name), quiet():
        api = hub()
        found = api.model_info(name.repository, revision=commit, files_metadata=True).siblings or []
        sizes = {one.rfilename: one.size or 0 for one in found if one.rfilename in PARTS}
        if DESCRIPTION not in sizes:
            raise ModelError(f"{name} is no model of pixrestore: it has no {DESCRIPTION}")
        if sum(sizes.values()) > MOST_BYTES:
            raise ModelError(f"{name} is refused: it is larger than {MOST_BYTES >> 30} GB")
        snapshot_download(
            name.repository,
            revision=commit,
            local_dir=folder,
            allow_patterns=sorted(sizes),
            endpoint=api.endpoint,
        )
    shutil.rmtree(folder / ".cache", ignore_errors=True)


def hub() -> HfApi:
    """Return what speaks to the Hub that ``HF_ENDPOINT`` names, or to the public one."""
    if find_spec("huggingface_hub") is None:
        raise ModelError(f"models on the Hub need another package: {_INSTALL}")
    from huggingface_hub import HfApi

    return HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="pixrestore")


@contextlib.contextmanager
def told(name: HubName) -> Iterator[None]:
    """Turn what goes wrong with the Hub into one line."""
    try:
        yield
    except PixrestoreError:
        raise
    except Exception as error:
        raise hub_error(name, error) from error


def hub_error(name: HubName, error: Exception) -> PixrestoreError:
    """Say in one line what went wrong with a model on the Hub."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "RevisionNotFoundError" in kinds:
        return UnknownNameError(f"{name.repository} has no revision {name.revision!r} on the Hub")
    if kinds & {"RepositoryNotFoundError", "GatedRepoError"}:
        return UnknownNameError(
            f"the Hub shows no model {name.repository}: if it is private, log in with "
            "`hf auth login`"
        )
    response: Any = getattr(error, "response", None)
    if getattr(response, "status_code", None) in (401, 403):
        return ModelError(
            f"the Hub does not allow this with {name.repository}: log in with `hf auth login`"
        )
    first = str(error).strip().partition("\n")[0][:200] or type(error).__name__
    return ModelError(f"the Hub gives no answer for {name}: {first}")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Show bars of progress to people only."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    if are_progress_bars_disabled() or sys.stderr.isatty():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()
