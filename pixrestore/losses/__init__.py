"""The built-in losses, provided through the same hook as everybody's, and losses by name."""

from __future__ import annotations

from pixrestore.hooks import hookimpl
from pixrestore.loss import Loss
from pixrestore.losses.charbonnier import Charbonnier
from pixrestore.losses.chroma_classes import ChromaClasses
from pixrestore.losses.finding import KerasLoss, describe_loss, find_loss, options_of_loss
from pixrestore.losses.perceptual import Perceptual

__all__ = [
    "Charbonnier",
    "ChromaClasses",
    "KerasLoss",
    "Loss",
    "Perceptual",
    "describe_loss",
    "find_loss",
    "options_of_loss",
]


@hookimpl
def pixrestore_losses() -> list[type[Loss]]:
    """Provide charbonnier, chroma_classes and perceptual."""
    return [Charbonnier, ChromaClasses, Perceptual]
