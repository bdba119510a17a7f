"""Plugins: found, loaded one by one, and never able to take anything else down.

The built-in tasks, architectures, losses and models come through the same path. What went wrong is
data: a `Plugin` lists its `Failure`s, and who asks for something that a failed plugin may have
provided learns why it is missing.
"""

from __future__ import annotations

from pixrestore.plugins.loading import load_plugins
from pixrestore.plugins.registry import Failure, Plugin, Plugins
from pixrestore.plugins.shipping import models_in

__all__ = ["Failure", "Plugin", "Plugins", "load_plugins", "models_in"]
