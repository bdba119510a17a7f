"""What a page of results is made of: tables, curves, and photos side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw

_COLOURS = ("#1b6ca8", "#d1495b", "#2e8b57", "#b8860b", "#6a4c93", "#444444")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 360, 70, 45, 15
_GAP, _TITLE, _LARGEST = 6, 16, 160


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Set a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def curves(path: Path, lines: Mapping[str, Sequence[tuple[float, float]]], x: str, y: str) -> None:
    """Draw lines through points as an SVG.

    Parameters
    ----------
    path : Path
    lines : mapping
        By title, the points of each line.
    x, y : str
        What the axes say.
    """
    points = [point for line in lines.values() for point in line]
    low, high = min(p[1] for p in points), max(p[1] for p in points)
    last, span = max(p[0] for p in points) or 1.0, (high - low) or 1.0
    right, floor = _WIDTH - 20, _HEIGHT - _BOTTOM

    def place(point: tuple[float, float]) -> str:
        across = _LEFT + (right - _LEFT) * point[0] / last
        return f"{across:.1f},{floor - (floor - _TOP) * (point[1] - low) / span:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<path d="M{_LEFT},{_TOP}V{floor}H{right}" fill="none" stroke="black"/>',
        _text(_LEFT - 6, floor, f"{low:.4g}", "end"),
        _text(_LEFT - 6, _TOP + 10, f"{high:.4g}", "end"),
        _text(right, floor + 16, f"{last:.4g}", "end"),
        _text((_LEFT + right) / 2, floor + 32, x, "middle"),
        _text(_LEFT + 6, _TOP + 10, y, "start"),
    ]
    for number, (title, line) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        drawn = " ".join(place(point) for point in line)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{at.split(",")[0]}" cy="{at.split(",")[1]}" r="3" fill="{colour}"/>'
            for at in (place(line[-1]),)
        ]
        parts.append(_text(right, _TOP + 14 + 16 * number, title, "end", colour))
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _text(x: float, y: float, words: str, anchor: str, colour: str = "black") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'
    )


def sheet(path: Path, columns: Mapping[str, Sequence[Path]]) -> None:
    """Set columns of photos beside each other, each under its title, in a JPEG."""
    pictures = {title: [_opened(photo) for photo in photos] for title, photos in columns.items()}
    width, height = next(iter(pictures.values()))[0].size
    rows = max(len(column) for column in pictures.values())
    size = (len(pictures) * (width + _GAP) - _GAP, _TITLE + rows * (height + _GAP) - _GAP)
    whole = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(whole)
    for place, (title, column) in enumerate(pictures.items()):
        left = place * (width + _GAP)
        draw.text((left + 2, 1), title, fill="black")
        for row, picture in enumerate(column):
            whole.paste(picture, (left, _TITLE + row * (height + _GAP)))
    whole.save(path, quality=90)


def _opened(path: Path) -> Image.Image:
    """Open a photo, small ones enlarged by a whole number so that pixels stay what they are."""
    with Image.open(path) as image:
        factor = max(1, _LARGEST // max(image.size))
        size = (image.width * factor, image.height * factor)
        return image.convert("RGB").resize(size, Image.Resampling.NEAREST)


def photos_of(result: Mapping[str, float]) -> str:
    """Say how many photos a trial was trained on and measured with."""
    return f"Trained on {result['photos']} photos; measured with {result['tested']} others."


def improvement(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """Say which figures became better, and by how much."""
    said = []
    for name, title, sign in (
        ("val_loss", "validation loss", -1),
        ("psnr", "PSNR", 1),
        ("ciede2000", "ΔE00", -1),
    ):
        change = after[name] - before[name]
        word = "better" if sign * change > 0 else "worse" if change else "alike"
        said.append(f"{title} {before[name]:.4g} → {after[name]:.4g} ({word})")
    closer = abs(1 - after["colourfulness"]) < abs(1 - before["colourfulness"])
    said.append(
        f"colour {before['colourfulness']:.0%} → {after['colourfulness']:.0%} of the true photos' "
        f"({'nearer' if closer else 'not nearer'})"
    )
    return "; ".join(said)
