"""What pip installs without extras: it restores, and TensorFlow is not there."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixrestore.backend import BackendError

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    """Return what runs commands of a fresh environment with the built wheel, in an empty folder."""
    place = tmp_path_factory.mktemp("light")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    wheels = place / "wheels"
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, ROOT], check=True
    )
    [wheel] = wheels.glob("pixrestore-*.whl")
    home = place / "venv"
    venv.create(home, with_pip=False)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    subprocess.run([*pip, "--python", python, "install", wheel], check=True)
    folder = place / "elsewhere"
    folder.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def run(program, *words):
        return subprocess.run(
            [programs / program, *words], cwd=folder, env=clean, capture_output=True, text=True
        )

    run.folder = folder
    return run


def test_tensorflow_and_keras_are_not_installed(light):
    done = light("python", "-c", "import importlib.util as u; print(u.find_spec('tensorflow'))")
    assert (done.stdout.strip(), done.stderr) == ("None", "")
    where = light("python", "-c", "import pixrestore; print(pixrestore.__file__)").stdout
    assert not Path(where.strip()).is_relative_to(ROOT)


@pytest.mark.parametrize("command", ["colorize", "denoise"])
def test_photos_are_restored(light, samples, command):
    shutil.copy(samples / "cat.jpg", light.folder)
    done = light("pixrestore", command, "cat.jpg", "--overwrite")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    pictures = light.folder / f"cat-{command}.jpg", samples / "cat.jpg"
    restored, photo = (np.asarray(Image.open(io.BytesIO(path.read_bytes()))) for path in pictures)
    assert restored.shape == photo.shape
    assert not np.array_equal(restored, photo)


def test_what_there_is_is_listed(light):
    for words in ("tasks", "architectures", "losses", "models", "plugins"):
        done = light("pixrestore", words, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)


def test_the_doctor_says_it_as_a_fact(light):
    done = light("pixrestore", "doctor", "--json")
    assert done.returncode == 0, done.stderr
    [said] = [found for found in json.loads(done.stdout) if found["topic"] == "tensorflow"]
    assert said["status"] == "ok"
    assert "pip install 'pixrestore[train]'" in said["text"]


@pytest.mark.parametrize(
    "words", ["train --steps 1", "colorize cat.jpg --engine keras", "export denoise --to tflite"]
)
def test_what_needs_more_says_in_a_line_what_to_install(light, samples, words):
    shutil.copy(samples / "cat.jpg", light.folder)
    before = sorted(light.folder.rglob("*"))
    done = light("pixrestore", *words.split(), *([] if "cat" not in words else ["-o", "no.jpg"]))
    assert done.returncode == BackendError.exit_code
    assert done.stderr.count("\n") == 1
    assert "pip install 'pixrestore[train]'" in done.stderr
    assert sorted(light.folder.rglob("*")) == before
