"""Repairing scratches, dust, folds and holes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pixrestore import Recipe, Task, hookimpl, models_in, option


@dataclass(frozen=True)
class Inpaint(Task):
    """Repair scratches, dust, folds and holes.

    The network finds the damage itself. Where a mask says what is damaged, ``pixrestore inpaint``
    repairs that and nothing else.
    """

    name = "inpaint"
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
