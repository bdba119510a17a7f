"""Test what restores photos with the lowest version of each package that pyproject.toml allows.

    python tests/lowest.py [--venv FOLDER] [PYTEST ARGUMENT ...]

Makes a virtual environment, by default build/lowest, in which every dependency without an extra has
exactly its lower bound, which therefore must be a version that exists. The project is built there
with the lowest version of what builds it. Then tests run that need no TensorFlow; further arguments
are pytest's. What the packages themselves need has its newest version.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
# Tests of reading, restoring and writing. Those among them that train a model skip themselves.
TESTS = (
    "chain",
    "colour",
    "damaged_photos",
    "default_models",
    "files",
    "guides",
    "hostile_photos",
    "images",
    "import_cost",
    "inspection",
    "lookup",
    "metadata",
    "profiles",
    "reading",
    "restoring",
    "restoring_files",
    "scale",
    "tasks",
    "values",
)


def lower_bounds(requirements: list[str]) -> list[str]:
    """Return requirements of exactly the lowest version that each allows."""
    lowest = []
    for text in requirements:
        requirement = Requirement(text)
        [bound] = [one.version for one in requirement.specifier if one.operator in (">=", "==")]
        lowest.append(f"{requirement.name}=={bound}")
    return lowest


def main() -> int:
    """Install and test; return pytest's exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venv", type=Path, default=ROOT / "build" / "lowest", metavar="FOLDER")
    given, rest = parser.parse_known_args()
    described = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = lower_bounds(described["project"]["dependencies"])
    builders = lower_bounds(described["build-system"]["requires"])
    venv.create(given.venv, clear=True, with_pip=False)
    python = given.venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    print("installing", *wanted, *builders, flush=True)
    subprocess.run([*pip, *wanted, *builders, "pytest>=8.3", "hypothesis>=6.100"], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", ROOT], check=True)
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "check"], check=True)
    files = [ROOT / "tests" / f"test_{name}.py" for name in TESTS]
    # -P: what was built and installed is tested, not what lies here.
    command = [python, "-P", "-m", "pytest", "-m", "not slow", "-q", *files, *rest]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
