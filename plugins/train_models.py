"""Train the models that the distributions ship, measure them, and put them into place.

    pip install --no-deps plugins/pixrestore-*
    python plugins/train_models.py --data data/detail --valid data/valid/bsds32 \
        --measure data/test/kodak24 --minutes 15

Each is trained with pixrestore's own command, which this prints; one that was interrupted goes on.
With names, only those are trained: ``python plugins/train_models.py deblur upscale-4x ...``.
"""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import subprocess
import sys
from pathlib import Path

from pixrestore import evaluate
from pixrestore.engines.half_precision import half_precision_copy
from pixrestore.model.folder import load_model, rewrite_description
from pixrestore.plugins.kinds import TASKS
from pixrestore.plugins.loading import load_plugins

HERE = Path(__file__).parent
# Those with the denoiser's network begin as the denoiser. After much the same minutes Kodak24 gains
# 0.04 dB (upscale) to 0.73 dB (oldphoto) over a beginning from nothing.
AS_DENOISER = ["--init", "denoise", "--rate", "1e-3"]
# A network that begins as another keeps the other's loss, unless told.
SQUARED = [*AS_DENOISER, "--loss", "mean_squared_error"]
# By its folder's name: the distribution that ships the model, its task, and what is special.
# A task's own model, the default one, is called like the task.
MODELS = {
    "mosaic": ("mosaic", "mosaic", []),
    "inpaint": ("inpaint", "inpaint", SQUARED),
    "jpeg": ("jpeg", "jpeg", AS_DENOISER),
    "deblur": ("deblur", "deblur", AS_DENOISER),
    "upscale": ("upscale", "upscale", AS_DENOISER),
    "upscale-4x": ("upscale", "upscale", ["--scale", "4", "--shuffle", "4"]),
    "oldphoto": ("oldphoto", "oldphoto", SQUARED),
}
LICENCE = "for research: the terms of the photos it was trained on allow no more, or state nothing"
LIMITS = {
    "mosaic": "Trained on blocks of 3 to 12 pixels. What it fills in is plausible and invented: it "
    "shows nothing of who or what was there.",
    "inpaint": "Trained on scratches and dust 1 to 4 pixels wide, and on holes hardly wider. Thin "
    "things that belong to a photo may be taken for scratches: give a mask where that matters.",
    "jpeg": "Trained on qualities 5 to 60, compressed once. Detail that is gone is not invented.",
    "deblur": "Trained on blur that is alike all over the photo: discs up to a radius of 3 pixels, "
    "straight lines up to 12. Do not read lettering from its results.",
    "upscale": "Trained on photos shrunk bicubically, with a little noise. Compression is enlarged "
    "along.",
    "oldphoto": "Trained on imitated damage only, of photos in colour.",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help=f"any of {', '.join(MODELS)}; all by default")
    parser.add_argument("--data", action="append", required=True, help="photos to train on")
    parser.add_argument("--valid", required=True, help="photos to validate on")
    parser.add_argument("--measure", required=True, help="photos that none of these are among")
    parser.add_argument("--minutes", default="15", help="time to train each")
    parser.add_argument("--runs", type=Path, default=Path("runs/plugins"))
    chosen = parser.parse_args()
    missing = {task for _, task, _ in MODELS.values()} - set(load_plugins().all(TASKS))
    if missing:
        parser.error(f"install {', '.join(sorted(missing))} first: pip install --no-deps plugins/*")
    for name in chosen.names or MODELS:
        train(name, chosen)
        ship(name, chosen)


def train(name: str, chosen: argparse.Namespace) -> None:
    """Run ``pixrestore train``, or go on with a run that was interrupted."""
    _, task, extra = MODELS[name]
    out = chosen.runs / name
    words = ["train", "--task", task, "--out", str(out), "--minutes", chosen.minutes]
    if (out / "run.json").exists():
        words += ["--resume"]
    else:
        words += [word for folder in chosen.data for word in ("--data", folder)]
        words += ["--valid", chosen.valid, *extra]
    print("$", shlex.join(["pixrestore", *words]), flush=True)
    subprocess.run([sys.executable, "-m", "pixrestore", *words], check=True)


def ship(name: str, chosen: argparse.Namespace) -> None:
    """Put a small copy of a model into its distribution, with its figures in its card."""
    plugin, task, _ = MODELS[name]
    place = HERE / f"pixrestore-{plugin}" / f"pixrestore_{plugin}" / "models" / name
    model = half_precision_copy(
        load_model(chosen.runs / name), place, licence=LICENCE, limits=LIMITS[plugin]
    )
    # What is shipped is measured, in half precision.
    found = evaluate(task, chosen.measure, model=place)
    measured = found.quality()
    figures = {**model.figures, Path(chosen.measure).name: measured}
    rewrite_description(dataclasses.replace(model, figures=figures))
    for kind, values in measured.items():
        print(f"{name} {kind}: PSNR {values['psnr']:.2f} dB, SSIM {values['ssim']:.4f}")
    print(f"{name} is in {place}", flush=True)


if __name__ == "__main__":
    main()
