"""Repairing scratches, dust, folds and holes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pixrestore import Finding, Recipe, Task, hookimpl, models_in, option
from pixrestore.finding import graded

# The share of smooth places that marks cover; other photos have glints and twigs there.
_MARKED = 0.0035


@dataclass(frozen=True)
class Inpaint(Task):
    """Repair scratches, dust, folds and holes.

    The network finds the damage itself. Where a mask says what is damaged, ``pixrestore inpaint``
    repairs that and nothing else.
    """

    name = "inpaint"
    keywords = ("scratch", "crease", "tear", "crack", "stain", "damage")
    # By absolute error a network that is not sure keeps what it sees, and never starts to learn.
    recipe = Recipe(loss="mean_squared_error", patch=64, batch=4, crops=16, warmup=500)

    marks: tuple[float, float] = option(
        (0.3, 3.0), help="number of damaged places in each 64 × 64 pixels", min=0, max=50
    )
    width: tuple[float, float] = option(
        (1.0, 4.0), help="width of scratches and size of dust, in pixels", min=0.5, max=50
    )

    def corrupt(self, clean, rng):
        """Scratch, dust, fold and tear."""
        from pixrestore_inpaint.damage import damaged

        return damaged(clean, rng.uniform(*self.marks), self.width, rng)

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
    from pixrestore_inpaint.masked import inpaint_command

    app.command("inpaint")(inpaint_command)
