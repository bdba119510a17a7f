"""How a task likes to be trained: the settings that a run starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """Settings of a training run; a task suggests them, a user may change any.

    Attributes
    ----------
    architecture : str
        Name of the architecture.
    arguments : Mapping[str, Any]
        Its arguments.
    loss : str
        A loss of pixrestore's or the name of any Keras loss.
    loss_options : Mapping[str, Any]
        Its options.
    patch : int
        Side of the training patches, in pixels.
    batch : int
        Patches a step.
    crops : int
        Patches cut from each photo in an epoch.
    balance : float
        1 draws every photo alike; 0 draws from every folder alike, however many photos it holds.
    rate : float
        Highest learning rate; it warms up over `warmup` steps, then follows a cosine to zero.
    warmup : int
        Steps from rate zero to `rate`.
    decay : float
        AdamW's decoupled weight decay; 0 makes it Adam.
    clip : float
        Largest norm of the gradient of all weights together; 0 clips nothing.
    ema : float
        Momentum of the running average of the weights that is validated and kept; 0 turns it off.
    working_size : int
        Shorter side at which the network of a scene task sees a photo when restoring, in pixels;
        0 takes `patch`.
    """

    architecture: str = "unet"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    loss: str = "charbonnier"
    loss_options: Mapping[str, Any] = field(default_factory=dict)
    patch: int = 64
    batch: int = 8
    crops: int = 1
    balance: float = 1.0
    rate: float = 1e-3
    warmup: int = 200
    decay: float = 0.0
    clip: float = 0.5
    ema: float = 0.999
    working_size: int = 0
