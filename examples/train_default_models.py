"""Train the two models that pixrestore ships, measure them on photos never seen, ship them.

    python examples/train_default_models.py --photos data --minutes 95

``--photos`` holds ``photos/{pets,scenes,objects}`` and ``detail/{bsds,open}`` to train on,
``valid/bsds32`` to validate on, and ``test/`` to measure on. Each model is trained with
pixrestore's own command, which this prints; a run that was interrupted goes on. The settings are
those of the tasks' recipes, which won the searches in docs/explanation/default-models.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import subprocess
import sys
from pathlib import Path

import pixrestore
from pixrestore import evaluate
from pixrestore.model import Model, load_model, rewrite_description
from pixrestore.slim import slim_copy

SHIPPED = Path(pixrestore.__file__).parent / "models"

COMMANDS = {
    "colorize": "--data photos/pets --data photos/scenes --data photos/objects --data detail/bsds "
    "--data detail/open --balance 0.3",
    "denoise": "--data detail --valid valid/bsds32 --sigma 0,55",
}
# Folders to measure on, each with the options of the damage. The samples are for the test that
# notices when a model gets worse.
SAMPLES = Path(pixrestore.__file__).parent / "samples"
MEASURED = {
    "colorize": {
        **{f"test/colour/{name}": [{}] for name in ("scenes", "pets", "objects")},
        SAMPLES: [{}],
    },
    "denoise": {
        **{
            f"test/{name}": [{"sigma": sigma} for sigma in (0, 15, 25, 50)]
            for name in ("cbsd68", "kodak24")
        },
        SAMPLES: [{"sigma": 25}],
    },
}
LICENCE = "for research: the terms of the photos it was trained on allow no more, or state nothing"
LIMITS = {
    "colorize": "Colours are plausible, not historical: the model has seen pets, landscapes, towns "
    "and a few hundred other things, and gives each the colour such things mostly have. Uniforms, "
    "flags, clothes, cars and painted walls come out in muted guesses. Do not take its colours for "
    "evidence of anything.",
    "denoise": "Trained on Gaussian noise of sigma 0 to 55 (of 255) and on imitated camera noise. "
    "Texture finer than the noise is smoothed away with it. Strong compression, scratches and blur "
    "are not noise and stay. Do not use it where every detail must be real, as in medicine or "
    "forensics.",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="colorize, denoise; both by default")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--minutes", default="95", help="time to train each")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--out", type=Path, default=SHIPPED, help="where the models go")
    parser.add_argument("--limit", type=int, help="measure on so many photos of each folder")
    chosen = parser.parse_args()
    for name in chosen.names or COMMANDS:
        train(name, chosen)
        ship(name, chosen)


def train(name: str, chosen: argparse.Namespace) -> None:
    """Run ``pixrestore train``, or go on with a run that was interrupted."""
    out = chosen.runs / name
    if (out / "run.json").exists():
        words = ["train", "--out", str(out), "--resume"]
    else:
        folders = ("photos/", "detail", "valid/")
        options = [
            str(chosen.photos / word) if word.startswith(folders) else word
            for word in COMMANDS[name].split()
        ]
        words = ["train", "--task", name, *options, "--minutes", chosen.minutes, "--out", str(out)]
    print("$", shlex.join(["pixrestore", *words]), flush=True)
    subprocess.run([sys.executable, "-m", "pixrestore", *words], check=True)


def ship(name: str, chosen: argparse.Namespace) -> None:
    """Put a small copy of a model into place, with its figures in its card."""
    model = slim_copy(
        load_model(chosen.runs / name), chosen.out / name, licence=LICENCE, limits=LIMITS[name]
    )
    figures = {**model.figures, **measured(model, chosen)}
    rewrite_description(dataclasses.replace(model, figures=figures))
    print(f"{name} is in {model.folder}", flush=True)


def measured(model: Model, chosen: argparse.Namespace) -> dict[str, dict[str, dict[str, float]]]:
    """Measure what is shipped, in half precision, on each folder."""
    figures = {}
    for folder, damages in MEASURED[model.task.name].items():
        for options in damages:
            found = evaluate(
                model.task.name,
                chosen.photos / folder,
                model=model.folder,
                limit=chosen.limit,
                **options,
            )
            name = folder.name if folder == SAMPLES else folder
            title = ", ".join([name, *(f"{key} {value}" for key, value in options.items())])
            figures[title] = {kind: found[kind] for kind in ("restored", "input")}
            print(title, figures[title], flush=True)
    return figures


if __name__ == "__main__":
    main()
