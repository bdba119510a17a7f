"""Several models, each restoring what the one before it has restored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pixrestore.errors import UsageError, nearest
from pixrestore.images import Photo
from pixrestore.images.photo import rescaled
from pixrestore.options import restoring_options
from pixrestore.restoring.inputs import RestoresPhotos
from pixrestore.restoring.restorer import Restorer


class RestorerSequence(RestoresPhotos):
    """Restorers in the order in which they work.

    Between them a photo of 8 bits is kept in 16, so that nothing is rounded away on the way.

    Parameters
    ----------
    restorers : sequence of Restorer
    """

    def __init__(self, restorers: Sequence[Restorer]) -> None:
        self.restorers = tuple(restorers)

    @property
    def label(self) -> str:
        """The names of the tasks."""
        return "-".join(restorer.label for restorer in self.restorers)

    @property
    def scale(self) -> int:
        """How many times as high and wide results are, by all restorers."""
        return math.prod(restorer.scale for restorer in self.restorers)

    def restore_photo(self, photo: Photo, **options: Any) -> Photo:
        """Restore a photo by one restorer after the other; see `Restorer.restore_photo`."""
        depth = photo.pixels.dtype
        between = np.dtype(np.uint16) if depth == np.uint8 else depth
        restored = photo.with_pixels(rescaled(photo.pixels, between))
        for restorer, own in zip(self.restorers, self._parted(options), strict=True):
            restored = restorer.restore_photo(restored, **own)
        return restored.with_pixels(rescaled(restored.pixels, depth))

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise a `UsageError` unless the tasks have these options of restoring."""
        for restorer, own in zip(self.restorers, self._parted(options), strict=True):
            restorer.check(own)

    def _parted(self, options: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Give every restorer its own of the options, which `restoring_options` names."""
        known = restoring_options([type(restorer.task) for restorer in self.restorers])
        takers: dict[str, list[int]] = {}
        for at, restorer in enumerate(self.restorers):
            for guide in restorer.task.guides:
                takers.setdefault(guide.name, []).append(at)
        parted: list[dict[str, Any]] = [{} for _ in self.restorers]
        for name, value in options.items():
            if name in takers:
                for at in takers[name]:
                    parted[at][name] = value
                continue
            if name not in known:
                near = nearest(name, [*known, *takers])
                raise UsageError(f"{self.label} has no option {name!r} for restoring: {near}")
            place, theirs = known[name]
            parted[place][theirs.name] = value
        return parted


def in_sequence(restorers: Sequence[Restorer]) -> RestoresPhotos:
    """Return what applies the restorers one after the other: the only one itself."""
    return restorers[0] if len(restorers) == 1 else RestorerSequence(restorers)
