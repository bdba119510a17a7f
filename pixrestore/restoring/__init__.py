"""Restoring: photos of any size through a network, and folders of them."""
