"""What a training run starts from: the recipe that holds where the user changes nothing of it.

Nothing heavy is imported here: the command line shows these values in ``--help``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pixrestore.plugins.kinds import ARCHITECTURES
from pixrestore.plugins.loading import load_plugins
from pixrestore.recipe import Recipe

if TYPE_CHECKING:
    from pixrestore.task import Task

DEFAULT_TASK = "colorize"


def suggested_recipe(
    task: Task,
    architecture: str | None = None,
    loss: str | None = None,
    first: Recipe | None = None,
) -> Recipe:
    """Return the recipe that suits a task, an architecture and a loss.

    Parameters
    ----------
    task : Task
        Suggests everything, as far as the others do not differ from its suggestion.
    architecture : str, optional
        The one asked for, whose own recipe then counts.
    loss : str, optional
        The one asked for.
    first : Recipe, optional
        Of the model to start from: its architecture and its loss, which come along where none is
        asked for.

    Returns
    -------
    Recipe
        With the arguments and the loss' options that differ from the defaults, not checked yet.

    Raises
    ------
    UnknownNameError, PluginError
        There is no such architecture.
    """
    recipe = task.settled_recipe()
    network = architecture or (first or recipe).architecture
    if network != recipe.architecture:
        # A recipe's arguments and loss were chosen for its own architecture.
        own = getattr(load_plugins().find(ARCHITECTURES, network), "recipe", Recipe())
        recipe = replace(own, architecture=network, crops=recipe.crops)
    if first and first.architecture == network:
        # All of them and no others: the trained weights must fit. None are left to wait for.
        recipe = replace(recipe, arguments=first.arguments, frozen=0.0)
    compared = loss or (first or recipe).loss
    known = [one.loss_options for one in (first, recipe) if one and one.loss == compared]
    return replace(recipe, loss=compared, loss_options=known[0] if known else {})
