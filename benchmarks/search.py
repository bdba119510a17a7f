"""Compare training settings at equal time or equal steps, on the same photos.

Each variant is the options that it adds to one `pixrestore train` command; the table says how good
each was after the same number of minutes (or steps, where the machine has other work too), on the
same held-out photos, most gain first:

    python benchmarks/search.py --minutes 3 --task denoise --data DIR --valid DIR -- \\
        "" "--rate 2e-3" "--blocks 1,1,4" "--patch 64 --batch 2"
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Train each variant, then print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", required=True)
    parser.add_argument("--data", action="append", required=True, help="folder of photos")
    parser.add_argument("--valid", help="folder of held-out photos")
    parser.add_argument("--minutes", type=float, default=3, help="of each variant")
    parser.add_argument("--steps", type=int, help="of each variant, instead of minutes")
    parser.add_argument("variants", nargs="+", help="options that a variant adds, in quotes")
    given = parser.parse_args()
    budget = ["--steps", given.steps] if given.steps else ["--minutes", given.minutes]
    common = ["--task", given.task, *map(str, budget)]
    common += [word for folder in given.data for word in ("--data", folder)]
    common += ["--valid", given.valid] if given.valid else []
    rows = []
    for variant in given.variants:
        rows.append(_trained(common, variant))
        print(_line(rows[-1]), file=sys.stderr, flush=True)
    print("| options | parameters | steps | minutes | PSNR gained, dB |")
    print("|---|---|---|---|---|")
    for row in sorted(rows, key=lambda row: -row["gain"]):
        print(_line(row))


def _trained(common: list[str], variant: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [sys.executable, "-m", "pixrestore", "train", *common, *shlex.split(variant)]
        subprocess.run([*command, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
        model = json.loads((out / "model.json").read_text())
    figures = model["figures"]["validation"]
    return {
        "options": variant or "(the defaults)",
        "parameters": model["training"]["parameters"],
        "steps": model["training"]["steps"],
        "minutes": model["training"]["minutes"],
        "gain": figures["psnr"] - figures["input_psnr"],
    }


def _line(row: dict[str, object]) -> str:
    return "| {options} | {parameters:,} | {steps:,} | {minutes} | {gain:+.2f} |".format(**row)


if __name__ == "__main__":
    main()
