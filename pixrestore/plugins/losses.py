"""Losses by name: pixrestore's own, those of plugins, and those of Keras."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixrestore.errors import UsageError
from pixrestore.loss import Loss, in_unit_range
from pixrestore.options import Option, checked, options_of
from pixrestore.plugins.kinds import LOSSES
from pixrestore.plugins.loading import load_plugins

if TYPE_CHECKING:
    from pixrestore.task import Image

# Those that an error names; Keras knows more.
_OF_KERAS = ("mean_absolute_error", "mean_squared_error", "binary_crossentropy", "huber")


@dataclass(frozen=True)
class KerasLoss(Loss):
    """A loss of Keras' own, by its name."""

    name: str  # type: ignore[misc]

    def prepared(self, targets: Image) -> Loss:
        """Refuse targets that binary cross-entropy cannot compare."""
        if self.name == "binary_crossentropy" and not in_unit_range(targets):
            raise UsageError(
                f"the loss {self.name} compares values from 0 to 1, but the task's targets go from "
                f"{targets.min():.2f} to {targets.max():.2f}: choose another loss, or `space` "
                "rgb where the task has it"
            )
        return self

    def __call__(self, target: Any, output: Any) -> Any:
        """Return what Keras' function of that name returns."""
        import keras

        return keras.losses.get(self.name)(target, output)


def find_loss(name: str, options: Mapping[str, Any] | None = None) -> Loss:
    """Return the loss called `name`: one that a plugin provides, or any that Keras knows.

    Raises
    ------
    UnknownNameError
        Neither has it.
    PluginError
        Two plugins claim it, or the plugin of that name failed.
    UsageError
        It has no such option.
    """
    plugins = load_plugins()
    if not plugins.claims(LOSSES, name) and _keras_has(name):
        if options:
            raise UsageError(f"Keras' loss {name} takes no options here, not {', '.join(options)}")
        return KerasLoss(name)
    kind = plugins.find(LOSSES, name, also=_OF_KERAS)
    return kind(**checked(kind, options or {}))


def _keras_has(name: str) -> bool:
    if name in _OF_KERAS:  # known without the seconds that importing Keras takes
        return True
    from pixrestore.backend import import_keras

    try:
        import_keras().losses.get(name)
    except ValueError:
        return False
    return True


def options_of_loss(name: str) -> tuple[Option, ...]:
    """List the options of the loss called `name`; those of Keras have none here."""
    kind = load_plugins().all(LOSSES).get(name)
    return options_of(kind) if kind else ()


def describe_loss(loss: Loss) -> dict[str, Any]:
    """Return name and options of a loss, as saved in ``model.json``."""
    values = {f.name: getattr(loss, f.name) for f in dataclasses.fields(loss) if f.name != "name"}  # type: ignore[arg-type]
    return {"name": loss.name, "options": values}
