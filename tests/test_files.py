"""Replacing files and folders: whole or not at all, and nothing left behind."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pixrestore import files
from pixrestore.errors import OutputError
from pixrestore.files import remove_leftovers, replacing


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_the_place_of_the_old_one_at_the_end(tmp_path):
    place = tmp_path / "deep" / "result.tar.gz"
    with replacing(place) as fresh:
        assert (fresh.parent, fresh.name[0], fresh.suffixes[-2:]) == (
            place.parent,
            ".",
            [".tar", ".gz"],
        )
        fresh.write_bytes(b"old")
    with replacing(place) as fresh:
        fresh.write_bytes(b"new")
        assert place.read_bytes() == b"old"
    assert place.read_bytes() == b"new"
    assert names(place.parent) == ["result.tar.gz"]


def test_a_folder_is_replaced_whole(tmp_path):
    place = tmp_path / "saved"
    for word in ("old", "new"):
        with replacing(place) as fresh:
            fresh.mkdir()
            (fresh / word).write_text(word)
    assert names(place) == ["new"]
    assert names(tmp_path) == ["saved"]


def test_a_folder_is_back_when_it_cannot_be_replaced(tmp_path, monkeypatch):
    place = tmp_path / "saved"
    place.mkdir()
    (place / "old").touch()

    def interrupted(source, target):
        if Path(target) == place and "new" in names(source):
            raise KeyboardInterrupt
        Path(source).rename(target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), replacing(place) as fresh:  # noqa: PT012
        fresh.mkdir()
        (fresh / "new").touch()
    assert names(place) == ["old"]
    assert names(tmp_path) == ["saved"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("no")])
def test_what_ends_in_an_error_changes_nothing(tmp_path, error):
    place = tmp_path / "kept"
    place.write_bytes(b"old")
    with pytest.raises(type(error)), replacing(place) as fresh:  # noqa: PT012
        fresh.write_bytes(b"ne")
        raise error
    assert place.read_bytes() == b"old"
    assert names(tmp_path) == ["kept"]


def test_a_system_error_becomes_one_for_the_user(tmp_path):
    with (
        pytest.raises(OutputError, match=r"kept.*No space left") as caught,
        replacing(tmp_path / "kept"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.stopping


def test_a_file_never_takes_the_place_of_a_folder(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(OutputError, match="photos"), replacing(tmp_path / "photos") as fresh:
        fresh.write_bytes(b"a file")
    assert names(tmp_path) == ["photos"]


def test_names_as_long_as_the_system_allows(tmp_path):
    place = tmp_path / ("日" * 83 + ".png")  # 253 of 255 bytes
    with replacing(place) as fresh:
        fresh.write_bytes(b"whole")
    assert names(tmp_path) == [place.name]


_KILLED = """
import os, sys
from pathlib import Path
from pixrestore.files import replacing
with replacing(Path(sys.argv[1])) as fresh:
    fresh.mkdir() if sys.argv[1].endswith("folder") else None
    (fresh / "inner" if fresh.is_dir() else fresh).write_bytes(b"half")
    os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("name", ["file", "folder"])
def test_what_a_kill_left_goes_with_the_next_write(tmp_path, name):
    subprocess.run([sys.executable, "-c", _KILLED, tmp_path / name], check=False)
    [left] = names(tmp_path)
    assert left.startswith(".pixrestore-")
    files._clean_once.cache_clear()
    with replacing(tmp_path / "next") as fresh:
        fresh.touch()
    assert names(tmp_path) == ["next"]


def test_what_a_living_process_writes_is_not_cleaned_away(tmp_path):
    with replacing(tmp_path / "mine") as fresh:
        fresh.write_bytes(b"mine")
        remove_leftovers(tmp_path)
        assert fresh.exists()
    assert names(tmp_path) == ["mine"]
