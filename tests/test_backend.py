"""Keras and TensorFlow as pixrestore imports them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pixrestore import backend

_FAKE_KERAS = """
class backend:
    backend = staticmethod(lambda: "torch")
class config:
    image_data_format = staticmethod(lambda: "channels_last")
"""


def test_another_backend_is_an_error_that_says_what_to_do(fresh_cli, tmp_path):
    (tmp_path / "keras.py").write_text(_FAKE_KERAS)
    (tmp_path / "tensorflow.py").write_text("")
    code = "import keras\nfrom pixrestore.backend import import_keras\nimport_keras()"
    done = fresh_cli(code=code)
    assert "BackendError: pixrestore needs Keras on TensorFlow" in done.err
    assert "'torch'" in done.err
    assert "KERAS_BACKEND=tensorflow" in done.err


def test_a_missing_tensorflow_is_an_error_that_says_so(fresh_cli, tmp_path):
    (tmp_path / "keras.py").write_text(_FAKE_KERAS)
    (tmp_path / "tensorflow.py").write_text("raise ImportError('no wheels here')")
    done = fresh_cli(code="from pixrestore.backend import import_keras\nimport_keras()")
    assert "BackendError: TensorFlow or Keras cannot be imported: no wheels here" in done.err


@pytest.mark.slow
def test_import_is_silent_and_ignores_the_users_choice_of_backend(fresh_cli, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    code = "from pixrestore.backend import import_keras\nprint(import_keras().backend.backend())"
    done = fresh_cli(code=code)
    assert (done.code, done.out, done.err) == (0, "tensorflow\n", "")


@pytest.fixture
def cgroup(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(backend, "_CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("cpu.max", "max 100000\n", 8),
        ("cpu.max", "250000 100000\n", 2),
        ("cpu.max", "50000 100000\n", 1),
        ("cpu.max", "1600000 100000\n", 8),
        ("cpu.max", "nonsense", 8),
    ],
)
def test_processors_follow_the_containers_limit(cgroup, file, content, expected):
    (cgroup / file).write_text(content)
    assert backend.usable_cpus() == expected


def test_processors_follow_the_older_kind_of_limit(cgroup):
    (cgroup / "cpu").mkdir()
    (cgroup / "cpu" / "cpu.cfs_quota_us").write_text("300000")
    (cgroup / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert backend.usable_cpus() == 3
    (cgroup / "cpu" / "cpu.cfs_quota_us").write_text("-1")
    assert backend.usable_cpus() == 8


def test_processors_follow_the_tightest_of_limits_within_each_other(cgroup, monkeypatch):
    inner = cgroup / "pod" / "container"
    inner.mkdir(parents=True)
    monkeypatch.setattr(backend, "_own_groups", lambda root: [inner, inner.parent, root])
    (inner / "cpu.max").write_text("600000 100000\n")
    (inner.parent / "cpu.max").write_text("300000 100000\n")
    assert backend.usable_cpus() == 3


def test_processors_follow_affinity(cgroup, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5}, raising=False)
    (cgroup / "cpu.max").write_text("250000 100000\n")
    assert backend.usable_cpus() == 1


_THREADS = """
import psutil
from pixrestore import backend
from pixrestore.engines.opening import open_network
from pixrestore.model.folder import load_model
threads = psutil.Process().num_threads
kept = [open_network(load_model("colorize"), "onnx")]  # with whatever threads an import brings
before = threads()
backend.usable_cpus.__code__ = (lambda: 4).__code__
kept.append(open_network(load_model("colorize"), "onnx"))
print(threads() - before)
"""


def test_onnx_runtime_gets_as_many_threads(fresh_cli):
    done = fresh_cli(code=_THREADS, plugins="")
    # The one that calls is the fourth.
    assert done.out == "3\n", done.err


def test_memory_follows_the_containers_limit(cgroup):
    (cgroup / "memory.max").write_text("5000000\n")
    (cgroup / "memory.current").write_text("2000000\n")
    assert backend.available_memory() == 3_000_000
    (cgroup / "memory.max").write_text("max\n")
    assert backend.available_memory() > 3_000_000
