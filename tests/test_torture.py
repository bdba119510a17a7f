"""A small part of `make torture`, in other cases than that begins with."""

from __future__ import annotations

import os

import pytest
from torture import disks, fuzzing, kills, models, reader, sharing
from torture.mutations import altered
from torture.photos import files
from torture.program import Done
from torture.tally import Tally

posix = pytest.mark.skipif(os.name != "posix", reason="forks and kills of POSIX")


@pytest.fixture
def tally(tmp_path):
    return Tally(tmp_path / "kept", seed=12)


def survived(tally, least):
    assert tally.faults == []
    assert tally.tried.total() >= least
    assert tally.verdict().endswith("all survived, nothing lost")


def test_altered_files(tally):
    """One of most kinds, and two processes, so that numbers are shared out."""
    fuzzing.fuzz(tally, 60, jobs=2)
    survived(tally, 60)
    assert tally.tried[fuzzing.KIND] == 60


def test_cases_follow_from_the_seed_and_their_number():
    assert reader.case(3, 70) == reader.case(3, 70)
    assert reader.case(3, 70) != reader.case(4, 70)


@posix
def test_a_folder_whose_restoring_is_killed(tally, tmp_path):
    kills.kill_folders(tally, 3, tmp_path / "scratch")
    survived(tally, 4)
    assert tally.outcomes[kills.FOLDERS]["killed"] == 3


@posix
@pytest.mark.slow
def test_a_run_that_is_killed(tally, tmp_path):
    kills.kill_runs(tally, 1, tmp_path / "scratch")
    survived(tally, 1)


@posix
def test_disks_without_room(tally, tmp_path):
    names = ("overwrite", "folder", "csv", "new-plugin")
    disks.fill_disks(tally, 0, tmp_path / "scratch", lambda writer: writer.name in names)
    survived(tally, len(names))
    assert tally.outcomes[disks.KIND]["refused"] == len(names)


@posix
def test_files_with_a_largest_size_stand_for_disks(tally, tmp_path, monkeypatch):
    """Where no disk can be made."""
    monkeypatch.setattr(disks, "mounts", lambda: False)
    disks.fill_disks(tally, 0, tmp_path / "scratch", lambda writer: writer.name == "new-plugin")
    survived(tally, 1)
    assert tally.outcomes[disks.KIND]["refused"] == 1


@posix
def test_altered_models(tally, tmp_path):
    models.alter_models(tally, 6, tmp_path / "scratch")
    survived(tally, 6)


def test_files_cut_off(tally):
    sharing.cut_off(tally, 1)
    survived(tally, 7)


# --- it sees what is wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (Done(70, "", "pixrestore: this is a bug"), "exit code 70"),
        (Done(-11, "", ""), "exit code -11"),
        (Done(4, "", "Traceback (most recent call last):\n  ..."), "a traceback"),
        (Done(4, "", ""), "no line"),
    ],
)
def test_a_command_that_ends_badly_is_a_fault(done, said):
    assert said in " ".join(done.faults(0, 4))
    assert Done(4, "", "pixrestore: old.jpg does not exist").faults(0, 4) == []


def test_faults_are_counted_and_their_files_kept(tally, capsys):
    tally.count("kind", "first", "well", [])
    tally.count("kind", "second", "badly", ["it died", "and lied"], content=b"what it read")
    assert (tally.keep / "kind-second").read_bytes() == b"what it read"
    assert "| kind | 2 | 1 | 1 well, 1 badly |  |" in tally.table()
    assert tally.verdict() == "2 cases tried, 2 faults"
    assert "FAULT  kind, second: it died" in capsys.readouterr().out


def test_halves_are_seen(tmp_path):
    (tmp_path / "a.png").write_bytes(b"half")
    assert kills._halves(tmp_path, {"a.png": b"half and half"}) == ["a.png is not whole"]


@pytest.mark.parametrize("name", list(files()))
def test_every_kind_of_file_is_altered(name):
    import numpy as np

    made = {altered(files()[name], np.random.default_rng(n), [b"other"])[0] for n in range(20)}
    assert len(made - {files()[name]}) > 10
