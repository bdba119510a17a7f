"""Repairing scratches, dust, folds and holes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pixrestore import Finding, Guide, Recipe, Task, hookimpl, models_in, option
from pixrestore.finding import graded

# The share of smooth places that marks cover; other photos have glints and twigs there.
_MARKED = 0.0035
# Chosen among white, gray, black and -1 by what the network makes of it.
_HIDDEN = 0.5


def _masked(layers):
    """Return where a mask is painted, (H, W, 1)."""
    return layers["mask"][..., 3:] > 0.5


@dataclass(frozen=True)
class Inpaint(Task):
    """Repair scratches, dust, folds and holes.

    The network finds the damage itself. Where the guide ``mask`` says what is damaged, that is
    repaired and nothing else.
    """

    name = "inpaint"
    keywords = ("scratch", "crease", "tear", "crack", "stain", "damage")
    # By absolute error a network that is not sure keeps what it sees, and never starts to learn.
    recipe = Recipe(loss="mean_squared_error", patch=64, batch=4, crops=16, warmup=500)

    guides = (Guide("mask", "picture that is white where the photo is damaged", kind="mask"),)

    marks: tuple[float, float] = option(
        (0.3, 3.0), help="number of damaged places in each 64 × 64 pixels", min=0, max=50
    )
    width: tuple[float, float] = option(
        (1.0, 4.0), help="width of scratches and size of dust, in pixels", min=0.5, max=50
    )

    fill: Literal["biharmonic", "network"] = option(
        "biharmonic", help="what fills a mask", restoring=True
    )

    def corrupt(self, clean, rng):
        """Scratch, dust, fold and tear."""
        from pixrestore_inpaint.damage import damaged

        return damaged(clean, rng.uniform(*self.marks), self.width, rng)

    def paint(self, clean, degraded, rng):
        """Paint over the damage, more or less closely; half the time nobody does."""
        from pixrestore_inpaint.damage import marked

        return {} if rng.random() < 0.5 else {"mask": marked(clean, degraded, rng)}

    def encode_guided(self, degraded, layers):
        """Hide what is under the mask from the network, by a gray that tells nothing."""
        import numpy as np

        return np.where(_masked(layers), np.float32(_HIDDEN), degraded) if layers else degraded

    def hold(self, encoded, answer, layers):
        """Take the mask's pixels from what fills it, and all others from the photo."""
        if "mask" not in layers:
            return answer
        mask = _masked(layers)
        if self.fill == "biharmonic" and not mask.all():
            from pixrestore_inpaint.masked import inpaint

            return inpaint(encoded, mask[..., 0])
        import numpy as np

        return np.where(mask, answer, encoded)

    def detect(self, degraded):
        """Look for thin marks, white as paper or dark as dirt, where nothing else is."""
        from pixrestore_inpaint.marks import marked_share

        share = marked_share(degraded)
        if share is None:
            return None
        return Finding("marks", 100 * share, "% of smooth places", graded(share, _MARKED), "paper")

    def baselines(self):
        """Name a median filter, and biharmonic filling of what it finds."""
        from pixrestore_inpaint.classical import biharmonic, median

        return {"median": median, "biharmonic": biharmonic}


@hookimpl
def pixrestore_tasks():
    """Provide inpaint."""
    return [Inpaint]


@hookimpl
def pixrestore_models():
    """Provide the models beside this file."""
    return models_in(Path(__file__).parent / "models")


@hookimpl
def pixrestore_commands(app):
    """Add ``pixrestore inpaint``."""
    from pixrestore_inpaint.command import inpaint_command

    app.command("inpaint")(inpaint_command)
