"""Colour the old photographs in examples/photos, with a before | after picture of each.

    python examples/demo.py
    python examples/demo.py --model runs/colorize --out /tmp/coloured

The same from the shell: pixrestore colorize examples/photos --out demo --compare
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pixrestore import load
from pixrestore.restoring.files import restore_files
from pixrestore.restoring.results import FileResult

PHOTOS = Path(__file__).parent / "photos"


def show(result: FileResult) -> None:
    print(f"{result.position}/{result.total}  {result.message}")
    if result.comparison:
        print(f"      before | after: {result.comparison}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", default=PHOTOS, help="a photo, or a folder of photos")
    parser.add_argument("--model", default="colorize", help="a model folder or an installed model")
    parser.add_argument("--out", default="demo", help="folder of the results")
    parser.add_argument("--saturation", type=float, default=1.0, help="multiplies the colours")
    given = parser.parse_args()
    summary = restore_files(
        [given.photos],
        given.out,
        load(given.model),
        compare=True,
        overwrite=True,
        report=show,
        options={"saturation": given.saturation},
    )
    print(summary)
    return summary.exit_code


if __name__ == "__main__":
    raise SystemExit(main())
