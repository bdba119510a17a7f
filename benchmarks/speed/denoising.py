"""Denoising beside FFDNet and CBM3D: megapixels a second on the same noisy photo."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from speed.measuring import Row, Settings, Turns, answers, photos

_SIGMA = 25
_CROP = 192  # of CBM3D's, which takes minutes for a megapixel, and as long for each


def throughput(settings: Settings) -> Iterator[Row]:
    """Compare megapixels a second."""
    width, height = (1500, 1000) if settings.quick else (4000, 3000)
    photo = photos(settings, f"noisy{width}", width, height, noise=_SIGMA)
    rounds = 2
    python = settings.peers or sys.executable
    found = answers("denoising", photo, settings.models["denoise"], rounds, python=python)
    own = found["speeds"]["pixrestore"]
    for name, least in (("FFDNet", 4), ("CBM3D", 200)):
        what = f"denoise, one photo of {width * height / 1e6:.0f} MP"
        if name not in found["speeds"]:
            yield Row(what, f"{own:.3f} MP/s", f"{name} is not installed", "", "", None)
            continue
        ratio = found["ratios"][name]
        where = f" (on {_CROP}×{_CROP} of it)" if name == "CBM3D" else ""
        yield Row(
            what,
            f"{own:.3f} MP/s",
            f"{name} {found['speeds'][name]:.4f} MP/s{where}",
            f"{ratio:.1f}",
            f"at least {least}",
            ratio >= least,
        )


def main(photo: str, model: str, rounds: str) -> None:
    """Measure each denoiser that is installed here, in turn."""
    import time

    import numpy as np
    from denoisers import denoisers

    from pixrestore.images import decode_rgb8

    noisy = decode_rgb8(photo).astype(np.float32) / 255
    found = denoisers(None if model == "denoise" else model)

    def speed(name: str) -> float:
        part = noisy[:_CROP, :_CROP] if name == "CBM3D" else noisy
        start = time.perf_counter()
        found[name](part, _SIGMA / 255)
        return part[..., 0].size / 1e6 / (time.perf_counter() - start)

    for denoiser in found.values():
        denoiser(noisy[:64, :64], _SIGMA / 255)  # what is loaded once does not count
    turns = Turns().take(int(rounds), {name: lambda name=name: speed(name) for name in found})
    speeds = {name: turns.middle(name) for name in found}
    ratios = {name: turns.ratio("pixrestore", name) for name in found}
    print(json.dumps({"speeds": speeds, "ratios": ratios}))


if __name__ == "__main__":
    main(*sys.argv[1:])
