"""Kills at random moments of folders that are restored and of runs that train."""

from __future__ import annotations

import csv
import itertools
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pixrestore.errors import PixrestoreError
from pixrestore.model.folder import check_weights, load_model
from torture import photos
from torture.program import HEAVY, LIGHT, Program
from torture.tally import Tally

FOLDERS = "kills while a folder is restored"
RUNS = "kills while a model is trained"

_BOX = ("jpeg.jpg", "rgb.png", "deep.png", "rich.tif", "lossy.webp", "gray.jpg", "rgb.bmp")
_AGAIN = 2  # copies of each
_TRAIN = [
    "train",
    "--task",
    "denoise",
    "--steps",
    "120",
    "--widths",
    "4,8",
    "--blocks",
    "1,1",
    "--patch",
    "16",
    "--batch",
    "2",
    "--crops",
    "1",
    "--resume",
    "--out",
]


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files in a folder by their names."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass
class _Kills:
    """How many to make, from where, and when the last ended."""

    tally: Tally
    count: int
    rng: np.random.Generator
    forks: Program
    fresh: Program

    def killed(self, number: int, longest: float, words: list[str], folder: Path) -> bool:
        """Kill a command at a random moment; tell whether it still ran, and that it was well."""
        program = self.fresh if number % 5 == 4 else self.forks
        running = program.start(*words, folder=folder)
        time.sleep(float(self.rng.random()) * longest * (2 if program is self.fresh else 1))
        running.kill()
        done = running.wait()
        if done.code != -9 and (faults := done.faults(0)):
            self.tally.count(words[0], f"round {number}", "failed by itself", faults)
        return done.code == -9


def kill_folders(tally: Tally, count: int, scratch: Path) -> None:
    """Kill the restoring of a folder `count` times, and look at what is there each time."""
    scratch.mkdir(parents=True)
    box = scratch / "box"
    box.mkdir()
    files = photos.files()
    for name in _BOX:
        for copy in range(_AGAIN):
            (box / f"{copy}-{name}").write_bytes(files[name])
    inputs = contents(box)
    with Program(scratch, LIGHT) as forks, Program(scratch) as fresh:
        forks.run("denoise", "box", "--out", "ready", folder=scratch)  # caches of the system
        started = time.monotonic()
        done = forks.run("denoise", "box", "--out", "whole", "--compare", folder=scratch)
        longest = time.monotonic() - started
        whole = contents(scratch / "whole")
        if faults := done.faults(0):
            tally.count(FOLDERS, "undisturbed", "failed", faults)
            return
        kills = _Kills(tally, count, np.random.default_rng([tally.seed, 1]), forks, fresh)
        made = 0
        for number in itertools.count():
            again = number % 2 == 1
            words = ["denoise", "box", "--out", "out", "--compare", *["--overwrite"] * again]
            killed = kills.killed(number, longest, words, scratch)
            faults = _halves(scratch / "out", whole)
            if contents(box) != inputs:
                faults.append("inputs were changed")
            made += killed  # others had ended before
            if killed or faults:
                tally.count(FOLDERS, f"round {number}", "killed" if killed else "done", faults)
            # Where every command ends by itself, something else is wrong, and was told.
            last = made >= count or number >= 10 * count
            if number % 10 == 9 or last:
                done = forks.run("denoise", "box", "--out", "out", "--compare", folder=scratch)
                faults = done.faults(0)
                # Hidden files go with the next run, and with that all that is not a result.
                found = contents(scratch / "out")
                if found != whole:
                    other = {name for name, _ in found.items() ^ whole.items()}
                    faults.append(f"after the kills, these differ from what comes without: {other}")
                tally.count(FOLDERS, f"completion after {number}", "completed", faults)
                shutil.rmtree(scratch / "out")
            if last:
                return


def _halves(out: Path, whole: dict[str, bytes]) -> list[str]:
    """Return results that are not as they are without a kill."""
    if not out.is_dir():
        return []
    return [
        f"{name} is not whole"
        for name, content in contents(out).items()
        if not Path(name).name.startswith(".pixrestore-") and whole.get(name) != content
    ]


def kill_runs(tally: Tally, count: int, scratch: Path) -> None:
    """Kill runs that train `count` times, and go on with each until it ends."""
    scratch.mkdir(parents=True)
    rng = np.random.default_rng([tally.seed, 2])
    with Program(scratch, HEAVY) as forks, Program(scratch) as fresh:
        started = time.monotonic()
        done = forks.run(*_TRAIN, "reference", folder=scratch)
        longest = time.monotonic() - started
        if faults := done.faults(0):
            tally.count(RUNS, "undisturbed", "failed", faults)
            return
        kills = _Kills(tally, count, rng, forks, fresh)
        number = 0
        while number < count:
            run = scratch / f"run-{number}"
            # A run is killed a few times before it may end.
            for _ in range(min(int(rng.integers(1, 6)), count - number)):
                if not kills.killed(number, longest, [*_TRAIN, run.name], scratch):
                    break
                tally.count(RUNS, f"kill {number}", "killed", _unusable(run))
                number += 1
            done = forks.run(*_TRAIN, run.name, folder=scratch)
            faults = done.faults(0) or [*_unusable(run), *_differs(run, scratch / "reference")]
            tally.count(RUNS, f"completion after {number}", "completed", faults)
            shutil.rmtree(run, ignore_errors=True)


def _unusable(run: Path) -> list[str]:
    """Return what is wrong with the model that a killed run left, if it left one."""
    if not (run / "model.json").exists():
        return []
    try:
        check_weights(load_model(run))
    except PixrestoreError as error:
        return [f"the model that is there cannot be used: {error}"]
    return []


def _differs(run: Path, reference: Path) -> list[str]:
    """Compare a run's history with that of one that was not killed."""
    found, expected = _history(run), _history(reference)
    if found.shape != expected.shape:
        return [f"the history has {len(found)} rows, not {len(expected)}"]
    # Sums in another order of threads differ in the last bits, and training enlarges that.
    if not np.allclose(found, expected, rtol=1e-3):
        return [f"the history differs: {found.tolist()} in place of {expected.tolist()}"]
    if hidden := [str(path) for path in run.rglob(".*")]:
        return [f"hidden files were left: {hidden}"]
    return []


def _history(run: Path) -> np.ndarray:
    names = ("epoch", "step", "loss", "val_loss", "psnr")
    with (run / "history.csv").open(newline="") as file:
        return np.array([[float(row[name]) for name in names] for row in csv.DictReader(file)])
