"""Plugins: found, loaded one by one, and never able to take anything else down.

The built-in tasks, architectures, losses and models come through the same path. What went wrong is
data: a `Plugin` lists its `Failure`s, and who asks for something that a failed plugin may have
provided learns why it is missing.
"""
