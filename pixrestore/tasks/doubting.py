"""Colours that are likely at a place, and places where a hint would help most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling

from pixrestore.images.resizing import resample
from pixrestore.tasks.spreading import OWN, alike

Array = NDArray[np.float32]

# Places at which doubt is weighed, each with each: their square counts.
_MOST_PLACES = 1600
_MOST_HINTED = 300
# A place of which less is painted has no hint.
_TOUCHED = 0.1
# Share of the error at a place that hints can explain at most.
_EXPLAINED = 0.95
# Colours nearer than this, in CIE ab, are one colour to a person who chooses.
_ONE_COLOUR = 18.0
_LEAST_PROBABILITY = 0.01


class Errors:
    """What errors to expect of the network's chroma at places on a grid, given hints.

    Errors are taken for Gaussian: as large as the spread of the network's probabilities says, and
    alike between places as `alike` says.

    Parameters
    ----------
    lightness : ndarray, float32, (H, W), in [0, 100]
    classes : ndarray, float32, (Q, 2)
        Chroma, CIE a and b.
    probabilities : ndarray, float32, (h, w, Q)
        Of the same picture, and at most as fine.
    painted : ndarray, float32, (H, W), in [0, 1]
        Where hints are already.

    Attributes
    ----------
    points : ndarray, float32, (N, 3)
        Row and column, in pixels of `lightness`, and lightness of each place.
    """

    def __init__(
        self, lightness: Array, classes: Array, probabilities: Array, painted: Array
    ) -> None:
        variance = _variance(classes, probabilities)
        step = max(1, int(np.ceil((variance.size / _MOST_PLACES) ** 0.5)))
        shape = -(-variance.shape[0] // step), -(-variance.shape[1] // step)
        variance, light, hinted = (
            resample(one[..., None], shape, Resampling.BOX)[..., 0].ravel()
            for one in (variance, lightness, painted)
        )
        down, across = (whole / part for whole, part in zip(lightness.shape, shape, strict=True))
        rows, columns = np.mgrid[: shape[0], : shape[1]].reshape(2, -1) + 0.5
        self.points = np.stack([rows * down, columns * across, light], -1).astype(np.float32)
        shares = alike(self.points, self.points)
        sizes = np.sqrt(variance / (shares[0, 0] + OWN))
        self._total = float(variance.sum())
        self._own = OWN * sizes**2
        self._shared = sizes[:, None] * shares * sizes
        self._hold(np.flatnonzero(hinted > _TOUCHED), hinted)

    def _hold(self, places: NDArray[np.intp], hinted: Array) -> None:
        """Take from what is expected what hints at places tell."""
        if not places.size:
            return
        across = self._shared[:, places]
        among = across[places] + np.diag(self._own[places] / hinted[places])
        self._shared = self._shared - across @ np.linalg.solve(among, across.T)

    def best(self, count: int) -> list[tuple[float, float, float]]:
        """Return row, column and gain of the places where hints help most, one after the other.

        A hint takes from the expected squared error of the whole photo what it tells of each place.
        The gain is the share that it takes. Choosing one place after the other for that is known
        from the design of experiments [1]_.

        References
        ----------
        .. [1] D. Cohn, "Neural network exploration using optimal experiment design", NIPS 1993.
        """
        shared, found = self._shared.copy(), []
        for _ in range(min(count, len(self.points))):
            told = (shared**2).sum(axis=0) / (shared.diagonal() + self._own + 1e-6)
            place = int(told.argmax())
            if told[place] <= 0:
                break
            row, column, _ = map(float, self.points[place])
            found.append((row, column, float(told[place]) / self._total))
            line = shared[place] / np.sqrt(shared[place, place] + self._own[place] + 1e-6)
            shared -= line[:, None] * line
        return found


def _variance(classes: Array, probabilities: Array) -> Array:
    """Return the expected squared distance of each place's chroma from its mean, (h, w)."""
    mean = probabilities @ classes
    square = probabilities @ (classes**2).sum(axis=-1)
    return np.maximum(square - (mean**2).sum(axis=-1), 0)


def explained(lightness: Array, painted: Array, place: tuple[int, int]) -> float:
    """Return the share of the expected squared error at a place that hints explain, below one.

    Parameters
    ----------
    lightness, painted : ndarray, float32, (H, W)
        As in `Errors`.
    place : tuple of int
        Row and column.
    """
    rows, columns = np.nonzero(painted > _TOUCHED)
    if not rows.size:
        return 0.0
    step = -(-rows.size // _MOST_HINTED)
    rows, columns = rows[::step], columns[::step]
    hints = np.stack([rows, columns, lightness[rows, columns]], axis=-1).astype(np.float32)
    here = np.array([[*place, lightness[place]]], np.float32)
    line = alike(here, hints)[0]
    told = line @ np.linalg.solve(alike(hints, hints) + np.diag(OWN / painted[rows, columns]), line)
    share = told / (alike(here, here)[0, 0] + OWN)
    return float(_EXPLAINED * max(share, painted[place]))


def reweighed(classes: Array, probabilities: Array, shift: Array, share: float) -> Array:
    """Return the probabilities of classes, (Q,), once hints have explained a share of the error.

    It is Bayes' rule, the hints taken for a measurement with a Gaussian error: it moves the mean of
    a Gaussian with the same spread by `shift`, (2,), and takes `share` of its variance away.
    """
    if share <= 0:
        return probabilities
    mean = probabilities @ classes
    measured = mean + shift / share
    variance = float(probabilities @ ((classes - mean) ** 2).sum(axis=-1)) / 2
    precision = share / ((1 - share) * max(variance, 1.0))
    exponent = -precision / 2 * ((classes - measured) ** 2).sum(axis=-1)
    likely = probabilities * np.exp(exponent - exponent.max())
    return np.asarray(likely / likely.sum(), np.float32)


def colours(classes: Array, probabilities: Array, count: int) -> list[tuple[Array, float]]:
    """Return the likeliest colours and their probabilities; neighbouring classes are one colour."""
    apart = np.linalg.norm(classes[:, None] - classes[None], axis=-1)
    near = apart < _ONE_COLOUR
    left = probabilities.astype(np.float64)
    found: list[tuple[Array, float]] = []
    while len(found) < count:
        centre = int((near @ left).argmax())
        group = left * near[centre]
        mass = float(group.sum())
        if mass < _LEAST_PROBABILITY:
            break
        found.append(((group @ classes / mass).astype(np.float32), mass))
        left = np.where(near[centre], 0, left)
    return found
