"""A task under test: its methods called one at a time, what they raise said in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pixrestore.images import decode_rgb8

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from pixrestore.belief import Belief
    from pixrestore.task import Image, Task

_SAMPLES = Path(__file__).parent.parent / "samples"
SEEDS = range(4)


class CheckFailed(Exception):
    """A check that a task does not pass; the message is a sentence for its author."""


@dataclass(frozen=True)
class Probe:
    """Calls a task's methods; whatever they raise becomes a `CheckFailed`."""

    task: Task

    def corrupt(self, clean: Image, seed: int = 0) -> Image:
        """Damage with a generator of that seed."""
        return self._call("corrupt", clean, np.random.default_rng(seed))

    def baselines(self) -> Mapping[str, Callable[[Image], Image]]:
        """Return the task's classical methods."""
        try:
            return self.task.baselines()
        except Exception as error:  # as above
            raise CheckFailed(f"baselines raises {type(error).__name__}: {error}") from error

    def encode(self, degraded: Image) -> Image:
        """Return what the network would see."""
        return self._call("encode", degraded)

    def target(self, clean: Image) -> Image:
        """Return what the network should answer."""
        return self._call("target", clean)

    def compose(self, degraded: Image, answer: Image) -> Image:
        """Return the restored photo."""
        return self._call("compose", degraded, answer)

    def compose_encoded(self, degraded: Image, answer: Image) -> Image:
        """Return the restored photo, as restoring asks for it."""
        encoded = np.asarray(self.encode(degraded), np.float32)
        return self._call("compose_encoded", degraded, encoded, answer)

    def detect(self, degraded: Image) -> Any:
        """Return what the task sees of its damage."""
        return self._call("detect", degraded)

    def paint(self, clean: Image, degraded: Image, rng: np.random.Generator) -> Mapping[str, Image]:
        """Return imitated guides."""
        return self._call("paint", clean, degraded, rng)

    def encode_guided(self, degraded: Image, layers: Mapping[str, Image]) -> Image:
        """Return what the network would see with guides."""
        return self._call("encode_guided", degraded, layers)

    def hold(self, encoded: Image, answer: Image, layers: Mapping[str, Image]) -> Image:
        """Return the answer that holds to guides."""
        return self._call("hold", encoded, answer, layers)

    def suggest(self, belief: Belief, place: tuple[int, int], count: int) -> Any:
        """Return likely colours of a place."""
        return self._asked("suggest", belief, place, count)

    def doubt(self, belief: Belief, count: int) -> Any:
        """Return the places where a guide would help most."""
        return self._asked("doubt", belief, count)

    def _asked(self, method: str, belief: Belief, *arguments: Any) -> Any:
        try:
            return getattr(self.task, method)(belief, *arguments)
        except Exception as error:  # as above
            raise CheckFailed(f"{method} raises {type(error).__name__}: {error}") from error

    def degraded(self, clean: Image, seed: int = 0) -> Image:
        """Return a degraded photo as the rest of pixrestore hands it on."""
        return np.asarray(self.corrupt(clean, seed), np.float32)

    def _call(self, method: str, *arguments: Any) -> Any:
        try:
            return getattr(self.task, method)(*arguments)
        except Exception as error:  # an author's task may raise anything
            height, width = np.shape(arguments[0])[:2]
            raise CheckFailed(
                f"{method} raises {type(error).__name__}: {error} "
                f"(on a photo of {width} by {height} pixels)"
            ) from error


@lru_cache
def sample(name: str) -> NDArray[np.uint8]:
    """Return one of the package's photos."""
    photo = decode_rgb8(_SAMPLES / f"{name}.jpg")
    photo.flags.writeable = False
    return photo


def photos() -> list[Image]:
    """Return fresh parts of three real photos, (48, 64, 3)."""
    parts = [("cat", 90, 80), ("raccoon", 120, 200), ("coffee", 60, 60)]
    return [part(name, top, left, 48, 64) for name, top, left in parts]


def part(name: str, top: int, left: int, height: int, width: int) -> Image:
    """Return a fresh part of a real photo, (`height`, `width`, 3)."""
    pixels = sample(name)[top : top + height, left : left + width]
    return pixels.astype(np.float32) / np.float32(255)


def distance(first: Image, second: Image) -> float:
    """Return the largest difference of two arrays."""
    return float(np.max(np.abs(np.asarray(first, np.float64) - second)))
