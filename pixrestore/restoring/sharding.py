"""Parting a job's photos between machines that know nothing of each other."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath

from pixrestore.errors import UsageError

_WRITTEN = re.compile(r"(\d{1,6})/(\d{1,6})")


@dataclass(frozen=True)
class Shard:
    """One of the parts of a job: every photo is in exactly one of them.

    Attributes
    ----------
    number, count : int
        Which part, from 1, and how many there are.
    """

    number: int
    count: int

    @classmethod
    def written(cls, text: str) -> Shard:
        """Return the shard that a text such as ``1/8`` names.

        Raises
        ------
        UsageError
            It names none.
        """
        found = _WRITTEN.fullmatch(text)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise UsageError(f"`shard` must be like 1/8, from 1/8 to 8/8, not {text!r}")
        return cls(int(found[1]), int(found[2]))

    def holds(self, path: PurePath) -> bool:
        """Tell whether a photo belongs to this part.

        Parameters
        ----------
        path : PurePath
            Path within the folder that was given. It alone decides, the same on every machine.
        """
        # Systems spell the same name in different forms of Unicode.
        name = unicodedata.normalize("NFC", path.as_posix()).encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(name).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1
