"""Something moves while one photo is worked on, on a terminal only."""

from __future__ import annotations

import io
import itertools
import sys

import numpy as np
import pytest
from PIL import Image

from pixrestore.cli import movement
from pixrestore.cli.photo_options import Handling
from pixrestore.cli.restore import report_files
from pixrestore.geometry import Geometry
from pixrestore.restoring.restorer import Restorer
from pixrestore.tasks import Colorize, Denoise

DENOISER = Restorer(Denoise(), lambda x: x, Geometry(multiple=4, margin=4))
DENOISER.tile = 64
COLOURER = Restorer(
    Colorize(),
    lambda x: np.zeros((*x.shape[:3], 2), np.float32),
    Geometry(working_size=32),
    adds_colour=True,
)


class Screen(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture
def seconds(monkeypatch):
    """A clock of which each look takes half a second."""
    clock = itertools.count(0, 0.5)
    monkeypatch.setattr(movement.time, "monotonic", lambda: next(clock))


@pytest.mark.parametrize("restorer", [DENOISER, COLOURER], ids=["tiles", "bands"])
@pytest.mark.parametrize("terminal", [True, False])
def test_a_long_photo_moves(restorer, terminal, tmp_path, monkeypatch, capsys, seconds):
    # Wide enough for several bands of a scene.
    Image.new("L", (20_000, 40)).save(tmp_path / "old.png")
    screen = Screen(terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    assert report_files([tmp_path / "old.png"], tmp_path / "new.png", restorer, Handling()) == 0
    shown = screen.getvalue().split("\r\x1b[K")
    if not terminal:
        assert shown == [""]
        return
    assert (shown[0], shown[-1]) == ("", "")  # the line has gone
    shares = [int(line.split(" %")[0]) for line in shown[1:-1]]
    assert len(shares) >= 2
    assert shares == sorted(shares)
    assert all("pieces done" in line for line in shown[1:-1])
    assert "new.png" in capsys.readouterr().out


def test_a_short_photo_shows_nothing(tmp_path, monkeypatch):
    Image.new("L", (40, 40)).save(tmp_path / "old.png")
    screen = Screen(True)
    monkeypatch.setattr(sys, "stderr", screen)
    report_files([tmp_path / "old.png"], tmp_path / "new.png", DENOISER, Handling())
    assert screen.getvalue() == ""
