"""What a run keeps with its model: how it came to be, its tiles' margin, its ONNX graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pixrestore.engines.graph import add_graph
from pixrestore.engines.keras import load_network
from pixrestore.errors import ModelError
from pixrestore.network.measure import measure_margin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pixrestore.model.folder import Model
    from pixrestore.training.plan import Plan

# Enough photos to see how far a network looks.
_MARGIN_PHOTOS = 4


def story(plan: Plan, **found: Any) -> dict[str, Any]:
    """Tell how a model came to be: the plan, and what was `found` on the way."""
    told = ("architecture", "arguments", "loss", "loss_options")
    settings = dataclasses.asdict(plan.recipe)
    began = {"init": {"model": plan.init, **plan.ancestry}} if plan.init else {}
    return {
        "data": " ".join(plan.data),
        "command": plan.command,
        "seed": plan.seed,
        **found,
        "recipe": {name: value for name, value in settings.items() if name not in told},
        **began,
    }


def with_margin(model: Model, pictures: NDArray[np.float32]) -> Model:
    """Measure how far the network of a local task looks, on what it sees of a few photos."""
    if model.task.scope != "local" or model.geometry.side:
        return model
    # In single precision, as it restores: the rounding of half looks like a wider view.
    margin = measure_margin(load_network(model), pictures[:_MARGIN_PHOTOS], model.geometry.multiple)
    return dataclasses.replace(model, geometry=dataclasses.replace(model.geometry, margin=margin))


def with_graph(model: Model, say: Callable[[str], None]) -> Model:
    """Add what restores photos without TensorFlow, where it can be made."""
    try:
        return add_graph(model)
    except ModelError as error:
        say(f"{error}; the model runs on Keras only, which starts slower")
        return model
