"""Undo a damage of your own: write the task, train a model for it, restore a photo.

    python examples/own_task.py --data photos/ --minutes 20
    python examples/own_task.py --steps 200

The task lives in this file only. To use it from the shell, and to give it to others, make it a
plugin: docs/write-a-plugin.md.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

import pixrestore
from pixrestore import Task, evaluate, option, train
from pixrestore.testing import check_task

SAMPLES = Path(pixrestore.__file__).parent / "samples"


@dataclass(frozen=True)
class Unfade(Task):
    """Bring back colour prints that faded and turned yellow."""

    name = "unfade"
    fading: tuple[float, float] = option(
        (0.2, 0.6), help="share of the contrast that is lost", min=0, max=0.9
    )
    yellow: float = option(0.3, help="most of the blue that turned to paper", min=0, max=1)

    def corrupt(self, clean, rng):
        loss = rng.uniform(*self.fading)
        paper = np.array([0.95, 0.90, 0.75], np.float32)
        dyes = 1 - np.array([0, 0, rng.uniform(0, self.yellow)], np.float32)
        return paper * loss + clean * dyes * (1 - loss)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", default=SAMPLES, help="folder of clean photos")
    parser.add_argument("--steps", type=int, help="stop after so many steps")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes")
    parser.add_argument("--out", default="runs/unfade", type=Path, help="folder of the model")
    parser.add_argument("--widths", default="32,64,128", help="channels of the network's scales")
    given = parser.parse_args()

    task = Unfade(fading=(0.3, 0.6))
    check_task(task, quick=True)  # says what is wrong with a task before time is spent on it

    widths = tuple(int(width) for width in given.widths.split(","))
    restorer = train(
        task,
        given.data,
        given.out,
        steps=given.steps,
        minutes=given.minutes,
        recipe={"arguments": {"widths": widths, "blocks": [1] * len(widths)}},
    )

    # Without --data this photo was among those trained on, which flatters the figures.
    clean = np.asarray(Image.open(SAMPLES / "coffee.jpg").convert("RGB"), np.float32) / 255
    faded = task.corrupt(clean, np.random.default_rng(1))
    restored = restorer.restore(faded.astype(np.float32))
    sheet = np.concatenate([faded, restored, clean], axis=1)
    picture = given.out / "faded-restored-true.png"
    Image.fromarray(np.uint8(np.rint(255 * np.clip(sheet, 0, 1)))).save(picture)
    print(f"faded | restored | true: {picture}")

    figures = evaluate(task, SAMPLES, model=given.out, limit=2)
    before, after = figures.input["psnr"], figures.restored["psnr"]
    print(f"PSNR {after:.2f} dB, of the faded photos {before:.2f} dB")


if __name__ == "__main__":
    main()
