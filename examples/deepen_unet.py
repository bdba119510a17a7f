"""Give a trained unet more blocks, which begin as doing nothing, to train it further.

    python examples/deepen_unet.py runs/denoise runs/deeper --blocks 4,1,1
    pixrestore train --task denoise --blocks 4,1,1 --init runs/deeper --data photos

The deeper network answers as the trained one does, so that what it has learned is not learned again
(Chen, Goodfellow & Shlens, "Net2Net: accelerating learning via knowledge transfer", ICLR 2016).
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pixrestore.model.folder import load_model, write_model
from pixrestore.network.build import build_core, load_weights
from pixrestore.plugins.losses import find_loss

if TYPE_CHECKING:
    import keras


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path, help="folder of the trained model")
    parser.add_argument("out", type=Path, help="folder of the deeper one")
    parser.add_argument("--blocks", required=True, help="residual blocks of each scale: 4,1,1")
    chosen = parser.parse_args()
    deepen(chosen.model, chosen.out, chosen.blocks)


def deepen(folder: Path, out: Path, blocks: str) -> Path:
    """Write a model folder whose network has `blocks`, the new ones of them identities."""
    model = load_model(folder)
    before = tuple(model.arguments.get("blocks", (2, 2, 2)))
    after = tuple(map(int, blocks.split(",")))
    arguments = {**model.arguments, "blocks": after}
    loss = find_loss(model.loss, model.loss_options)
    trained, deeper = (
        build_core(model.architecture, given, model.channels, loss)
        for given in (model.arguments, arguments)
    )
    load_weights(trained, model.weights_path)
    for source, target in pairs(trained, deeper, before, after):
        target.set_weights(source.get_weights())
    picture = np.random.default_rng(0).random((1, 64, 64, model.channels[0]), np.float32)
    np.testing.assert_allclose(trained(picture), deeper(picture), atol=1e-6)
    told = {
        "command": f"deepened from blocks {before} to {after}",
        "init": {"model": str(folder), **model.lineage()},
    }
    new = dataclasses.replace(model, folder=out, arguments=arguments, training=told, figures={})
    write_model(new, deeper.save_weights)
    return out


def pairs(
    trained: keras.Model, deeper: keras.Model, before: Sequence[int], after: Sequence[int]
) -> Iterator[tuple[keras.layers.Layer, keras.layers.Layer]]:
    """Yield each trained layer with the one it becomes: new blocks come last at each scale."""
    if len(before) != len(after) or any(b > a for b, a in zip(before, after, strict=True)):
        raise SystemExit(f"blocks {before} cannot become {after}: none may be fewer")
    sources, targets = (
        iter([layer for layer in network.layers if layer.weights]) for network in (trained, deeper)
    )
    # Each scale on the way down and all but the last on the way up begin with one other layer.
    for scale in [*range(len(before)), *reversed(range(len(before) - 1))]:
        yield next(sources), next(targets)
        for block in range(after[scale]):
            for _ in range(2):
                target = next(targets)
                if block < before[scale]:
                    yield next(sources), target
    yield from zip(sources, targets, strict=True)


if __name__ == "__main__":
    main()
