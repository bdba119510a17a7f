"""Restoring files: what is written where, what is kept, and what is said of it."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from photo_files import photo_at
from PIL import Image

from pixrestore.errors import OutputError, PhotoError, UsageError
from pixrestore.restoring.claims import Claims
from pixrestore.restoring.files import restore_files


def shade(path):
    with Image.open(path) as image:
        return image.convert("RGB").getpixel((8, 8))[0]


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class TestPlaces:
    def test_a_photo_gets_its_result_beside_it(self, restorer, tmp_path):
        summary = restore_files([photo_at(tmp_path / "old.png")], None, restorer)
        assert files_in(tmp_path) == ["old-denoise.png", "old.png"]
        assert shade(tmp_path / "old.png") == 100
        assert shade(tmp_path / "old-denoise.png") == 50
        assert (summary.exit_code, str(summary)) == (0, "1 restored")

    def test_a_folder_keeps_its_structure_in_another(self, restorer, tmp_path):
        for name in ("a.png", "1950/b.png", "1950/may/c.gif"):
            photo_at(tmp_path / "box" / name)
        restore_files([tmp_path / "box"], None, restorer)
        # What can only be read becomes PNG.
        made = ["1950/b.png", "1950/may/c.gif.png", "a.png"]
        assert files_in(tmp_path / "box-denoise") == made

    def test_several_photos_need_a_folder(self, restorer, tmp_path):
        both = [photo_at(tmp_path / name) for name in ("a.png", "b.png")]
        with pytest.raises(UsageError, match="names one file, but there are several photos"):
            restore_files(both, tmp_path / "one.png", restorer)
        restore_files(both, tmp_path / "out", restorer)
        assert files_in(tmp_path / "out") == ["a.png", "b.png"]


class TestNothingIsLost:
    def test_a_second_time_everything_is_skipped(self, restorer, tmp_path):
        photo_at(tmp_path / "box" / "a.png")
        restore_files([tmp_path / "box"], tmp_path / "out", restorer)
        photo_at(tmp_path / "box" / "a.png", shade=200)
        summary = restore_files([tmp_path / "box"], tmp_path / "out", restorer)
        assert (summary.exit_code, str(summary)) == (
            0,
            "0 restored, 1 skipped (their results exist)",
        )
        assert shade(tmp_path / "out" / "a.png") == 50
        restore_files([tmp_path / "box"], tmp_path / "out", restorer, overwrite=True)
        assert shade(tmp_path / "out" / "a.png") == 100

    def test_what_a_stop_left_undone_is_done_the_next_time(self, restorer, tmp_path):
        for name in "abc":
            photo_at(tmp_path / "box" / f"{name}.png")

        def stop(result):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            restore_files([tmp_path / "box"], tmp_path / "out", restorer, report=stop)
        done = files_in(tmp_path / "out")
        assert 0 < len(done) < 3
        summary = restore_files([tmp_path / "box"], tmp_path / "out", restorer)
        assert len(summary.of("skipped")) == len(done)
        assert files_in(tmp_path / "out") == ["a.png", "b.png", "c.png"]

    @pytest.mark.parametrize("again", ["same", "link", "spelling"])
    def test_an_input_is_never_written_over(self, restorer, tmp_path, again):
        source = photo_at(tmp_path / "old.png")
        target = {
            "same": source,
            "link": tmp_path / "link.png",
            "spelling": tmp_path / "." / "sub" / ".." / "old.png",
        }[again]
        (tmp_path / "sub").mkdir()
        if again == "link":
            target.symlink_to(source)
        summary = restore_files([source], target, restorer, overwrite=True)
        assert summary.exit_code == OutputError.exit_code
        assert "would be written over the input" in str(summary.results[0].error)
        assert shade(source) == 100

    def test_two_photos_never_share_a_result(self, restorer, tmp_path):
        both = [photo_at(tmp_path / name / "a.png") for name in "xy"]
        summary = restore_files(both, tmp_path / "out", restorer)
        assert [result.status for result in summary.results] == ["failed", "restored"]
        assert "would replace that of" in str(summary.results[0].error)
        # The same photo twice is no mistake.
        assert restore_files([both[0]] * 2, tmp_path / "twice", restorer).exit_code == 0

    def test_a_full_disk_stops_the_rest_and_leaves_no_part(self, restorer, tmp_path, monkeypatch):
        for name in "abc":
            photo_at(tmp_path / "box" / f"{name}.png")
        replace, moved = os.replace, []

        def full(source, target):
            moved.append(target)
            if len(moved) == 2:
                raise OSError(errno.ENOSPC, "No space left on device")
            replace(source, target)

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OutputError, match=r"No space left on device\. Stopped: 1 restored, 1"):
            restore_files([tmp_path / "box"], tmp_path / "out", restorer)
        assert files_in(tmp_path / "out") == ["a.png"]

    def test_leftovers_of_a_killed_run_go_away(self, restorer, tmp_path):
        source = photo_at(tmp_path / "old.png")
        left = killed_while_writing(tmp_path / "new.png")
        restore_files([source], None, restorer)
        assert not left.exists()

    def test_leftovers_go_away_where_nothing_is_left_to_do(self, restorer, tmp_path):
        source = photo_at(tmp_path / "old.png")
        restore_files([source], None, restorer)
        left = killed_while_writing(tmp_path / "new.png")
        assert restore_files([source], None, restorer).results[0].status == "skipped"
        assert not left.exists()

    def test_what_is_written_while_the_next_one_stops_all_is_told(
        self, restorer, tmp_path, monkeypatch
    ):
        for name in ("a/1.png", "b/2.png"):
            photo_at(tmp_path / "box" / name)
        make = pathlib.Path.mkdir

        def full(path, *args, **kwargs):
            if path.name == "b":
                raise OSError(errno.ENOSPC, "No space left on device")
            return make(path, *args, **kwargs)

        monkeypatch.setattr(pathlib.Path, "mkdir", full)
        told = []
        with pytest.raises(OutputError, match=r"Stopped: 1 restored, 1 failed$"):
            restore_files([tmp_path / "box"], tmp_path / "out", restorer, report=told.append)
        assert files_in(tmp_path / "out") == ["a/1.png"]
        assert {one.source.name: one.status for one in told} == {
            "1.png": "restored",
            "2.png": "failed",
        }

    def test_what_another_thread_is_writing_stays(self, restorer, tmp_path, monkeypatch):
        source, replace = photo_at(tmp_path / "old.png"), os.replace

        def meanwhile(aside, target):
            monkeypatch.setattr(os, "replace", replace)
            restore_files([source], tmp_path / "others.png", restorer)
            replace(aside, target)

        monkeypatch.setattr(os, "replace", meanwhile)
        restore_files([source], None, restorer)
        assert files_in(tmp_path) == ["old-denoise.png", "old.png", "others.png"]

    def test_what_another_machine_may_be_writing_stays(self, restorer, tmp_path):
        source = photo_at(tmp_path / "old.png")
        theirs = killed_while_writing(tmp_path / "new.png", "platform.node = lambda: 'another'")
        restore_files([source], None, restorer)
        assert theirs.exists()


# Root may write anywhere: it becomes a user who may not, once all is imported. Paths are relative,
# since that user may not pass through the folders of root's tests either.
_AS_NOBODY = """
import os, sys
import numpy as np
from pixrestore.images import encode_photo, read_photo
from pixrestore.geometry import Geometry
from pixrestore.restoring.restorer import Restorer
from pixrestore.restoring.files import restore_files
from pixrestore.tasks import Denoise
restorer = Restorer(Denoise(), lambda x: x, Geometry(multiple=4, margin=4))
encode_photo(restorer.restore_photo(read_photo("a.png")))
if os.geteuid() == 0:
    os.setuid(65534)
summary = restore_files(["a.png"], "out", restorer)
print(summary.results[0].error)
sys.exit(summary.exit_code)
"""


def killed_while_writing(path, before=""):
    """Return what a process that is killed while it writes `path` leaves."""
    code = f"""
import os, platform, sys
from pathlib import Path
from pixrestore.files import replace_file
{before}
os.replace = lambda *paths: os._exit(9)
replace_file(Path(sys.argv[1]), b"half a photo")
"""
    subprocess.run([sys.executable, "-c", code, path], timeout=60, check=False)
    [left] = [entry for entry in path.parent.iterdir() if entry.name.startswith(".")]
    return left


class TestFailures:
    def test_a_bad_photo_does_not_stop_the_others(self, restorer, tmp_path):
        for name in "ac":
            photo_at(tmp_path / "box" / f"{name}.png")
        (tmp_path / "box" / "b.png").write_bytes(b"no photo")
        reported = []
        summary = restore_files([tmp_path / "box"], None, restorer, report=reported.append)
        assert [result.status for result in reported].count("failed") == 1
        assert sorted((result.position, result.total) for result in reported) == [
            (1, 3),
            (2, 3),
            (3, 3),
        ]
        assert summary.exit_code == PhotoError.exit_code
        assert files_in(tmp_path / "box-denoise") == ["a.png", "c.png"]

    def test_a_folder_without_photos_and_a_photo_that_is_not_there(self, restorer, tmp_path):
        (tmp_path / "empty").mkdir()
        for given, message in (("empty", "there are no photos in"), ("none.png", "none.png")):
            summary = restore_files([tmp_path / given], None, restorer)
            assert summary.exit_code == PhotoError.exit_code
            assert message in str(summary.results[0].error)

    def test_a_closed_folder_is_told_and_the_others_are_done(self, restorer, tmp_path, monkeypatch):
        for name in ("a.png", "closed/b.png"):
            photo_at(tmp_path / "box" / name)
        scandir = os.scandir

        def refusing(path):  # root may read anything, so that modes do not help here
            if os.fspath(path).endswith("closed"):
                raise PermissionError(errno.EACCES, "Permission denied", path)
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refusing)
        summary = restore_files([tmp_path / "box"], None, restorer)
        assert str(summary) == "1 restored, 1 failed"
        assert "closed: Permission denied" in str(summary.of("failed")[0].error)
        assert summary.exit_code == PhotoError.exit_code

    def test_a_result_that_is_a_folder(self, restorer, tmp_path):
        (tmp_path / "out" / "a.png").mkdir(parents=True)
        summary = restore_files([photo_at(tmp_path / "a.png")], tmp_path / "out", restorer)
        assert "it is a folder" in str(summary.results[0].error)

    @pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
    def test_a_folder_that_may_not_be_written(self, tmp_path):
        tmp_path.chmod(0o755)
        photo_at(tmp_path / "a.png").chmod(0o644)
        (tmp_path / "out").mkdir(mode=0o555)
        done = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY], cwd=tmp_path, capture_output=True, timeout=60,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == OutputError.exit_code, done.stderr
        assert done.stdout == "cannot write out: no permission to write there\n"
        assert files_in(tmp_path / "out") == []


@pytest.mark.parametrize("given", ["missing/old.jpg", "https://example.org/a/old.jpg", "-"])
@pytest.mark.parametrize("out", [None, "out", "out/new.png"])
def test_nothing_is_made_for_a_photo_that_is_not_there(restorer, tmp_path, monkeypatch, given, out):
    monkeypatch.chdir(tmp_path)
    summary = restore_files([given], out, restorer)
    assert summary.exit_code == PhotoError.exit_code
    assert list(tmp_path.iterdir()) == []
    hint = "give a file: addresses are not fetched"
    assert (hint in summary.results[0].message) == given.startswith("https:")


class TestComparisons:
    def test_they_lie_beside_the_results(self, restorer, tmp_path):
        source = photo_at(tmp_path / "a.png")
        restore_files([source], tmp_path / "out", restorer, compare=True)
        assert files_in(tmp_path / "out") == ["a-compare.jpg", "a.png"]
        with Image.open(tmp_path / "out" / "a-compare.jpg") as both:
            assert both.width > 2 * both.height

    def test_photos_of_one_name_and_two_kinds_have_two(self, restorer, tmp_path):
        for name in ("a.jpg", "a.png"):
            photo_at(tmp_path / "box" / name)
        restore_files([tmp_path / "box"], tmp_path / "out", restorer, compare=True)
        made = ["a-compare.jpg", "a.jpg", "a.png", "a.png-compare.jpg"]
        assert files_in(tmp_path / "out") == made

    def test_earlier_ones_are_kept(self, restorer, tmp_path):
        kept = photo_at(tmp_path / "out" / "a-compare.jpg", shade=7)
        source = photo_at(tmp_path / "a.png")
        summary = restore_files([source], tmp_path / "out", restorer, compare=True)
        assert "exists and was kept" in " ".join(summary.results[0].notes)
        assert abs(shade(kept) - 7) <= 2  # JPEG

    def test_a_result_that_exists_gets_one_without_being_restored_again(self, restorer, tmp_path):
        source, result = (
            photo_at(tmp_path / "a.png"),
            photo_at(tmp_path / "out" / "a.png", shade=200),
        )
        done = restore_files([source], tmp_path / "out", restorer, compare=True).results[0]
        assert (done.status, done.comparison) == ("skipped", tmp_path / "out" / "a-compare.jpg")
        assert shade(result) == 200  # restored it would be 50
        with Image.open(done.comparison) as both:
            before, after = (both.getpixel((x, 8))[0] for x in (8, both.width - 8))
        assert abs(before - 100) <= 2  # JPEG
        assert abs(after - 200) <= 2
        again = restore_files([source], tmp_path / "out", restorer, compare=True).results[0]
        assert (again.status, again.comparison) == ("skipped", None)

    def test_nobody_asked_for_them_so_they_are_in_no_ones_way(self, restorer, tmp_path):
        both = [photo_at(tmp_path / name) for name in ("old.jpg", "old-compare.jpg")]
        assert restore_files(both, tmp_path / "out", restorer).exit_code == 0
        shutil.copy(both[0], tmp_path / "old-denoise-compare.jpg")
        again = [both[0], tmp_path / "old-denoise-compare.jpg"]
        assert restore_files(again, None, restorer).exit_code == 0


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
class TestSharing:
    """Processes that do the same job at the same time."""

    @pytest.mark.parametrize("overwrite", [False, True])
    def test_each_photo_is_restored_by_one(self, tmp_path, overwrite):
        for number in range(12):
            photo_at(tmp_path / "box" / f"{number:02}.png")
        command = [sys.executable, "-c", _SHARING, str(overwrite)]
        with contextlib.ExitStack() as stack:
            running = [
                stack.enter_context(
                    subprocess.Popen(
                        command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
                    )
                )
                for _ in range(2)
            ]
            for one in running:  # both are ready
                assert one.stdout.read(1) == b"."
            for one in running:
                one.stdin.close()
            counts = [one.stdout.read().split() for one in running]
        restored = [int(count[0]) for count in counts]
        assert sum(restored) == 12
        assert min(restored) >= 2
        assert all(count[1:] == [b"0", b"12"] for count in counts)  # failed, in all
        assert len(files_in(tmp_path / "box-denoise")) == 12

    def test_a_claim_ends_with_its_process(self, restorer, tmp_path):
        source = photo_at(tmp_path / "a.png")
        command = [sys.executable, "-c", _CLAIMING, str(source)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as claiming:
            assert claiming.stdout.read(1) == b"."
            claims = Claims()
            assert not claims.take(source)
            claiming.kill()
            claiming.wait()
        assert str(restore_files([source], None, restorer)) == "1 restored"
        assert claims.take(source)  # nothing holds it afterwards
        claims.release_all()
        assert files_in(tmp_path) == ["a-denoise.png", "a.png"]

    def test_where_a_disk_has_no_locks_every_photo_is_free(self, restorer, tmp_path, monkeypatch):
        def missing(descriptor, operation):
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr("pixrestore.restoring.claims.fcntl.flock", missing)
        source = photo_at(tmp_path / "a.png")
        assert Claims().take(source)
        assert str(restore_files([source], None, restorer)) == "1 restored"

    def test_one_photo_by_two_names_does_not_wait_for_itself(self, restorer, tmp_path):
        source = photo_at(tmp_path / "box" / "a.png")
        (tmp_path / "box" / "b.png").symlink_to(source)
        assert str(restore_files([tmp_path / "box"], None, restorer)) == "2 restored"


_SHARING = """
import sys, time
from pixrestore.geometry import Geometry
from pixrestore.restoring.files import restore_files
from pixrestore.restoring.restorer import Restorer
from pixrestore.tasks import Denoise

def slow(x):
    time.sleep(0.1)
    return x

restorer = Restorer(Denoise(), slow, Geometry(multiple=4, margin=4))
print(".", end="", flush=True)
sys.stdin.read()
summary = restore_files(["box"], None, restorer, overwrite=sys.argv[1] == "True")
print(len(summary.of("restored")), len(summary.of("failed")), len(summary.results))
"""

_CLAIMING = """
import sys, time
from pixrestore.restoring.claims import Claims

claims = Claims()
claims.take(sys.argv[1])
print(".", end="", flush=True)
time.sleep(60)
"""
