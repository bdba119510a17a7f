"""What became of the photos of a job: each one, and all together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pixrestore.addresses import Place
from pixrestore.files import printable
from pixrestore.images.folders import told_unread


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one photo.

    Attributes
    ----------
    source : Path or Address
        The photo.
    status : {"restored", "skipped", "untouched", "failed"}
        Skipped means that its result existed, untouched that the restorer found nothing to do:
        nothing was written.
    result : Path or Address, optional
        The restored photo.
    comparison : Path or Address, optional
        The before | after picture, when one was asked for.
    error : Exception, optional
        Why it failed.
    notes : tuple of str
        Remarks for the user, such as on pages left out.
    seconds : float
        Time the network took.
    position, total : int
        Place of this photo among all, from 1, and their number; 0 while photos are still being
        found, as behind addresses.
    """

    source: Place
    status: Literal["restored", "skipped", "untouched", "failed"]
    result: Place | None = None
    comparison: Place | None = None
    error: Exception | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    position: int = 0
    total: int = 0

    @property
    def message(self) -> str:
        """One line for people, printable whatever the file is called."""
        source = printable(self.source)
        if self.status == "failed":
            text = str(self.error).encode("utf-8", "replace").decode()
            return text if source in text else f"{source}: {text}"
        if self.status == "untouched":
            return f"{source}: nothing to mend"
        target = printable(self.result or "")
        if self.status == "skipped":
            return f"{source}: skipped, {target} exists"
        return f"{source} -> {target}" + "".join(f"; {note}" for note in self.notes)


@dataclass
class Summary:
    """What became of all photos of a job.

    Attributes
    ----------
    results : list of FileResult
        One for each photo, in the order they were done.
    unread : list of Path or Address
        Pictures in folders that were passed over, because their kind is not read.
    """

    results: list[FileResult] = field(default_factory=list)
    unread: list[Place] = field(default_factory=list)

    def of(self, status: str) -> list[FileResult]:
        """Return the results of one status."""
        return [result for result in self.results if result.status == status]

    @property
    def exit_code(self) -> int:
        """0 when nothing failed, the failures' own code when they agree on one, else 1."""
        return shared_code(getattr(result.error, "exit_code", 1) for result in self.of("failed"))

    def __str__(self) -> str:
        return told(Counter(result.status for result in self.results), self.unread)


def shared_code(codes: Iterable[int]) -> int:
    """Return the exit code of failures: 0 for none, theirs when they agree on one, else 1."""
    found = set(codes)
    return 0 if not found else found.pop() if len(found) == 1 else 1


def told(counts: Mapping[str, int], unread: Sequence[Place] = ()) -> str:
    """Say in one line how many photos have which status."""
    parts = [f"{counts.get('restored', 0)} restored"]
    if skipped := counts.get("skipped"):
        parts.append(f"{skipped} skipped (their results exist)")
    if untouched := counts.get("untouched"):
        parts.append(f"{untouched} with nothing to mend")
    if failed := counts.get("failed"):
        parts.append(f"{failed} failed")
    if unread:
        parts.append(told_unread(unread))
    return ", ".join(parts)
