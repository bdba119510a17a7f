"""The wait before anything happens: listing, and the first photo."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from speed.measuring import PIXRESTORE, Row, Settings, Turns, measured, photos

_HEAVY = ("tensorflow", "keras", "numpy", "skimage")
_LISTING = """
import sys
from pixrestore.cli import main
main(sys.argv[1:])
print(*[name for name in {heavy} if name in sys.modules], file=sys.stderr)
"""
_NOTHING = (sys.executable, "-c", "pass")
_TENSORFLOW = (sys.executable, "-c", "import tensorflow")


def listing(settings: Settings) -> Iterator[Row]:
    """Compare --help, tasks and plugins with a Python that does nothing."""
    commands = ("--help", "tasks", "plugins")
    things = {word: lambda word=word: measured([*PIXRESTORE, word]) for word in commands}
    things["pass"] = lambda: measured(_NOTHING)
    turns = Turns().take(5 if settings.quick else 15, things)
    wall, cpu = (turns.least("pass", kind) for kind in ("wall", "cpu"))
    for word in commands:
        more = turns.least(word, "wall") - wall
        work = turns.least(word, "cpu") - cpu
        code = _LISTING.format(heavy=_HEAVY)
        heavy = subprocess.run(
            [sys.executable, "-c", code, word], capture_output=True, text=True, check=True
        ).stderr.split()
        yield Row(
            f"`pixrestore {word}`",
            f"{wall + more:.2f} s; imports of {', '.join(_HEAVY)}: {' '.join(heavy) or 'none'}",
            f"`python -c pass` {wall:.2f} s",
            f"+{more:.2f} s (+{work:.2f} s of processor)",
            "within 0.25 s, none of them",
            more <= 0.25 and not heavy,
        )


def cold(settings: Settings) -> Iterator[Row]:
    """Compare the first colourised photo with importing TensorFlow."""
    photo = photos(settings, "1mp", 1224, 816)
    rounds = 3 if settings.quick else 5
    for task in ("colorize", "denoise"):
        command = [*PIXRESTORE, task, photo, "--model", settings.models[task], "--overwrite"]
        command += ["--out", settings.scratch / f"{task}.jpg"]
        turns = Turns().take(
            rounds,
            {"ours": lambda c=command: measured(c), "tensorflow": lambda: measured(_TENSORFLOW)},
        )
        ours, theirs = (turns.least(name, "wall") for name in ("ours", "tensorflow"))
        peak, peak_theirs = (turns.least(name, "peak") / 1e6 for name in ("ours", "tensorflow"))
        met = ours < theirs / 3 and peak < 400
        yield Row(
            f"cold `pixrestore {task} photo.jpg`, 1 MP, whole process",
            f"{ours:.2f} s, {peak:.0f} MB",
            f"`python -c 'import tensorflow'` {theirs:.2f} s, {peak_theirs:.0f} MB",
            f"{ours / theirs:.2f}",
            "under 0.33, under 400 MB" if task == "colorize" else "",
            met if task == "colorize" else None,
        )
