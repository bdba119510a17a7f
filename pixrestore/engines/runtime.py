"""ONNX Runtime, imported in one place."""

from __future__ import annotations

import os
from typing import Any

_QUIET = "ORT_DISABLE_TELEMETRY"


def onnx_runtime() -> Any:
    """Return the module, told not to count its uses, unless the user has set that otherwise.

    By itself version 1.32 keeps what it counts, and a number of the machine, in the user's folder,
    to be sent to Microsoft. It looks at the variable when it is imported.
    """
    os.environ.setdefault(_QUIET, "1")
    import onnxruntime

    return onnxruntime
