"""The model card: what a model is, how it was made, what it can do, in a README."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


def card(name: str, summary: str, description: Mapping[str, Any]) -> str:
    """Return the text of a model's ``README.md``.

    Parameters
    ----------
    name : str
        Name of the model.
    summary : str
        What its task does, in one sentence.
    description : Mapping
        Contents of its ``model.json``.
    """
    task, network = description["task"], description["architecture"]
    arguments = _listed(network["arguments"])
    lines = [
        *_front_matter(task["name"], description["licence"]),
        f"# {name}",
        "",
        f"A [pixrestore](https://pypi.org/project/pixrestore) model. {summary}",
        "",
        f"- task: `{task['name']}` ({_listed(task['options'])})",
        f"- architecture: `{network['name']}`" + (f" ({arguments})" if arguments else ""),
        *_training_loss(description["loss"]["name"]),
        f"- licence: {description['licence'] or 'not stated'}",
        *_written(description["versions"]),
        "",
        f"    pixrestore restore --model {name} photo.jpg",
        "",
        *(["## Limits", "", description["limits"], ""] if description["limits"] else []),
        *_section("Training", description["training"]),
        *_section("Figures", description["figures"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _front_matter(task: str, licence: str) -> list[str]:
    """Return what the Hugging Face Hub reads: YAML, whose text is quoted as in JSON."""
    # The Hub knows licences by names such as cc-by-4.0, and takes other terms with a link to them.
    known = licence.lower() if re.fullmatch(r"[A-Za-z0-9.-]+", licence) else "other"
    stated = [f"license: {known}"] if licence else []
    if known == "other" and licence:
        stated.append(f"license_name: {json.dumps(licence)}")
    return [
        "---",
        "library_name: pixrestore",
        "pipeline_tag: image-to-image",
        *stated,
        f"tags: [photo-restoration, {json.dumps(task)}]",
        "---",
        "",
    ]


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _training_loss(name: str) -> list[str]:
    # Of a graph from elsewhere nobody knows it.
    return [f"- loss: `{name}`"] if name else []


def _written(versions: Mapping[str, str]) -> list[str]:
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return [f"- written with: {named}"] if named else []


def _section(title: str, values: Mapping[str, Any]) -> list[str]:
    if not values:
        return []
    rows = [f"| {name} | {_text(value)} |" for name, value in values.items()]
    return [f"## {title}", "", "| what | value |", "|---|---|", *rows, ""]


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(item)}" for name, item in value.items())
    return str(value).replace("|", "\\|")
