"""A loss that compares what a network for photos sees in two pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pixrestore.applications import build_application, last_at_each_scale, preprocess, up_to
from pixrestore.errors import TrainingError, UnknownNameError, UsageError
from pixrestore.loss import Loss, in_unit_range
from pixrestore.losses.charbonnier import Charbonnier
from pixrestore.options import option

if TYPE_CHECKING:
    import keras

    from pixrestore.task import Image

_RANDOM = "random"


@dataclass(frozen=True)
class Perceptual(Loss):
    """Distance of pixels, and of what a network of `keras.applications` sees in them.

    After Johnson, Alahi & Fei-Fei, "Perceptual losses for real-time style transfer and
    super-resolution", ECCV 2016. The last features at each of the finest scales are compared, each
    place's scaled to unit length as by Zhang et al. (LPIPS, CVPR 2018), so that one `share` suits
    every network. The distance of pixels is `Charbonnier`. Targets are RGB in [0, 1].
    """

    name: ClassVar[str] = "perceptual"

    share: float = option(0.1, help="weight of the features; the pixels have weight 1", min=0)
    network: str = option("VGG16", help="network of keras.applications whose features are compared")
    features: str = option(
        "imagenet", help="weights of that network: imagenet, a file, or random for untrained ones"
    )
    scales: int = option(3, help="number of scales to compare, finest first", min=1, max=5)

    def channels(self, answered: int) -> int:
        """Return 3."""
        if answered != 3:
            raise UsageError(
                f"the loss {self.name} compares RGB pictures, not {answered} channels "
                "(colorize makes them with `space` rgb)"
            )
        return answered

    def prepared(self, targets: Image) -> Loss:
        """Load the network of the features, before anything is trained."""
        if not in_unit_range(targets):
            raise UsageError(
                f"the loss {self.name} compares RGB in [0, 1], but this task's targets go from "
                f"{targets.min():.2f} to {targets.max():.2f}"
            )
        _ = self.seen
        return self

    def __call__(self, target: Any, output: Any) -> Any:
        """Return (N,)."""
        from keras import ops

        loss = ops.mean(Charbonnier()(target, output), axis=(1, 2))
        pairs = zip(self._features(target), self._features(output), strict=True)
        apart = [ops.mean(ops.sum(ops.square(a - b), axis=-1), axis=(1, 2)) for a, b in pairs]
        return loss + self.share / len(apart) * sum(apart)

    def _features(self, picture: Any) -> list[Any]:
        """Return the features at each scale, (N, h, w, C), each place's of unit length."""
        from keras import ops

        prepared = preprocess(self.network, ops.convert_to_tensor(picture))
        found = self.seen(prepared, training=False)
        return [f * ops.rsqrt(ops.sum(ops.square(f), axis=-1, keepdims=True) + 1e-6) for f in found]

    @cached_property
    def seen(self) -> keras.Model:
        """The network from pictures to the features of each scale.

        Raises
        ------
        UnknownNameError
            Keras has no such network.
        TrainingError
            Its weights cannot be had.
        """
        weights = None if self.features == _RANDOM else self.features
        try:
            whole = build_application(self.network, weights)
        except UnknownNameError:
            raise
        except Exception as error:  # Keras raises bare exceptions, and h5py its own
            raise TrainingError(self._missing(error)) from error
        finest = list(last_at_each_scale(whole).values())[: self.scales]
        free = up_to(whole, finest)
        free.trainable = False
        return free

    def _missing(self, error: Exception) -> str:
        cause = " ".join(str(error).split())[:200]
        if self.features == "imagenet":
            return (
                f"the loss {self.name} needs the weights of {self.network}, which Keras cannot "
                f"download here: {cause}; fetch them elsewhere and name the file as `features`"
            )
        if not Path(self.features).is_file():
            return (
                f"`features` is {self.features}: there is no such file, and it is neither imagenet "
                "nor random"
            )
        return f"`features` {self.features} does not fit {self.network}: {cause}"
