"""Figures of each photo, their means, and the table of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pixrestore.evaluation.methods import INPUT, TRUE, MethodKind
from pixrestore.evaluation.statistics import Mean, mean_of

if TYPE_CHECKING:
    from pixrestore.evaluation.gallery import Shown

# Each figure's title, and its digits in tables.
FIGURES = {
    "psnr": ("PSNR dB", "{:.2f}"),
    "ssim": ("SSIM", "{:.4f}"),
    "ciede2000": ("ΔE00", "{:.2f}"),
    "colourfulness": ("colourfulness", "{:.1f}"),
    "seconds": ("s/MP", "{:.3g}"),
    "cpu": ("CPU s/MP", "{:.3g}"),
}

_TIMES = ("seconds", "cpu")


@dataclass(frozen=True)
class PhotoFigures:
    """What was measured on one photo.

    Attributes
    ----------
    photo : str
        Its path within the folder of photos.
    width, height : int
        Size of the restored photo in pixels.
    figures : Mapping
        By the name of a method, its figures by name.
    """

    photo: str
    width: int
    height: int
    figures: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Measured:
    """What was measured, and what follows from it; see `Evaluation`, which shows it."""

    task: str
    options: Mapping[str, Any]
    data: str
    seed: int
    methods: Mapping[str, MethodKind]
    photos: Sequence[PhotoFigures]
    skipped: Mapping[str, str] = field(default_factory=dict)
    protocol: Sequence[str] = ()
    best: Sequence[Shown] = field(default=(), repr=False)
    worst: Sequence[Shown] = field(default=(), repr=False)

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return [name for name, kind in self.methods.items() if kind == "model"]

    @property
    def restored(self) -> dict[str, float]:
        """Mean figures of the first model."""
        return self[self.models[0]]

    @property
    def input(self) -> dict[str, float]:
        """Mean figures of doing nothing."""
        return self[INPUT]

    @property
    def true(self) -> dict[str, float]:
        """Mean figures of the undamaged photos: their colourfulness, else none."""
        return self[TRUE] if TRUE in self.methods else {}

    def quality(self) -> dict[str, dict[str, float]]:
        """Return the first model's figures beside the input's, as a model's card has them.

        How fast a model is depends on the machine: that is left out.
        """
        kinds = {"restored": self.restored, "input": self.input}
        return {
            kind: {name: value for name, value in found.items() if name not in _TIMES}
            for kind, found in kinds.items()
        }

    def __getitem__(self, method: str) -> dict[str, float]:
        return {name: found.mean for name, found in self.means[method].items()}

    @cached_property
    def means(self) -> Mapping[str, Mapping[str, Mean]]:
        """By method and figure, the mean over the photos with its 95 % confidence interval."""
        return {
            method: {
                name: mean_of([photo.figures[method][name] for photo in self.photos])
                for name in self.photos[0].figures[method]
            }
            for method in self.methods
        }

    def gain(self, method: str, over: str = INPUT, figure: str = "psnr") -> Mean:
        """Return by how much a method is above another on the same photos, on average.

        Photos differ much more from each other than methods do on one photo: this interval says
        whether one method is better, where those of the two means may overlap all the same.
        """
        pairs = [(photo.figures[method], photo.figures[over]) for photo in self.photos]
        return mean_of([one[figure] - other[figure] for one, other in pairs])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A flat row for each photo, as ``pandas.DataFrame`` takes them and ``csv`` writes them."""
        return [
            {
                "photo": photo.photo,
                "width": photo.width,
                "height": photo.height,
                **{
                    f"{method} {name}": value
                    for method, figures in photo.figures.items()
                    for name, value in figures.items()
                },
            }
            for photo in self.photos
        ]

    @property
    def table(self) -> tuple[list[str], list[list[str]]]:
        """Titles and cells of the table: a row for each method, means with their margins."""
        names = [n for n in FIGURES if any(n in found for found in self.means.values())]
        head = ["", *(FIGURES[name][0] for name in names), "gain dB"]
        rows = []
        for method, found in self.means.items():
            cells = [_cell(found.get(name), FIGURES[name][1]) for name in names]
            gained = "psnr" in found and method != INPUT
            rows.append([method, *cells, _cell(self.gain(method), "{:+.2f}") if gained else ""])
        return head, rows

    @property
    def title(self) -> str:
        """What was measured, in a line."""
        told = ", ".join(f"{name} {_told(value)}" for name, value in self.options.items())
        count = f"{len(self.photos)} photo{'s' if len(self.photos) > 1 else ''}"
        return f"{self.task}{f' ({told})' if told else ''}, {count}, seed {self.seed}"


def _cell(found: Mean | None, form: str) -> str:
    if found is None:
        return ""
    margin = "" if found.margin is None else f" ± {form.replace('+', '').format(found.margin)}"
    return form.format(found.mean) + margin


def _told(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return _told(value[0]) if len(set(value)) == 1 else "–".join(map(_told, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
