"""What type checkers know of the public names, as users' editors show it."""

from __future__ import annotations

import subprocess
import sys

import pytest

_USER = """
from pathlib import Path
from typing import assert_type

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from pixrestore import Loss, Recipe, Restorer, colorize, denoise, load, models_in, restore, train

photo: NDArray[np.uint8] = np.zeros((8, 8, 3), np.uint8)
picture = PIL.Image.new("RGB", (8, 8))
assert_type(colorize("old.jpg"), PIL.Image.Image)
assert_type(colorize(Path("old.jpg"), saturation=0.5), PIL.Image.Image)
assert_type(colorize(picture), PIL.Image.Image)
assert_type(denoise(b"content", engine="onnx"), bytes)
assert_type(restore(photo, task=["denoise", "colorize"]), NDArray[np.uint8])
assert_type(load("denoise"), Restorer)
assert_type(load("denoise").restore(photo), NDArray[np.uint8])
assert_type(train("colorize", "photos", recipe={"batch": 4}), Restorer)
assert_type(Recipe().batch, int)
assert_type(models_in(Path("models")), list[Path])
"""
_WRONG = {
    "colorize(12)": "overload",
    "denoise('a.jpg', engine='torch')": "overload",
    "load('denoise', engine='torch')": "arg-type",
}


def checked(tmp_path, code):
    file = tmp_path / "user.py"
    file.write_text(code)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", file]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)


@pytest.mark.slow
def test_users_see_what_they_get_and_what_is_wrong(tmp_path):
    done = checked(tmp_path, _USER)
    assert done.returncode == 0, done.stdout
    imports = "from pixrestore import colorize, denoise, load\n"
    done = checked(tmp_path, imports + "\n".join(_WRONG))
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert len(errors) == len(_WRONG), done.stdout
    for line, kind in zip(errors, _WRONG.values(), strict=True):
        assert kind in line
