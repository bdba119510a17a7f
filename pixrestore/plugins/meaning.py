"""What is meant by a word that is nobody's name."""

from __future__ import annotations

import re
from typing import Any

_WORD = re.compile(r"[a-z]{3,}")
_ENDINGS = ("ings", "ing", "ers", "er", "es", "ed", "y", "s", "e")
_SHORTEST = 4
# Words of every summary.
_COMMON = frozenset(
    {"photo", "photos", "picture", "image", "images", "from", "that", "are", "the", "and", "with"}
    | {"restore", "remove", "give", "undo", "make", "out", "task", "clean"}
)


def is_meant(name: str, thing: Any) -> bool:
    """Tell whether a thing's keywords, or the first line that describes it, have a word of `name`.

    Parameters
    ----------
    name : str
        What somebody typed.
    thing : Any
        A task, say; things without a description of their own are never meant.
    """
    if not isinstance(thing, type):
        return False
    said = " ".join(map(str, getattr(thing, "keywords", ())))
    first = str(thing.__doc__ or "").strip().partition("\n")[0]
    return bool(_roots(name) & _roots(f"{said} {first}"))


def _roots(text: str) -> set[str]:
    """Return the words of a text without their endings, and without those that say nothing."""
    words = set(_WORD.findall(text.lower())) - _COMMON
    return {_root(word) for word in words}


def _root(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word.removesuffix(ending)
    return word
