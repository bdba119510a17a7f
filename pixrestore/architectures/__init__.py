"""The built-in architectures.

An architecture is a function ``(shape, channels, *, arguments...) -> keras.Model``: `shape` is
(H, W, Cx) of the network's input with None for a free height and width, `channels` is Cy of its
answer, which has the height and width of the input or a whole fraction of them. Its keyword-only
arguments are its options. Of its attributes, which it need not have, `recipe` says how it likes to
be trained, `load_pretrained` gives it weights to begin with, and `fold` makes it smaller once it is
trained.
"""

from __future__ import annotations

from pixrestore.architectures.bottleneck import bottleneck
from pixrestore.architectures.pretrained_unet import pretrained_unet
from pixrestore.architectures.unet import unet

__all__ = ["bottleneck", "pretrained_unet", "unet"]
