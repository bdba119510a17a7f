"""Keras and TensorFlow, imported once and set up for the machine they run on.

Everything that needs Keras asks `import_keras` for it, so that nothing else has to think about the
backend, log noise, threads or GPU memory, and nothing imports it before it is needed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pixrestore.errors import PixrestoreError

_CGROUP = Path("/sys/fs/cgroup")

TRAINING = "pixrestore[train]"
"""What pip installs for training."""


class BackendError(PixrestoreError):
    """Keras is missing, or already runs on something other than TensorFlow."""

    exit_code = 11


def missing_training_packages() -> list[str]:
    """Name what training needs and is not installed; restoring does without."""
    names = {"tensorflow": "TensorFlow", "keras": "Keras"}
    return [name for module, name in names.items() if find_spec(module) is None]


@cache
def import_keras() -> Any:
    """Import Keras on TensorFlow, quietly, with threads and GPU memory set up.

    Returns
    -------
    module
        The `keras` module.

    Raises
    ------
    BackendError
        Keras is not installed, cannot be imported, or was imported earlier with another backend.
    """
    missing = missing_training_packages()
    if missing:
        raise BackendError(
            f"this needs {' and '.join(missing)}, which only restoring can do without: "
            f"pip install '{TRAINING}'"
        )
    first = "keras" not in sys.modules
    if first:
        os.environ["KERAS_BACKEND"] = "tensorflow"
    # TensorFlow's default only on processors that know VNNI, yet others gain too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # TensorFlow logs, whatever the level, before its logging is set up.
    held = nullcontext() if "tensorflow" in sys.modules else native_output_held()
    with held:
        try:
            import keras
            import tensorflow as tf
        except ImportError as error:
            raise BackendError(f"TensorFlow or Keras cannot be imported: {error}") from error
    _check_settings(keras, first)
    _set_threads(tf, usable_cpus())
    _grow_gpu_memory(tf)
    return keras


def _check_settings(keras: Any, first: bool) -> None:
    """Make sure of the backend and the layout of images, which a user's keras.json may change."""
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise BackendError(
            f"pixrestore needs Keras on TensorFlow, but it was imported with {backend!r}: "
            "set KERAS_BACKEND=tensorflow before keras is imported"
        )
    if first:
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float32")
    elif keras.config.image_data_format() != "channels_last":
        raise BackendError("pixrestore needs Keras with image_data_format 'channels_last'")


def usable_cpus() -> int:
    """Count the processors this process may use: affinity, and a container's CPU limit.

    Returns
    -------
    int
        At least 1.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota = _cpu_quota(_CGROUP)
    return max(1, min(count, round(quota))) if quota else count


def available_memory() -> int:
    """Return how many bytes this process may still take, within a container's limit."""
    import psutil

    free = [psutil.virtual_memory().available]
    for folder in [*_own_groups(_CGROUP), _CGROUP / "memory"]:
        for limit, used in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            try:
                most, taken = (int((folder / name).read_text()) for name in (limit, used))
            except (OSError, ValueError):  # no such file, or "max"
                continue
            free.append(max(0, most - taken))
    return min(free)


def _cpu_quota(root: Path) -> float | None:
    """Return the processors that the control group at `root` allows, or None without a limit.

    Of groups within each other the tightest limit holds, whichever has it.
    """
    quotas = []
    for folder in _own_groups(root):
        try:  # version 2: "max 100000" or "150000 100000"
            quota, period = (folder / "cpu.max").read_text().split()
            quotas.append(int(quota) / int(period))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    try:  # version 1: -1 means no limit
        limit = int((root / "cpu" / "cpu.cfs_quota_us").read_text())
        quotas.append(limit / int((root / "cpu" / "cpu.cfs_period_us").read_text()))
    except (OSError, ValueError):
        pass
    return min((quota for quota in quotas if quota > 0), default=None)


def _own_groups(root: Path) -> list[Path]:
    """List this process's control group and those above it, innermost first."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return [root]
    path = next((line[3:] for line in lines if line.startswith("0::")), "/")
    own = root / path.strip("/")
    return [own, *(parent for parent in own.parents if parent.is_relative_to(root))]


@contextmanager
def native_output_held() -> Iterator[None]:
    """Hold back what libraries write straight to file descriptor 2; show it when they fail.

    Nothing is held back where the user chose TensorFlow's log level.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    try:
        kept = os.dup(2)
    except OSError:  # no standard error, as in a service
        yield
        return
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            log.seek(0)
            os.write(kept, log.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _set_threads(tf: Any, count: int) -> None:
    """Give TensorFlow as many threads as there are usable processors.

    What the user set stays, in Python or in TensorFlow's own environment variables.
    """
    threads = tf.config.threading
    try:
        if not threads.get_intra_op_parallelism_threads():
            threads.set_intra_op_parallelism_threads(_wished("TF_NUM_INTRAOP_THREADS") or count)
        if not threads.get_inter_op_parallelism_threads():
            threads.set_inter_op_parallelism_threads(_wished("TF_NUM_INTEROP_THREADS") or count)
    except RuntimeError:
        pass  # TensorFlow was already running when it came to us: its owner chose.


def _wished(variable: str) -> int:
    """Return the whole number in an environment variable, 0 when there is none."""
    value = os.environ.get(variable, "")
    return int(value) if value.isdecimal() else 0


def _grow_gpu_memory(tf: Any) -> None:
    """Take GPU memory as needed rather than all of it, so that others can use the GPU too."""
    try:
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    except (RuntimeError, ValueError):
        pass  # the same
