"""The built-in losses, provided through the same hook as everybody's."""

from __future__ import annotations

from pixrestore.hooks import hookimpl
from pixrestore.loss import Loss
from pixrestore.losses.charbonnier import Charbonnier
from pixrestore.losses.chroma_classes import ChromaClasses
from pixrestore.losses.perceptual import Perceptual

__all__ = ["Charbonnier", "ChromaClasses", "Perceptual"]


@hookimpl
def pixrestore_losses() -> list[type[Loss]]:
    """Provide charbonnier, chroma_classes and perceptual."""
    return [Charbonnier, ChromaClasses, Perceptual]
