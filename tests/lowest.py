"""Test what restores photos with the lowest version of each package that pyproject.toml allows.

    python tests/lowest.py [--venv FOLDER] [PYTEST ARGUMENT ...]

Makes a virtual environment, below build/lowest by default, in which every dependency without an
extra has exactly its lower bound, which therefore must be a version that exists. The project is
built in another, with the lowest version of what builds it. Then tests run that need no TensorFlow;
further arguments are pytest's. What the packages themselves need has its newest version.
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

_TESTERS = ("pytest>=8.3", "hypothesis>=6.100")


def lower_bounds(requirements: list[str]) -> list[str]:
    """Return requirements of exactly the lowest version that each allows."""
    lowest = []
    for text in requirements:
        requirement = Requirement(text)
        [bound] = [one.version for one in requirement.specifier if one.operator in (">=", "==")]
        lowest.append(f"{requirement.name}=={bound}")
    return lowest


def _environment(place: Path) -> list[str | Path]:
    """Make an empty virtual environment; return the command that installs into it."""
    venv.create(place, clear=True, with_pip=False)
    return [sys.executable, "-m", "pip", "--python", _python(place)]


def _python(place: Path) -> Path:
    return place / "bin" / "python"


def main() -> int:
    """Install and test; return pytest's exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venv", type=Path, default=ROOT / "build" / "lowest", metavar="FOLDER")
    given, rest = parser.parse_known_args()
    described = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = lower_bounds(described["project"]["dependencies"])
    builders = lower_bounds(described["build-system"]["requires"])
    print("building with", *builders, flush=True)
    pip = _environment(given.venv / "build")
    wheels = given.venv / "wheels"
    subprocess.run([*pip, "install", "-q", *builders, "pip"], check=True)
    # As a program of that environment: elsewhere pip would build with what is installed there.
    build = [_python(given.venv / "build"), "-m", "pip", "wheel", "-q", "--no-deps", "-w", wheels]
    subprocess.run([*build, "--no-build-isolation", ROOT], check=True)
    print("installing", *wanted, flush=True)
    pip = _environment(given.venv / "run")
    [wheel] = wheels.glob("pixrestore-*.whl")
    subprocess.run([*pip, "install", "-q", wheel, *wanted, *_TESTERS], check=True)
    subprocess.run([*pip, "check"], check=True)
    python = _python(given.venv / "run")
    files = [ROOT / "tests" / f"test_{name}.py" for name in TESTS]
    # -P: what was built and installed is tested, not what lies here.
    command = [python, "-P", "-m", "pytest", "-m", "not slow", "-q", *files, *rest]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
