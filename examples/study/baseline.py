"""What any colouring must beat: gray, and one colour for all photos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from pixrestore.images import decode_rgb8, find_photos
from pixrestore.images.cropping import central_square
from pixrestore.images.metrics import ciede2000, colourfulness, psnr
from pixrestore.tasks import Colorize
from study.photos import Parts

_LOOKED_AT = 1000
_SIDE = 64


def baselines(parts: Parts) -> dict[str, dict[str, float]]:
    """Measure photos without colour, and with the mean chroma of those to train on.

    Returns
    -------
    dict
        By what was done: ``psnr``, ``ciede2000``, ``colourfulness`` (a share of the true photos').
        Kept beside the photos, for the studies that follow.
    """
    kept = parts.test.with_name("baselines.json")
    if not kept.is_file():
        kept.write_text(json.dumps(_measured(parts), indent=2) + "\n", encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


def _measured(parts: Parts) -> dict[str, dict[str, float]]:
    task = Colorize(film=0.0)
    tint = np.mean([task.target(_square(path)).mean((0, 1)) for path in _some(parts.train)], axis=0)
    rng = np.random.default_rng(0)
    photos = [_float(decode_rgb8(path)) for path in find_photos(parts.test)]
    rows: dict[str, list[tuple[float, float, float]]] = {"gray": [], "one colour for all": []}
    for clean in photos:
        gray = task.corrupt(clean, rng)
        everywhere = np.broadcast_to(tint.astype(np.float32), (*clean.shape[:2], 2))
        for name, image in zip(rows, (gray, task.compose(gray, everywhere)), strict=True):
            found = psnr(clean, image), ciede2000(clean, image), colourfulness(image)
            rows[name].append(found)
    true = float(np.mean([colourfulness(clean) for clean in photos]))
    means = {name: np.mean(found, axis=0) for name, found in rows.items()}
    return {
        name: {"psnr": mean[0], "ciede2000": mean[1], "colourfulness": mean[2] / true}
        for name, mean in means.items()
    }


def _some(folder: Path) -> list[Path]:
    return find_photos(folder)[:_LOOKED_AT]


def _square(path: Path) -> Any:
    return central_square(decode_rgb8(path), _SIDE, "scene")


def _float(photo: Any) -> Any:
    return photo.astype(np.float32) / np.float32(255)


def baseline_rows(parts: Parts, before: int, after: int) -> list[list[str]]:
    """Return rows of a table: the name, `before` empty cells, the figures, `after` empty cells."""
    return [
        [
            name,
            *[""] * before,
            f"{found['psnr']:.2f}",
            f"{found['ciede2000']:.2f}",
            f"{found['colourfulness']:.0%}",
            *[""] * after,
        ]
        for name, found in baselines(parts).items()
    ]
