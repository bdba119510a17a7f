"""How commands tell what becomes of photos: to programs, to a file, quietly, and with a bar."""

from __future__ import annotations

import io
import json
import os
import re
import sys

import pytest
from PIL import Image

from pixrestore.cli.photo_options import Handling, Telling
from pixrestore.cli.progress_bar import Pace, duration
from pixrestore.cli.restore import report_files
from pixrestore.geometry import Geometry
from pixrestore.restoring.restorer import Restorer
from pixrestore.tasks import Denoise

FIELDS = {"input", "output", "status", "seconds", "message", "comparison", "notes", "code"}


@pytest.fixture
def box(tmp_path, monkeypatch):
    """A folder with two photos and one that is none, in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "box").mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (24, 16), (90, 90, 90)).save(tmp_path / "box" / f"{name}.png")
    (tmp_path / "box" / "c.png").write_bytes(b"no photo")
    return tmp_path / "box"


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


class TestJson:
    def test_every_photo_is_one_line(self, cli, box, tiny_denoiser):
        done = cli("denoise", "box", "-o", "out", "-m", tiny_denoiser, "--json", "--compare")
        assert done.code == 4
        found = {one["input"]: one for one in objects(done.out)}
        assert sorted(found) == ["box/a.png", "box/b.png", "box/c.png"]
        assert all(set(one) == FIELDS for one in found.values())
        a, c = found["box/a.png"], found["box/c.png"]
        assert (a["output"], a["status"], a["code"]) == ("out/a.png", "restored", 0)
        assert a["comparison"] == "out/a-compare.jpg"
        assert a["seconds"] > 0
        assert a["message"] == "box/a.png -> out/a.png"
        assert (c["output"], c["status"], c["code"], c["seconds"]) == (None, "failed", 4, 0)
        assert "not a photo" in c["message"]
        assert "not a photo" in done.error  # for people who look

    def test_what_was_done_before_is_told_too(self, cli, box, tiny_denoiser):
        words = ("restore", box / "a.png", "-o", "new.png", "-m", tiny_denoiser, "--json")
        cli(*words)
        (found,) = objects(cli(*words).out)
        assert (found["status"], found["output"]) == ("skipped", "new.png")

    def test_fix_tells_the_same(self, cli, box):
        done = cli("fix", box / "a.png", "--json")
        (found,) = objects(done.out)
        assert (set(found), found["input"]) == (FIELDS, str(box / "a.png"))
        assert cli("fix", "box", "--dry-run", "--json").code == 2

    def test_what_a_plugin_prints_is_no_json(self, box, capsys):
        def network(x):
            print("a plugin talks")
            return x

        loud = Restorer(Denoise(), network, Geometry(multiple=4, margin=4))
        report_files([box], box.parent / "out", loud, Handling(), telling=Telling(json=True))
        told = capsys.readouterr()
        assert len(objects(told.out)) == 3
        assert "a plugin talks" in told.err

    @pytest.mark.skipif(sys.platform != "linux", reason="names that are no text")
    def test_any_name_comes_back(self, cli, box, tiny_denoiser):
        name = os.fsdecode(b"box/\xff\xc3\xa9.png")
        os.rename(box / "a.png", name)  # noqa: PTH104
        done = cli("denoise", name, "-o", "out", "-m", tiny_denoiser, "--json")
        assert done.out.isascii()
        assert objects(done.out)[0]["input"] == name

    def test_a_stream_with_a_named_result_is_one_line(self, cli, box, tiny_denoiser, monkeypatch):
        content = io.BytesIO((box / "a.png").read_bytes())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content))
        words = ("denoise", "-", "-m", tiny_denoiser, "--json")
        refused = cli(*words)
        assert (refused.code, refused.out) == (2, "")
        assert "--json and a photo cannot both" in refused.error
        for status in ("restored", "skipped"):
            (found,) = objects(cli(*words, "-o", "new.png").out)
            assert set(found) == FIELDS
            assert (found["input"], found["output"]) == ("-", "new.png")
            assert found["status"] == status


class TestQuietAndLog:
    def test_quietly_only_what_is_wrong_is_said(self, cli, box, tiny_denoiser):
        done = cli("denoise", "box", "-o", "out", "-m", tiny_denoiser, "-q")
        assert (done.code, done.out) == (4, "")
        assert "not a photo" in done.error
        assert sorted(os.listdir("out")) == ["a.png", "b.png"]  # noqa: PTH208

    def test_a_log_keeps_all_that_is_said(self, cli, box, tiny_denoiser):
        words = ("denoise", "box", "-o", "out", "-m", tiny_denoiser, "--log", "job.log")
        assert cli(*words, "--quiet").code == 4
        first = (box.parent / "job.log").read_text()
        assert cli(*words, "--json").code == 4
        whole = (box.parent / "job.log").read_text()
        assert whole.startswith(first)  # it is added to
        lines = whole.splitlines()
        assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d  \S", x) for x in lines)
        told = [line.split("  ", 1)[1] for line in lines]
        assert any("box/a.png -> out/a.png" in line for line in told)
        assert sum("box/c.png: not a photo" in line for line in told) == 2
        assert told[3] == "2 restored, 1 failed"
        assert told[-1] == "0 restored, 2 skipped (their results exist), 1 failed"

    def test_a_log_holds_why_a_job_ended(self, cli, box, tiny_denoiser):
        done = cli("denoise", "box", "-o", "out.png", "-m", tiny_denoiser, "--log", "job.log")
        assert done.code != 0
        assert done.error in (box.parent / "job.log").read_text()
        # The next command keeps none.
        cli("denoise", "box/c.png", "-o", "out", "-m", tiny_denoiser)
        assert "not a photo" not in (box.parent / "job.log").read_text()

    @pytest.mark.parametrize(
        ("log", "code"), [("box/a.png", 2), ("new.jpg", 2), ("-", 2), ("box", 10), ("no/x.log", 10)]
    )
    def test_a_log_is_written_over_nothing(self, cli, box, tiny_denoiser, log, code):
        before = (box / "a.png").read_bytes()
        done = cli("denoise", "box", "-o", "out", "-m", tiny_denoiser, "--log", log)
        assert (done.code, done.out) == (code, "")
        assert done.error
        assert (box / "a.png").read_bytes() == before
        assert not (box.parent / "out").exists()


class Screen(io.StringIO):
    def isatty(self):
        return True


class TestBar:
    def screen(self, monkeypatch):
        # Within the test: pytest sets the streams anew when it begins.
        screen = Screen()
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "100")
        return screen

    def test_a_folder_has_a_bar_that_goes_away(self, restorer, box, monkeypatch, capsys):
        screen = self.screen(monkeypatch)
        report_files([box], box.parent / "out", restorer, Handling())
        shown = screen.getvalue()
        assert "3/3" in shown
        assert " s left" in shown
        assert shown.rstrip().endswith(("\x1b[2K", "\x1b[?25h"))
        # Lines stay lines.
        lines = capsys.readouterr().out.splitlines()
        assert lines[-1] == "2 restored, 1 failed"
        assert not any("\x1b" in line for line in lines)

    @pytest.mark.parametrize("telling", [Telling(quiet=True), Telling(json=True, quiet=True)])
    def test_quietly_nothing_moves(self, restorer, box, monkeypatch, telling):
        screen = self.screen(monkeypatch)
        (box / "c.png").unlink()
        report_files([box], box.parent / "out", restorer, Handling(), telling=telling)
        assert screen.getvalue() == ""

    def test_the_time_left_is_that_of_photos_with_work(self):
        pace = Pace(12, began=100)
        assert pace.left(now=101) is None
        for _ in range(8):
            pace.count(worked=False)  # their results exist
        pace.count(worked=True)
        pace.count(worked=True)
        assert pace.left(now=120) == 20  # 2 took 20 seconds, 2 are left
        pace.part = 0.5
        assert pace.left(now=125) == 15

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [(0.2, "0 s"), (99, "99 s"), (150, "2 min"), (3570, "1 h 0 min"), (7500, "2 h 5 min")],
    )
    def test_times_are_short(self, seconds, words):
        assert duration(seconds) == words
