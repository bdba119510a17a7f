"""The task contract: how a clean photo gets damaged, and how an answer becomes a photo again."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pixrestore.finding import Finding
from pixrestore.guide import Guide
from pixrestore.options import options_of
from pixrestore.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pixrestore.belief import Belief, Doubt, Suggestion
    from pixrestore.images.tensors import Draws

    Image = NDArray[np.float32]


class Task(ABC):
    """A pair generator; subclass it as a frozen dataclass whose fields are the task's options.

    Images are float32 RGB in [0, 1] of shape (H, W, 3). A training pair is
    ``(encode(corrupt(clean)), target(clean))``; a photo is restored as
    ``compose(photo, network(encode(photo)))``. Only `corrupt` must be written.

    The law: ``compose(corrupt(clean), target(clean))`` is ``clean`` up to rounding, unless
    `inexact` says why not. `encode` and `compose` are called on tiles of large photos, so each
    pixel they return may depend on the same pixel only, never on the whole picture.

    A task whose restored photo is larger than the degraded one says so with `scale`: `corrupt`
    then returns (H / scale, W / scale, 3), and `encode` enlarges what it is given to the size of
    the restored photo (`pixrestore.images.resizing.enlarged` does), which is also that of
    `target` and the answer. Where they enlarge, `encode` and `compose` may look at the 4 nearest
    degraded pixels on each side.

    Attributes
    ----------
    name : str
        Name of the task, which users type after ``--task``.
    scope : {"local", "scene"}
        "local" tasks need only a pixel's surroundings: photos are restored in overlapping tiles.
        "scene" tasks need the whole photo: the network sees it at a working size, and its answer
        is brought up to full resolution guided by the photo's own detail.
    scale : int
        Factor by which the restored photo is higher and wider than the degraded one. An option of
        this name lets users choose it.
    existing_colours : {"replace", "keep", "refuse"}
        What becomes of a photo that has colours already, where the task adds colour: its colours
        are replaced, it stays as it is, or it is an error. An option of this name lets users
        choose it.
    recipe : Recipe
        The training settings that suit the task.
    guides : tuple of Guide
        What a person may paint over a photo to say more than it shows. Restoring takes each by its
        name, as ``colorize(photo, hints=layer)``; `paint`, `encode_guided` and `hold` use them.
    benchmark : mapping
        Options with which ``evaluate`` starts, so that figures compare with published ones.
    keywords : tuple of str
        Other words for the damage or its repair, by which the task is suggested: "grain".
    inexact : str
        Why the law does not hold; empty when it does.
    """

    name: ClassVar[str]
    scope: ClassVar[Literal["local", "scene"]] = "local"
    # No class variables to type checkers, so that a task may make them options, which are fields.
    scale: int = 1
    existing_colours: Literal["replace", "keep", "refuse"] = "replace"
    recipe: ClassVar[Recipe] = Recipe()
    guides: ClassVar[tuple[Guide, ...]] = ()
    benchmark: ClassVar[Mapping[str, Any]] = {}
    keywords: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        # Frozen dataclasses can only be normalised this way: ints to floats, one number to a range.
        for option in options_of(type(self)):
            object.__setattr__(self, option.name, option.check(getattr(self, option.name)))

    def settled_recipe(self) -> Recipe:
        """Return the training settings that suit the task with its options as they are."""
        return self.recipe

    @abstractmethod
    def corrupt(self, clean: Image, rng: np.random.Generator) -> Image:
        """Damage a photo.

        Parameters
        ----------
        clean : ndarray, float32, (H, W, 3), in [0, 1]
            Must not be changed in place. H and W are multiples of `scale`.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        ndarray, (H / scale, W / scale, 3)
            The degraded photo; values may leave [0, 1].
        """

    def encode(self, degraded: Image) -> Image:
        """Return what the network sees, (H, W, Cx): by default the degraded photo, enlarged."""
        from pixrestore.images.resizing import enlarged

        return enlarged(degraded, self.scale)

    def target(self, clean: Image) -> Image:
        """Return what the network must answer, (H, W, Cy); the clean photo itself by default."""
        return clean

    def compose(self, degraded: Image, answer: Image) -> Image:
        """Put the network's answer, (H, W, Cy), back into a photo, (H, W, 3) in [0, 1]."""
        import numpy as np

        return np.clip(answer, 0.0, 1.0)

    def compose_encoded(self, degraded: Image, encoded: Image, answer: Image) -> Image:
        """Compose with what `encode` made of `degraded` at hand, (H, W, Cx).

        By default it is `compose`. A task that would compute the same again writes this instead.
        """
        return self.compose(degraded, answer)

    def paint(self, clean: Image, degraded: Image, rng: np.random.Generator) -> Mapping[str, Image]:
        """Imitate for a training pair what people paint as guides; nothing by default.

        Parameters
        ----------
        clean, degraded : ndarray, float32, (H, W, 3)
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        dict
            By the guide's name a layer, float32, (H, W, 4) in [0, 1], alpha last. Often a guide
            should be missing, as it is when nobody paints.
        """
        return {}

    def encode_guided(self, degraded: Image, layers: Mapping[str, Image]) -> Image:
        """Return what the network sees, with the guides that there are; by default without.

        Parameters
        ----------
        degraded : ndarray, float32, (H, W, 3)
        layers : mapping of str to ndarray
            As `paint` returns them. With none it must return what `encode` does.

        Returns
        -------
        ndarray, (H, W, Cx)
        """
        return self.encode(degraded)

    def hold(self, encoded: Image, answer: Image, layers: Mapping[str, Image]) -> Image:
        """Make the network's answer hold to the guides; it stays as it is by default.

        A scene task sees the whole photo as the network does, and may spread what is painted over
        it; it is called without guides too. A local task is called when restoring with a guide on
        which something is painted. It sees a tile, and each pixel may depend on the same pixel
        only.

        Parameters
        ----------
        encoded : ndarray, float32, (H, W, Cx)
            What the network saw.
        answer : ndarray, float32, (H, W, Cy)
            Its answer; must not be changed in place.
        layers : mapping of str to ndarray
            As `paint` returns them, of the degraded photo's size.

        Returns
        -------
        ndarray, (H, W, Cy)
        """
        return answer

    def suggest(
        self, belief: Belief, place: tuple[int, int], count: int
    ) -> Sequence[Suggestion] | None:
        """Return likely colours of a place, the likeliest first; a task need not.

        Parameters
        ----------
        belief : Belief
            What the network believes of the photo, and the guides that there are already.
        place : tuple of int
            Row and column in `Belief.encoded`.
        count : int
            How many colours at most.

        Returns
        -------
        sequence of Suggestion, or None
            None where the task has nothing to suggest.
        """
        return None

    def doubt(self, belief: Belief, count: int) -> Sequence[Doubt] | None:
        """Return the places where a guide would help most, the best first; a task need not.

        Each is meant to be painted after those before it.

        Parameters
        ----------
        belief : Belief
            What the network believes of the photo, and the guides that there are already.
        count : int
            How many places at most.

        Returns
        -------
        sequence of Doubt, or None
            With places in pixels of `Belief.encoded`; None where the task knows no doubt.
        """
        return None

    def tensor_pairs(self, clean: Any, draws: Draws) -> tuple[Any, Any] | None:
        """Make a batch of training pairs as tensors; a task need not.

        Training on a GPU calls it within its step, so that the processors only deliver clean
        patches. What it makes must be distributed as what `corrupt`, `paint`, `encode_guided` and
        `target` make.

        Parameters
        ----------
        clean : tensor, float32, (N, H, W, 3), in [0, 1]
        draws : Draws
            The only source of randomness: ``uniform(shape, low, high)`` and ``normal(shape)``.

        Returns
        -------
        tuple of tensors, or None
            What the network sees and must answer, (N, H, W, Cx) and (N, H, W, Cy); None where the
            task has no such form.
        """
        return None

    def detect(self, degraded: Image) -> Finding | None:
        """Say how strongly the task sees its damage in a photo; a task need not.

        ``pixrestore inspect`` asks every task for it, and suggests those whose `Finding.seen` is
        true. It must be quick, a second at most, and must do with what the base installation has.

        Parameters
        ----------
        degraded : ndarray, float32, (H, W, 3), in [0, 1]
            A photo that may have any damage or none, of any size; of a very large one, its middle.
            Must not be changed in place.

        Returns
        -------
        Finding or None
            None where nothing can be said, such as of a photo of a few pixels, or by a task that
            does not look.
        """
        return None

    def baselines(self) -> Mapping[str, Callable[[Image], Image]]:
        """Return classical methods to compare models with; a task need not name any.

        ``evaluate(..., baselines=True)`` measures them beside the models. They may use what the
        task's options say of the damage. Methods whose packages are not installed are left out.

        Returns
        -------
        mapping
            By its name, what takes a degraded photo, (H, W, 3) in float32, to a restored one of
            the clean photo's size.
        """
        return {}

    @property
    def inexact(self) -> str:
        """Why the law does not hold for this task as configured; empty when it does."""
        return ""

    def options(self) -> dict[str, Any]:
        """Return the values of all options, as saved in ``model.json``."""
        return {option.name: getattr(self, option.name) for option in options_of(type(self))}

    @classmethod
    def summary(cls) -> str:
        """Return the first line of the docstring, which ``pixrestore tasks`` shows."""
        return (inspect.getdoc(cls) or "").partition("\n")[0]


# Degraded pixels around a place that `encode` and `compose` may look at where they enlarge.
_REACH = 4


def reach(scale: int) -> int:
    """Return how far around a degraded pixel a task of that scale may look, in such pixels."""
    return _REACH if scale > 1 else 0
