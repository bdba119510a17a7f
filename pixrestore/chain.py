"""Tasks made of others: damage in layers, undone by one network."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from pixrestore.options import Option, option, options_of
from pixrestore.task import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from pixrestore.task import Image


class Chain(Task):
    """A task whose damage is that of others, one after the other.

    Subclass it as a frozen dataclass and list the others in `parts`. Their options become options
    of the chain, named after the part: ``Blur.radius`` is ``blur_radius``, ``--blur-radius`` on the
    command line, its value in `parts` the default. Of a second part of one name they are
    ``blur2_radius``. Options of the parts that take effect when restoring have none, since one
    network undoes all damage at once and answers the whole clean photo.

    Values are clipped to [0, 1] between parts, as what a part is given must be. The chain's scale
    is the product of its parts'; its scope is "scene" when that of any part is.

    Attributes
    ----------
    parts : tuple of Task
        The damage, in the order in which it is done.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from pixrestore.tasks import Colorize, Denoise
    >>> @dataclass(frozen=True)
    ... class Newsprint(Chain):
    ...     "Restore photos cut out of newspapers."
    ...     name = "newsprint"
    ...     parts = Colorize(film=1.0), Denoise(sigma=(5, 20))
    >>> Newsprint().denoise_sigma
    (5.0, 20.0)
    >>> Newsprint(denoise_sigma=9).denoise_sigma
    (9.0, 9.0)
    """

    parts: ClassVar[tuple[Task, ...]] = ()

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        if "parts" not in vars(cls):
            return
        if not cls.parts or not all(isinstance(part, Task) for part in cls.parts):
            raise TypeError(f"{cls.__name__}.parts must be tasks, such as (Denoise(),)")
        if "scope" not in vars(cls):
            cls.scope = "scene" if any(p.scope == "scene" for p in cls.parts) else "local"
        # Written into the class before @dataclass reads it, these become fields like all others.
        own = vars(cls).get("__annotations__", {})
        kinds = {}
        for name, place, theirs in _options_of_parts(cls.parts):
            if name in own:
                continue
            kinds[name] = theirs.type
            default = getattr(cls.parts[place], theirs.name)
            described = option(default, help=theirs.help, min=theirs.min, max=theirs.max)
            setattr(cls, name, described)
        cls.__annotations__ = {**kinds, **own}

    @cached_property
    def links(self) -> tuple[Task, ...]:
        """The parts with the options that this chain was given."""
        values: list[dict[str, Any]] = [{} for _ in self.parts]
        for name, place, theirs in _options_of_parts(self.parts):
            values[place][theirs.name] = getattr(self, name)
        return tuple(
            dataclasses.replace(part, **own)  # type: ignore[type-var]
            for part, own in zip(self.parts, values, strict=True)
        )

    @property
    def scale(self) -> int:  # type: ignore[override]
        """The product of the parts' scales."""
        return math.prod(link.scale for link in self.links)

    def corrupt(self, clean: Image, rng: np.random.Generator) -> Image:
        """Damage as each part does, in order, all of them drawing from `rng`."""
        import numpy as np

        degraded = clean
        for place, link in enumerate(self.links):
            given = np.clip(degraded, 0, 1) if place else degraded
            degraded = np.asarray(link.corrupt(given, rng), np.float32)
        return degraded


def _options_of_parts(parts: Sequence[Task]) -> list[tuple[str, int, Option]]:
    """List what each option is called in the chain, the place of its part, and what it is there."""
    found = []
    seen: Counter[str] = Counter()
    for place, part in enumerate(parts):
        prefix = part.name.replace("-", "_")
        seen[prefix] += 1
        if seen[prefix] > 1:
            prefix += str(seen[prefix])
        for theirs in options_of(type(part)):
            if not theirs.restoring:
                found.append((f"{prefix}_{theirs.name}", place, theirs))
    return found
