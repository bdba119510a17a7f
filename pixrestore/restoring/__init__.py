"""Restoring: photos of any size through a network, and folders of them."""

from __future__ import annotations

from pixrestore.restoring.files import FileResult, Summary, restore_files
from pixrestore.restoring.network import Geometry, Network
from pixrestore.restoring.restorer import Restorer
from pixrestore.restoring.sequence import RestorerSequence, in_sequence

__all__ = [
    "FileResult",
    "Geometry",
    "Network",
    "Restorer",
    "RestorerSequence",
    "Summary",
    "in_sequence",
    "restore_files",
]
