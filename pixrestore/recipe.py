"""How a task likes to be trained: the settings that a run starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pixrestore.options import limited

Precision = Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]


@dataclass(frozen=True)
class Recipe:
    """Settings of a training run; a task suggests them, a user may change any.

    Attributes
    ----------
    architecture : str
        Name of the architecture.
    arguments : Mapping[str, Any]
        Arguments of the architecture.
    loss : str
        Name of a loss: a plugin's, pixrestore's own, or any of Keras'.
    loss_options : Mapping[str, Any]
        Options of the loss.
    patch : int
        Side of the training patches, in pixels.
    batch : int
        Number of patches in each step.
    crops : int
        Number of patches cut from each photo in an epoch.
    balance : float
        1 draws every photo alike; 0 draws from every folder alike, however many photos it holds.
    chunks : int
        Number of epochs that a pass over all photos is cut into, for large collections.
    rate : float
        Highest learning rate, reached after `warmup` steps.
    encoder_rate : float
        Factor of the rate for the layers of an architecture's pretrained encoder; 0 keeps them as
        they are.
    frozen : float
        Share of the run in which a pretrained encoder stays as it is, for the rest of the network
        to learn first; the rate then warms up again.
    schedule : {"cosine", "constant"}
        Course of the rate: along a cosine to zero at the end of the run, or constant.
    warmup : int
        Number of steps from rate zero to `rate`.
    decay : float
        AdamW's decoupled weight decay; 0 makes it Adam.
    clip : float
        Largest norm of the gradient of all weights together; 0 clips nothing.
    ema : float
        Momentum of the running average of the weights that is validated and kept; 0 turns it off.
    adversarial : float
        Weight, beside `loss`, of deceiving a discriminator, which learns to tell the network's
        answers from true ones; 0 trains without one.
    working_size : int
        Shorter side at which the network of a scene task sees a photo when restoring, in pixels;
        0 takes `patch`.
    corrupt_on : {"auto", "cpu", "device"}
        Place where photos are damaged: in threads beside the network, or as tensors within the
        training step, for tasks that have that form; auto takes the step where there is a GPU.
    precision : {"auto", "float32", "mixed_float16", "mixed_bfloat16"}
        Keras' policy of precision: weights always have single precision, activations may have half.
        Auto halves it where there is a GPU; mixed_bfloat16 helps processors with AVX512-BF16 or
        AMX.
    """

    architecture: str = "unet"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    loss: str = "charbonnier"
    loss_options: Mapping[str, Any] = field(default_factory=dict)
    patch: int = limited(64, min=1, max=4096)
    batch: int = limited(8, min=1, max=65536)
    crops: int = limited(1, min=1, max=1_000_000)
    balance: float = limited(1.0, min=0, max=1)
    chunks: int = limited(1, min=1, max=1_000_000)
    rate: float = limited(1e-3, min=0, max=1e3)
    encoder_rate: float = limited(1.0, min=0, max=1)
    frozen: float = limited(0.0, min=0, max=1)
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup: int = limited(200, min=0)
    decay: float = limited(0.0, min=0, max=1)
    clip: float = limited(0.5, min=0)
    ema: float = limited(0.999, min=0, max=0.999999)
    adversarial: float = limited(0.0, min=0, max=1e6)
    working_size: int = limited(0, min=0, max=65536)
    corrupt_on: Literal["auto", "cpu", "device"] = "auto"
    precision: Precision = "auto"
