"""The built-in losses."""

from __future__ import annotations

from pixrestore.losses.charbonnier import Charbonnier
from pixrestore.losses.chroma_classes import ChromaClasses
from pixrestore.losses.perceptual import Perceptual

__all__ = ["Charbonnier", "ChromaClasses", "Perceptual"]
