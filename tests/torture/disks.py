"""Disks without room for what a command writes."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from torture import photos
from torture.kills import contents
from torture.program import HEAVY, LIGHT, Program
from torture.tally import Tally

KIND = "disks without room"

_PAGE = 4096
_TINY = "--widths 4,8 --blocks 1,1 --patch 16 --batch 2 --crops 1"
_CODES = "--arch bottleneck --side 16 --filters 8,8 --code 8 --patch 16 --batch 2 --crops 1"


@dataclass(frozen=True)
class Writer:
    """A command that writes to `{disk}`; `heavy` where it needs TensorFlow."""

    name: str
    words: str
    heavy: bool = False


WRITERS = (
    Writer("restore", "denoise rgb.png --out {disk}/new.png"),
    Writer("overwrite", "denoise rgb.png --out {disk}/old.png --overwrite"),
    Writer("folder", "denoise box --out {disk}/out --compare"),
    Writer("new-plugin", "new-plugin deblur --out {disk}/plugin"),
    Writer("preview", "preview rgb.png --task denoise --out {disk}/preview.png"),
    Writer("csv", "evaluate --task denoise --data box --limit 2 --csv {disk}/figures.csv"),
    Writer("html", "evaluate --task denoise --data box --limit 2 --html {disk}/page.html"),
    Writer("pack", "pack tiny --out {disk}/packed --trained-on samples --license CC0", True),
    Writer("export onnx", "export tiny --to onnx --out {disk}/model.onnx", True),
    Writer("export tflite", "export tiny --to tflite --out {disk}/model.tflite", True),
    Writer("export savedmodel", "export tiny --to savedmodel --out {disk}/saved", True),
    Writer("codes npz", "encode box --model codes --out {disk}/codes.npz", True),
    Writer("codes csv", "encode box --model codes --out {disk}/codes.csv", True),
    Writer("train", f"train --task denoise --steps 3 {_TINY} --out {{disk}}/run --resume", True),
)


def mounts() -> bool:
    """Tell whether disks of any size can be made here, which takes the rights of root on Linux."""
    if os.name != "posix" or os.geteuid() or shutil.which("mount") is None:
        return False
    return (
        subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
    )


@contextlib.contextmanager
def _disk(place: Path, room: int) -> Iterator[Path]:
    """Make a disk with `room` bytes left, which holds a result already."""
    place.mkdir()
    size = room // _PAGE * _PAGE + 16 * _PAGE
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)
    try:
        (place / "old.png").write_bytes(b"an older result")
        left = os.statvfs(place)
        (place / "filling").write_bytes(
            bytes(max(0, left.f_bavail * _PAGE - room // _PAGE * _PAGE))
        )
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)
        place.rmdir()


@contextlib.contextmanager
def _folder(place: Path) -> Iterator[Path]:
    """Make a folder like such a disk, where none can be made: there files have a largest size."""
    place.mkdir()
    (place / "old.png").write_bytes(b"an older result")
    try:
        yield place
    finally:
        shutil.rmtree(place)


def fill_disks(tally: Tally, levels: int, scratch: Path, only: Callable[[Writer], bool]) -> None:
    """Let each writer write to disks with no room, and with `levels` shares of what it needs."""
    scratch.mkdir(parents=True)
    rng = np.random.default_rng([tally.seed, 3])
    writers = [writer for writer in WRITERS if only(writer)]
    heavy = any(writer.heavy for writer in writers)
    with Program(scratch, HEAVY if heavy else LIGHT) as program:
        _prepare(scratch, program if heavy else None)
        for writer in writers:
            with _folder(scratch / "disk") as disk:
                done = program.run(*_words(writer, disk), folder=scratch)
                whole = contents(disk)
            if faults := done.faults(0):
                tally.count(KIND, f"{writer.name} with room", "failed", faults)
                continue
            shares = [0.0, *sorted(rng.uniform(0.02, 0.98, levels))]
            for share in shares:
                _try(tally, writer, share, whole, program, scratch)


def _words(writer: Writer, disk: Path) -> list[str]:
    return writer.words.format(disk=disk).split()


def _prepare(scratch: Path, trains: Program | None) -> None:
    """Make the photos and models that writers need."""
    box = scratch / "box"
    box.mkdir()
    files = photos.files()
    (scratch / "rgb.png").write_bytes(files["rgb.png"])
    for name in ("jpeg.jpg", "rgb.png", "rich.tif"):
        (box / name).write_bytes(files[name])
    if trains is not None:
        for name, kind in (("tiny", _TINY), ("codes", _CODES)):
            words = f"train --task denoise --steps 2 {kind} --out {name}".split()
            done = trains.run(*words, folder=scratch)
            assert done.code == 0, done.err


def _try(
    tally: Tally,
    writer: Writer,
    share: float,
    whole: dict[str, bytes],
    program: Program,
    scratch: Path,
) -> None:
    needed = sum(_pages(content) for content in whole.values())
    place = scratch / "disk"
    if mounts():
        made, limit = _disk(place, int(share * needed)), 0
    else:  # the largest file that may be written
        largest = max(len(content) for content in whole.values())
        made, limit = _folder(place), max(1, int(share * largest))
    with made as disk:
        done = program.run(*_words(writer, disk), folder=scratch, limit=limit)
        # A disk may have room for a smaller result than was foreseen.
        faults = done.faults(0, 10)
        found = {name: data for name, data in contents(disk).items() if name != "filling"}
        faults += _lost(writer, found, whole, complete=done.code == 0)
        if writer.name == "train" and done.code == 10:
            faults += _goes_on(writer, disk, program, scratch)
    outcome = {0: "there was room", 10: "refused"}.get(done.code, "failed")
    tally.count(KIND, f"{writer.name} with {share:.0%} of the room", outcome, faults)


def _pages(content: bytes) -> int:
    return -(-len(content) // _PAGE) * _PAGE


def _lost(
    writer: Writer, found: dict[str, bytes], whole: dict[str, bytes], *, complete: bool
) -> list[str]:
    """Return what is wrong with the files that are there."""
    faults = [
        f"{name} was left"
        for name in found
        if name not in whole and Path(name).name.startswith(".pixrestore-")
    ]
    if complete:
        return faults + [f"{name} is not there" for name in whole if name not in found]
    if found.get("old.png") not in (b"an older result", whole["old.png"]):
        faults.append("the older result is neither as it was nor replaced")
    if writer.name == "train":  # whose files tell a time, and grow
        return faults
    same = writer.name == "folder" or writer.heavy
    for name, content in found.items():
        if name == "old.png":
            continue
        if not same:
            faults.append(f"{name} was left by a command that failed")
        elif name in whole and not writer.heavy and content != whole[name]:
            faults.append(f"{name} is not whole")
    return faults


def _goes_on(writer: Writer, disk: Path, program: Program, scratch: Path) -> list[str]:
    """Make room, and see that the run goes on."""
    (disk / "filling").unlink(missing_ok=True)
    if mounts():
        subprocess.run(["mount", "-o", "remount,size=500m", disk], check=True)
    return program.run(*_words(writer, disk), folder=scratch).faults(0)
