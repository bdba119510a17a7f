"""Folders that fill: what arrives is restored once it is complete, until a request to stop."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
from photo_files import photo_at
from PIL import Image

from pixrestore.errors import PhotoError, UsageError
from pixrestore.restoring import watching
from pixrestore.restoring.arrivals import Arrivals, being_written
from pixrestore.restoring.watching import watch_folders

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells who writes")
# Far more than anything here takes, on a machine that does much else.
_PATIENCE = 60


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class TestArrivals:
    @pytest.fixture
    def box(self, tmp_path):
        (tmp_path / "box").mkdir()
        return tmp_path / "box"

    def arrivals(self, box, written=lambda path: False):
        clock = Clock()
        return Arrivals([(box, box / "done")], clock, written), clock

    def test_a_photo_is_handed_out_once(self, box):
        photo_at(box / "sub" / "a.png")
        photo_at(box / "done" / "a.png")
        (box / "notes.txt").write_text("no photo")
        arrivals, clock = self.arrivals(box)
        arrivals.look()
        assert arrivals.complete() == []
        clock.now = 1
        assert arrivals.complete() == [box / "sub" / "a.png"]
        clock.now = 100
        arrivals.look()
        assert arrivals.complete() == []

    def test_a_photo_that_grows_is_not_complete(self, box):
        content = bytes(1000)
        (box / "a.png").write_bytes(content[:40])
        arrivals, clock = self.arrivals(box)
        arrivals.look()
        for turn in range(1, 5):
            clock.now = turn * 0.9
            with (box / "a.png").open("ab") as file:
                file.write(content[40 * turn : 40 * (turn + 1)])
            assert arrivals.complete() == []
        clock.now += 2
        assert arrivals.complete() == [box / "a.png"]

    @pytest.mark.parametrize(("written", "seconds"), [(False, 1), (None, 5), (True, 60)])
    def test_who_writes_decides_how_long_it_must_rest(self, box, written, seconds):
        photo_at(box / "a.png")
        arrivals, clock = self.arrivals(box, lambda path: written)
        arrivals.look()
        clock.now = seconds - 0.1
        assert arrivals.complete() == []
        clock.now = seconds
        assert arrivals.complete() == [box / "a.png"]

    def test_an_empty_file_is_no_photo_yet(self, box):
        (box / "a.png").touch()
        arrivals, clock = self.arrivals(box)
        arrivals.look()
        clock.now = 100
        assert arrivals.complete() == []
        photo_at(box / "a.png")
        assert arrivals.complete() == []  # seen to have changed
        clock.now = 101
        assert arrivals.complete() == [box / "a.png"]

    def test_a_photo_that_changes_or_comes_back_is_handed_out_again(self, box):
        photo_at(box / "a.png")
        arrivals, clock = self.arrivals(box)
        for turn in range(3):
            arrivals.look()
            clock.now += 1
            assert arrivals.complete() == [box / "a.png"]
            if turn == 0:
                Image.new("RGB", (40, 40)).save(box / "a.png")
            else:
                (box / "a.png").unlink()
                arrivals.look()
                photo_at(box / "a.png")

    def test_a_folder_that_is_gone_is_an_error(self, box):
        arrivals, _ = self.arrivals(box)
        box.rmdir()
        with pytest.raises(PhotoError, match="does not exist"):
            arrivals.look()


@LINUX
def test_a_file_is_being_written_until_it_is_closed(tmp_path):
    with (tmp_path / "a.png").open("wb") as file:
        file.write(b"half")
        file.flush()
        assert being_written(tmp_path / "a.png")
    assert being_written(tmp_path / "a.png") is False
    with (tmp_path / "a.png").open("rb"):
        assert being_written(tmp_path / "a.png") is False
    assert being_written(tmp_path / "gone.png") is None


@LINUX
def test_asking_stops_nobody_who_wants_to_write(tmp_path):
    path = photo_at(tmp_path / "a.png")
    stop = threading.Event()

    def ask():
        while not stop.is_set():
            being_written(path)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(200):
            with path.open("ab"):
                pass
    finally:
        stop.set()
        asking.join()


class Watching:
    """`watch_folders` in a thread."""

    def __init__(self, *inputs, **settings):
        self.stop = threading.Event()
        self.results = []
        self.summary = None
        settings.update(report=self.results.append, stop=self.stop)
        self.thread = threading.Thread(target=self._run, args=inputs, kwargs=settings)

    def _run(self, *inputs, **settings):
        self.summary = watch_folders(*inputs, **settings)

    def __enter__(self):
        self.thread.start()
        return self

    def until(self, count):
        """Wait for so many photos, and return what became of the last."""
        end = time.monotonic() + _PATIENCE
        while len(self.results) < count and time.monotonic() < end:
            time.sleep(0.05)
        assert len(self.results) == count
        return self.results[-1]

    def __exit__(self, *error):
        self.stop.set()
        self.thread.join(_PATIENCE)
        assert self.summary is not None


class TestWatching:
    def test_what_is_there_and_what_arrives_is_restored(self, restorer, tmp_path):
        box, out = tmp_path / "box", tmp_path / "out"
        photo_at(box / "a.png")
        with Watching([box], out, restorer) as watched:
            assert watched.until(1).result == out / "a.png"
            # A folder that is moved in tells of itself alone.
            photo_at(tmp_path / "new" / "b.png")
            (tmp_path / "new").rename(box / "new")
            assert watched.until(2).result == out / "new" / "b.png"
        assert str(watched.summary) == "2 restored"
        assert (out / "new" / "b.png").exists()

    def test_half_a_photo_is_never_taken(self, restorer, tmp_path):
        (tmp_path / "box").mkdir()
        content = photo_at(tmp_path / "whole.png").read_bytes()
        with Watching([tmp_path / "box"], tmp_path / "out", restorer) as watched:
            with (tmp_path / "box" / "a.png").open("wb") as file:
                file.write(content[:60])
                file.flush()
                photo_at(tmp_path / "box" / "b.png")
                # It was written after the half, and so it is not earlier complete.
                assert watched.until(1).source.name == "b.png"
                file.write(content[60:])
            assert watched.until(2).source.name == "a.png"
        assert str(watched.summary) == "2 restored"

    def test_a_photo_that_failed_is_tried_again_when_it_changes(self, restorer, tmp_path):
        (tmp_path / "box").mkdir()
        (tmp_path / "box" / "a.png").write_bytes(b"no photo")
        with Watching([tmp_path / "box"], tmp_path / "out", restorer) as watched:
            assert watched.until(1).status == "failed"
            photo_at(tmp_path / "box" / "a.png")
            assert watched.until(2).status == "restored"
        assert watched.summary.exit_code == 4

    def test_what_it_cannot_watch_is_told_at_once(self, restorer, tmp_path, monkeypatch):
        file = photo_at(tmp_path / "a.png")
        with pytest.raises(UsageError, match="is for folders"):
            watch_folders([file], None, restorer)
        with pytest.raises(UsageError, match="would look damaged"):
            watch_folders([tmp_path], None, restorer, damaged=True)
        with pytest.raises(UsageError, match="names one file"):
            watch_folders([tmp_path], tmp_path / "x.jpg", restorer)
        with pytest.raises(UsageError, match="no option 'sigm'"):
            watch_folders([tmp_path], None, restorer, options={"sigm": 1})
        monkeypatch.setattr(watching, "find_spec", lambda name: None)
        with pytest.raises(UsageError, match=r"pip install 'pixrestore\[watch\]'"):
            watch_folders([tmp_path], None, restorer)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_ends_it_with_a_summary(tmp_path, tiny_denoiser, samples, number):
    (tmp_path / "box").mkdir()
    words = ["denoise", "box", "-o", "out", "-m", str(tiny_denoiser), "--watch"]
    with subprocess.Popen(
        [sys.executable, "-m", "pixrestore", *words],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdout.readline() == "watching box (Ctrl-C ends it)\n"
        shutil.copy(samples / "cat.jpg", tmp_path / "box")
        assert running.stdout.readline().startswith("box/cat.jpg -> out/cat.jpg")
        running.send_signal(number)
        out, err = running.communicate(timeout=_PATIENCE)
    assert (running.returncode, out, err) == (0, "1 restored\n", "")
