"""Repairing scratches, dust, folds and holes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pixrestore import Task, hookimpl, option
from pixrestore.plugins import models_in
from pixrestore.recipe import Recipe

# No photo has it: with it a mask says what is damaged, in training and when restoring.
MARKER = (1.0, 0.0, 1.0)


@dataclass(frozen=True)
class Inpaint(Task):
    """Repair scratches, dust, folds and holes.

    The network finds the damage itself. A share of the pairs has it painted over in one colour
    instead, so that a mask can tell the network what to repair: see ``pixrestore inpaint``.
    """

    name = "inpaint"
    recipe = Recipe(patch=96, batch=4, crops=8, warmup=500)
    benchmark = {"marked": 0.0}

    marks: tuple[float, float] = option(
        (0.3, 3.0), help="damaged places in each 64 × 64 pixels", min=0, max=50
    )
    width: tuple[float, float] = option(
        (1.0, 4.0), help="width of scratches and size of dust, in pixels", min=0.5, max=50
    )
    marked: float = option(
        0.5, help="share of pairs whose damage is painted over, as a mask does", min=0, max=1
    )

    def corrupt(self, clean, rng):
        """Scratch, dust, fold and tear."""
        from pixrestore_inpaint.damage import damaged

        marker = MARKER if rng.random() < self.marked else None
        return damaged(clean, rng.uniform(*self.marks), self.width, marker, rng)


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
