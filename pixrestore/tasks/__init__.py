"""The built-in tasks."""

from __future__ import annotations

from pixrestore.tasks.colorize import Colorize
from pixrestore.tasks.denoise import Denoise

__all__ = ["Colorize", "Denoise"]
