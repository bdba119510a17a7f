"""What several test files share."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import pixrestore

# Plugins that happen to be installed must not decide whether tests pass.
os.environ["PIXRESTORE_PLUGINS"] = ""
# Nor must the models that whoever runs them has installed, or has not used yet.
os.environ["PIXRESTORE_MODELS"] = os.devnull
os.environ["PIXRESTORE_TERMS"] = "seen"

SAMPLES = Path(pixrestore.__file__).parent / "samples"


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that errors consist of."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("pixrestore: "), self.err
        return lines[0].removeprefix("pixrestore: ")


Cli = Callable[..., Outcome]


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """Run the command line in this process."""
    monkeypatch.setenv("PIXRESTORE_DEBUG", "")

    def run(*words: object) -> Outcome:
        from pixrestore.cli import main

        capfd.readouterr()
        code = main([str(word) for word in words])
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    yield run
    logger = logging.getLogger("pixrestore")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)


@pytest.fixture
def fresh_cli(tmp_path: Path) -> Cli:
    """Run the command line in a process of its own, with the plugins in `tmp_path`."""

    def run(*words: object, code: str = "", plugins: str | None = None) -> Outcome:
        environment = {k: v for k, v in os.environ.items() if k != "PIXRESTORE_PLUGINS"}
        environment["PYTHONPATH"] = str(tmp_path)
        if plugins is not None:
            environment["PIXRESTORE_PLUGINS"] = plugins
        start = ["-c", code] if code else ["-m", "pixrestore"]
        done = subprocess.run(
            [sys.executable, *start, *map(str, words)],
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
            timeout=120,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., None]:
    """Put a distribution with one module into `tmp_path`, as pip leaves it behind."""

    def install(
        name: str,
        code: str = "",
        *,
        version: str = "1.2",
        entry: str = "",
        requires: Sequence[str] = (),
        entry_points: str | bytes = "",
    ) -> None:
        module = name.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{module}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {line}" for line in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "INSTALLER").write_text("pip\n")
        (info / "RECORD").write_text("")
        short = name.removeprefix("pixrestore-")
        text = entry_points or f"[pixrestore]\n{short} = {entry or module}\n"
        content = text if isinstance(text, bytes) else text.encode()
        (info / "entry_points.txt").write_bytes(content)

    return install


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of photos that come with pixrestore."""
    return SAMPLES


@pytest.fixture
def restorer() -> pixrestore.Restorer:
    """Something that restores by making photos half as light, without a trained network."""
    from pixrestore.geometry import Geometry
    from pixrestore.tasks import Denoise

    return pixrestore.Restorer(Denoise(), lambda x: x * 0.5, Geometry(multiple=4, margin=4))


@pytest.fixture(scope="session")
def tiny_denoiser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of a denoiser that was trained for two steps."""
    pytest.importorskip("tensorflow")
    out = tmp_path_factory.mktemp("models") / "tiny-denoiser"
    pixrestore.train(
        "denoise",
        SAMPLES,
        out,
        steps=2,
        recipe={
            "arguments": {"widths": (4, 8), "blocks": (1, 1)},
            "patch": 16,
            "batch": 2,
            "crops": 1,
        },
        quiet=True,
    )
    return out


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """The folder of a run for denoising that was killed before its first step."""
    from pixrestore.recipe import Recipe
    from pixrestore.tasks import Denoise
    from pixrestore.training.plan import Budget, Plan

    out = tmp_path / "planned"
    Plan(Denoise(camera=0.0), Recipe(), Budget(steps=2, patience=4), (str(SAMPLES),), out).save()
    return out


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder: a tiny denoiser, trained on the package's own photos for three epochs."""
    from training_runs import STEPS, tiny

    out = tmp_path_factory.mktemp("runs") / "reference"
    tiny(out, steps=STEPS)
    return out


@pytest.fixture
def copied_run(tiny_run: Path, tmp_path: Path) -> Path:
    """A copy of that folder."""
    return shutil.copytree(tiny_run, tmp_path / "copied")
