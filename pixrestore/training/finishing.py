"""What a run keeps with its model: how it came to be, its tiles' margin, its ONNX graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pixrestore.description import is_model_folder, read_description
from pixrestore.engines.graph import add_graph
from pixrestore.engines.keras import load_network
from pixrestore.errors import ModelError
from pixrestore.model.folder import Model, load_model, rewrite_description
from pixrestore.network.measure import measure_margin
from pixrestore.training.checkpoint import has_checkpoint, read_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pixrestore.training.photos import Entry
    from pixrestore.training.plan import Plan
    from pixrestore.training.preparing import Prepared

# Enough photos to see how far a network looks.
_MARGIN_PHOTOS = 4
# Places that a model says its photos came from.
_MOST_PLACES = 20


def story(plan: Plan, **found: Any) -> dict[str, Any]:
    """Tell how a model came to be: the plan, and what was `found` on the way."""
    told = ("architecture", "arguments", "loss", "loss_options")
    settings = dataclasses.asdict(plan.recipe)
    began = {"init": {"model": plan.init, **plan.ancestry}} if plan.init else {}
    return {
        "data": _listed(plan.data),
        "command": plan.command,
        "seed": plan.seed,
        **found,
        "recipe": {name: value for name, value in settings.items() if name not in told},
        **began,
    }


def _listed(places: Sequence[str]) -> str:
    """Name where photos came from; of very many the first, and how many there are."""
    more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    return " ".join(places[:_MOST_PLACES]) + more


def finished(
    run: Prepared, told: Mapping[str, Any], best_step: int, say: Callable[[str], None]
) -> Model:
    """Make the best model of a run complete, and name the photos that were bad.

    Parameters
    ----------
    run : Prepared
        Whose folder holds the best weights.
    told : mapping
        The story of the whole run.
    best_step : int
        The step that reached these weights.
    say : callable
        Told what users should know.
    """
    best = load_model(run.plan.out, type(run.plan.task))
    best = _with_graph(_with_margin(best, run.validation.x), say)
    # Last, since it says that nothing is left to do; see `is_finished`.
    best = dataclasses.replace(best, training={**best.training, **told, "best_step": best_step})
    rewrite_description(best)
    _name_unreadable(run.photos.decoder.unreadable | run.held_out.decoder.unreadable, say)
    return best


def is_finished(plan: Plan) -> bool:
    """Tell whether a run has used its budget, and its model is complete."""
    if not (has_checkpoint(plan.out) and is_model_folder(plan.out)):
        return False
    told, progress = read_description(plan.out).training, read_progress(plan.out)
    if "best_step" not in told or told.get("steps") != progress.step:
        return False
    last_step = plan.budget.last_step(plan.steps_per_epoch(told["photos"]))
    done = plan.budget.done(progress.step, last_step, progress.seconds)
    return plan.budget.is_over(done, progress.step, progress.stale)


def _name_unreadable(bad: Mapping[Entry, str], say: Callable[[str], None]) -> None:
    if bad:
        say(f"{len(bad)} {'photo was' if len(bad) == 1 else 'photos were'} skipped, unreadable:")
        for path, why in bad.items():
            say(f"  {path}: {why}")


def _with_margin(model: Model, pictures: NDArray[np.float32]) -> Model:
    """Measure how far the network of a local task looks, on what it sees of a few photos."""
    if model.task.scope != "local" or model.geometry.side:
        return model
    # In single precision, as it restores: the rounding of half looks like a wider view.
    margin = measure_margin(load_network(model), pictures[:_MARGIN_PHOTOS], model.geometry.multiple)
    return dataclasses.replace(model, geometry=dataclasses.replace(model.geometry, margin=margin))


def _with_graph(model: Model, say: Callable[[str], None]) -> Model:
    """Add what restores photos without TensorFlow, where it can be made."""
    try:
        return add_graph(model)
    except ModelError as error:
        say(f"{error}; the model runs on Keras only, which starts slower")
        return model
