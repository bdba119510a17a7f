"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

_PACKAGES = ("pixrestore", "tensorflow", "keras", "onnxruntime", "numpy", "Pillow")
_FLAGS = ("avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "amx_tile", "asimd", "sve")


def description() -> str:
    """Return a line on processors, memory, load and versions."""
    from pixrestore.backend import usable_cpus

    model, flags = _processor()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    versions = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    return (
        f"{usable_cpus()} usable processors ({model}; {flags}), {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.release()}; load average of the last 1, 5, 15 minutes: "
        f"{load}; Python {platform.python_version()}, {versions}."
    )


def _processor() -> tuple[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine(), "flags unknown"
    facts = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    flags = set(facts.get("flags", facts.get("Features", "")).split())
    model = facts.get("model name", platform.machine())
    return model, " ".join(flag for flag in _FLAGS if flag in flags) or "no wide vectors"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"
