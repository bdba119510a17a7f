"""How often a scene should be looked at, and how large: colour figures of each way.

    python benchmarks/looks.py data/test/colour/scenes data/test/colour/pets

Photos are restored by the default colouriser with looks at several multiples of its working size,
each with its mirror image. Figures are those of `pixrestore evaluate`, against the gray photos.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pixrestore import evaluate
from pixrestore.restoring import scene

WAYS = ((1.0,), (1.25,), (1.5,), (1.0, 1.5), (1.0, 1.5, 2.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="clean colour photos")
    parser.add_argument("--model", help="a model folder; the default colouriser if left out")
    parser.add_argument("--limit", type=int, help="so many photos of each folder")
    given = parser.parse_args()
    print("| looks | " + " | ".join(folder.name for folder in given.folders) + " |")
    print("|---" * (1 + len(given.folders)) + "|")
    for way in WAYS:
        scene.LOOKS = way
        cells = [_measured(folder, given.model, given.limit) for folder in given.folders]
        print(f"| {', '.join(f'{look:g}' for look in way)} | {' | '.join(cells)} |", flush=True)


def _measured(folder: Path, model: str | None, limit: int | None) -> str:
    found = evaluate("colorize", folder, model=model, limit=limit)
    gray, restored, true = found["input"], found["restored"], found["true"]
    gained = restored["psnr"] - gray["psnr"]
    off = 100 * (restored["ciede2000"] / gray["ciede2000"] - 1)
    return (
        f"{gained:+.2f} dB, {off:+.1f} %, {restored['colourfulness'] / true['colourfulness']:.2f}"
    )


if __name__ == "__main__":
    main()
