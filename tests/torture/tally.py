"""How many cases were tried, and what went wrong in which of them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Tally:
    """Counts cases by kind, and keeps the files of those that were not survived.

    Parameters
    ----------
    keep : Path
        Folder for what failed; made with the first failure.
    seed : int
        Seed that all cases follow from.
    """

    keep: Path
    seed: int = 0
    tried: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    peaks: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _said: float = field(default_factory=time.monotonic)

    def count(
        self,
        kind: str,
        case: str,
        outcome: str,
        faults: list[str],
        *,
        content: bytes = b"",
        peak: int = 0,
    ) -> None:
        """Count a case, which ended as `outcome` says; `faults` is empty where it was survived."""
        with self._lock:
            self.tried[kind] += 1
            self.outcomes.setdefault(kind, Counter())[outcome] += 1
            self.peaks[kind] = max(peak, self.peaks.get(kind, 0))
            for fault in faults:
                place = self._kept(kind, case, content) if content else ""
                self.faults.append(f"{kind}, {case}: {fault}{place}")
                print(f"FAULT  {self.faults[-1]}", flush=True)
            if time.monotonic() - self._said > 60:
                self._said = time.monotonic()
                print(f"...    {self.tried.total()} cases, {len(self.faults)} faults", flush=True)

    def _kept(self, kind: str, case: str, content: bytes) -> str:
        self.keep.mkdir(parents=True, exist_ok=True)
        path = self.keep / f"{kind}-{case}".replace(" ", "-").replace("/", "-")
        path.write_bytes(content)
        return f" (kept as {path})"

    def table(self) -> str:
        """Return a table in Markdown of what was tried and how it ended."""
        lines = [
            "| what | cases | survived | how they ended | peak memory |",
            "|---|---|---|---|---|",
        ]
        for kind, tried in self.tried.items():
            lost = len({line.partition(": ")[0] for line in self.faults if f"{kind}, " in line})
            ends = ", ".join(f"{n} {what}" for what, n in self.outcomes[kind].most_common())
            peak = f"{self.peaks[kind] / 1e6:.0f} MB" if self.peaks[kind] else ""
            lines.append(f"| {kind} | {tried} | {tried - lost} | {ends} | {peak} |")
        return "\n".join(lines)

    def verdict(self) -> str:
        """Return one line on all of it."""
        if self.faults:
            return f"{self.tried.total()} cases tried, {len(self.faults)} faults"
        return f"{self.tried.total()} cases tried, all survived, nothing lost"
