"""``pixrestore doctor``: whether everything that pixrestore needs works here."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Annotated, Literal

import typer

from pixrestore.backend import TRAINING
from pixrestore.cli.plugin_commands import plugins_with_commands
from pixrestore.model.installed import known_models
from pixrestore.plugins.kinds import KINDS, MODELS
from pixrestore.plugins.loading import load_plugins
from pixrestore.tables import as_json

_INSTALL = f"pip install '{TRAINING}'"
_PACKAGES = ("onnxruntime", "numpy", "scikit-image", "scipy", "Pillow")
_MARKS = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}
_TRAINING_PACKAGES = ("tensorflow", "keras", "onnx", "tf2onnx")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    status: Literal["ok", "note", "problem"]
    text: str


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Check that what pixrestore needs works here.

    Versions, devices, memory, plugins and models; the exit code is 1 when something is wrong.
    """
    findings = [finding for check in _CHECKS for finding in check()]
    if json:
        typer.echo(as_json([asdict(finding) for finding in findings]))
    else:
        width = max(len(finding.topic) for finding in findings)
        for finding in findings:
            mark = _MARKS[finding.status]
            typer.echo(f"{mark}  {finding.topic.ljust(width)}  {finding.text}")
    if any(finding.status == "problem" for finding in findings):
        raise typer.Exit(1)


def _versions() -> Iterable[Finding]:
    from pixrestore import __version__

    where = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("pixrestore", "ok", __version__)
    yield Finding("python", "ok", f"{where}, {sys.executable}")
    for name in _PACKAGES:
        try:
            yield Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, "problem", "is not installed")
    for name in _TRAINING_PACKAGES:
        try:
            yield Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, "ok", f"is not installed; training needs it: {_INSTALL}")


def _devices() -> Iterable[Finding]:
    from pixrestore.backend import import_keras, missing_training_packages, usable_cpus
    from pixrestore.errors import PixrestoreError

    yield Finding("threads", "ok", f"{usable_cpus()} of {os.cpu_count()} processors")
    if missing_training_packages():
        return
    try:
        import_keras()
        import tensorflow as tf

        total = float(tf.reduce_sum(tf.ones((8, 8)) @ tf.ones((8, 8))))
        gpus = [
            tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
            for gpu in tf.config.list_physical_devices("GPU")
        ]
    except PixrestoreError as error:
        yield Finding("backend", "problem", str(error))
        return
    works = total == 512
    text = "TensorFlow computes" if works else f"TensorFlow computes {total} instead of 512"
    yield Finding("backend", "ok" if works else "problem", text)
    yield Finding("gpu", "ok", ", ".join(gpus) or "none")


def _memory() -> Iterable[Finding]:
    from pixrestore.backend import available_memory

    free = available_memory()
    yield Finding("memory", "problem" if free < 1e9 else "ok", f"{free / 1e9:.1f} GB available")


def _plugins() -> Iterable[Finding]:
    for plugin in plugins_with_commands():
        if plugin.builtin and not plugin.failures:
            continue
        if not plugin.failures:
            yield Finding("plugin", "ok", f"{plugin.title}: {plugin.status}")
        for line in plugin.complaints():
            yield Finding("plugin", "problem", line.removeprefix("plugin "))
        for note in plugin.notes:
            yield Finding("plugin", "ok", f"{plugin.title}: {note}")
    for kind in KINDS:
        for name, owners in load_plugins().disputes(kind).items():
            text = f"{kind.plural} {name!r} is claimed by {' and '.join(owners)}"
            yield Finding("plugin", "problem", text)


def _models() -> Iterable[Finding]:
    from pixrestore.description import told_strays
    from pixrestore.errors import PixrestoreError
    from pixrestore.model.folder import check_weights, load_model
    from pixrestore.model.installed import OWN

    models = known_models()
    found = models.all(MODELS)
    if not found:
        yield Finding("model", "problem", "no trained model is installed")
    for name, folder in found.items():
        try:
            check_weights(load_model(folder))
        except PixrestoreError as error:
            yield Finding("model", "problem", f"{name}: {error}")
        else:
            yield Finding("model", "ok", f"{name}: the weights are what they should be")
        if warning := told_strays(folder):
            yield Finding("model", "note", warning)
    for name, owners in models.disputes(MODELS).items():
        if OWN in owners:
            told = f"the model {name!r} is claimed by {' and '.join(owners)}: remove one of them"
            yield Finding("model", "problem", told)


_CHECKS: tuple[Callable[[], Iterable[Finding]], ...] = (
    _versions,
    _devices,
    _memory,
    _plugins,
    _models,
)
