"""``history.csv``: a row for every epoch, readable while the run goes on."""

from __future__ import annotations

import csv
import math
from dataclasses import asdict, dataclass
from pathlib import Path

from pixrestore.files import replace_file

HISTORY = "history.csv"
# Far more characters than any run writes, and larger numbers than any means something by.
_LARGEST = 16 << 20
_LARGEST_VALUE = 1e30


@dataclass(frozen=True)
class Row:
    """What one epoch gave.

    Attributes
    ----------
    epoch, step : int
        Counted from the start of the run.
    minutes : float
        Minutes of training so far.
    rate : float
        The learning rate.
    loss, val_loss : float
        Mean of the epoch's steps, and of the validation pairs after it.
    psnr, input_psnr : float
        Of the validation photos, in dB: restored, and untouched.
    images_per_second : float
        Patches trained on, validation and compiling apart; 0 where the first step was the only one.
    adversarial, discriminator : float, optional
        Mean of the epoch's steps in adversarial training: how far the network is from deceiving the
        discriminator, and how far the discriminator errs. Columns only where they are given.
    """

    epoch: int
    step: int
    minutes: float
    rate: float
    loss: float
    val_loss: float
    psnr: float
    input_psnr: float
    images_per_second: float
    adversarial: float | None = None
    discriminator: float | None = None

    @property
    def figures(self) -> dict[str, float]:
        """All that is known but the epoch, by name."""
        return {n: v for n, v in asdict(self).items() if n != "epoch" and v is not None}

    def text(self, best: bool) -> str:
        """Return the row as a line for people, who are told when it is the best so far."""
        sides = ("adversarial", self.adversarial), ("discriminator", self.discriminator)
        game = "".join(f"{side} {mean:.3f}  " for side, mean in sides if mean is not None)
        return (
            f"epoch {self.epoch}  step {self.step}  {self.minutes:.1f} min  "
            f"loss {self.loss:.5f}  val {self.val_loss:.5f}  {game}"
            f"PSNR {self.psnr:.2f} dB (doing nothing {self.input_psnr:.2f})  "
            f"{self.images_per_second:.1f} images/s" + ("  best so far" if best else "")
        )


def append(folder: Path, row: Row) -> None:
    """Add a row, after a header where the file is new."""
    path = folder / HISTORY
    fresh = not path.exists()
    values = {name: _short(value) for name, value in asdict(row).items() if value is not None}
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(values), lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(values)


def read(folder: Path) -> list[dict[str, float]]:
    """Return the rows so far by the names of their columns; none where there is no file yet.

    What is no number of a moderate size is left out, and so is a row without its step.
    """
    path = folder / HISTORY
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        lines = file.read(_LARGEST).splitlines()
    try:
        rows = [_numbers(row) for row in csv.DictReader(lines)]
    except csv.Error:
        return []
    return [row for row in rows if "step" in row]


def forget_after(folder: Path, step: int) -> None:
    """Drop the rows past `step`, whose steps a resumed run takes again."""
    path = folder / HISTORY
    if not path.is_file():
        return
    header, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    columns = header.split(",")
    kept = [line for line in lines if _step(line, columns) <= step]
    replace_file(path, "".join(f"{line}\n" for line in (header, *kept)).encode())


def _numbers(row: dict[str, str]) -> dict[str, float]:
    found = {}
    for name, text in row.items():
        try:
            value = float(text)
        except (TypeError, ValueError):
            continue
        if abs(value) < _LARGEST_VALUE:  # not true of NaN
            found[name] = value
    return found


def _short(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _step(line: str, columns: list[str]) -> float:
    """Return the step of a row; none is that far in one that a full disk cut short."""
    values = dict(zip(columns, line.split(","), strict=False))
    step = values.get("step", "")
    return int(step) if len(values) == len(columns) and step.isdecimal() else math.inf
