"""What is built in, provided through the same hooks as everybody's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixrestore.description import models_in
from pixrestore.hooks import hookimpl

if TYPE_CHECKING:
    from pixrestore.loss import Loss
    from pixrestore.task import Task


@hookimpl
def pixrestore_tasks() -> list[type[Task]]:
    """Provide colorize and denoise."""
    from pixrestore.tasks import Colorize, Denoise

    return [Colorize, Denoise]


@hookimpl
def pixrestore_architectures() -> list[Callable[..., Any]]:
    """Provide unet, bottleneck and pretrained_unet."""
    from pixrestore.architectures import bottleneck, pretrained_unet, unet

    return [unet, bottleneck, pretrained_unet]


@hookimpl
def pixrestore_losses() -> list[type[Loss]]:
    """Provide charbonnier, chroma_classes and perceptual."""
    from pixrestore.losses import Charbonnier, ChromaClasses, Perceptual

    return [Charbonnier, ChromaClasses, Perceptual]


@hookimpl
def pixrestore_models() -> list[Path]:
    """Provide the trained models that come with pixrestore."""
    return models_in(Path(__file__).parent / "models")
