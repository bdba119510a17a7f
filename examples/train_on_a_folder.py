"""Train on a folder of photos, go on where a run was stopped, and measure the model.

    python examples/train_on_a_folder.py photos/ --task denoise --minutes 30
    python examples/train_on_a_folder.py photos/ --task denoise --minutes 60    # goes on

The same from the shell: pixrestore train --task denoise --data photos --out runs/denoise-photos
--minutes 30, the same with --minutes 60 --resume in place of --task and --data, then
pixrestore evaluate --model runs/denoise-photos --data photos.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pixrestore import evaluate, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder of clean photos, searched recursively")
    parser.add_argument("--task", default="colorize", help="what the model is to undo")
    parser.add_argument("--out", type=Path, help="folder of the model")
    parser.add_argument("--steps", type=int, help="stop after so many steps, in all")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes, in all")
    parser.add_argument("--test", type=Path, help="folder of other photos to measure with")
    parser.add_argument("--limit", type=int, help="measure with only so many photos")
    parser.add_argument("--widths", help="channels of the network's scales: 16,32,64")
    given = parser.parse_args()
    out = given.out or Path("runs") / f"{given.task}-{given.data.resolve().name}"

    recipe = {}
    if given.widths:
        widths = tuple(int(width) for width in given.widths.split(","))
        recipe = {"arguments": {"widths": widths, "blocks": [1] * len(widths)}}
    budget = {"steps": given.steps, "minutes": given.minutes}
    # The first time this starts a run, later it goes on with it.
    train(given.task, given.data, out, recipe=recipe, resume=True, **budget)

    # Photos that were trained on flatter a model: measure with others where there are some.
    print(evaluate(given.task, given.test or given.data, model=out, limit=given.limit))


if __name__ == "__main__":
    main()
