"""How large should the network see a scene? Colour figures at several working sizes.

    python benchmarks/working_sizes.py data/test/colour/scenes data/test/colour/pets
    python benchmarks/working_sizes.py data/test/colour/scenes --sizes 128 --temperature 0.6

Figures are those of `pixrestore evaluate`, against the gray photos: PSNR above theirs, CIEDE2000
below theirs, and the share of the true photos' colourfulness.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from pathlib import Path

from pixrestore import evaluate
from pixrestore.engines.half_precision import half_precision_copy
from pixrestore.model.folder import Model
from pixrestore.model.lookup import find_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="clean colour photos")
    parser.add_argument("--model", help="a model folder; the default colouriser if left out")
    parser.add_argument("--sizes", nargs="+", type=int, default=[96, 128, 160], help="in pixels")
    parser.add_argument("--temperature", type=float, help="the model's if left out")
    parser.add_argument("--saturation", type=float, help="the model's if left out")
    parser.add_argument("--limit", type=int, help="so many photos of each folder")
    given = parser.parse_args()
    model = _changed(find_model("colorize", given.model), given.temperature, given.saturation)
    print("| working size | " + " | ".join(folder.name for folder in given.folders) + " |")
    print("|---" * (1 + len(given.folders)) + "|")
    for size in given.sizes:
        geometry = dataclasses.replace(model.geometry, working_size=size)
        with tempfile.TemporaryDirectory() as place:
            sized = half_precision_copy(model, Path(place) / "sized", geometry=geometry).folder
            cells = [_measured(folder, sized, given.limit) for folder in given.folders]
        print(f"| {size} | {' | '.join(cells)} |", flush=True)


def _changed(model: Model, temperature: float | None, saturation: float | None) -> Model:
    task, options = model.task, model.loss_options
    if saturation is not None:
        task = dataclasses.replace(task, saturation=saturation)  # type: ignore[type-var]
    if temperature is not None:
        options = {**options, "temperature": temperature}
    return dataclasses.replace(model, task=task, loss_options=options)


def _measured(folder: Path, model: Path, limit: int | None) -> str:
    found = evaluate("colorize", folder, model=model, limit=limit)
    gray, restored, true = found.input, found.restored, found.true
    gained = restored["psnr"] - gray["psnr"]
    off = 100 * (restored["ciede2000"] / gray["ciede2000"] - 1)
    colour = restored["colourfulness"] / true["colourfulness"]
    return f"{gained:+.2f} dB, {off:+.1f} %, {colour:.2f}"


if __name__ == "__main__":
    main()
