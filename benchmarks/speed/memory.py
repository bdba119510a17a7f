"""Memory beside the photo itself: it must not grow with the photo."""

from __future__ import annotations

from collections.abc import Iterator

from speed.measuring import PIXRESTORE, Row, Settings, measured, photos


def peaks(settings: Settings) -> Iterator[Row]:
    """Compare what 24 and 100 megapixels take beyond the degraded and the restored array."""
    sizes = ((3000, 2000), (6000, 4000)) if settings.quick else ((6000, 4000), (12240, 8160))
    for task in ("denoise", "colorize"):
        beyond = []
        for width, height in sizes:
            photo = photos(settings, f"{width}x{height}", width, height)
            out = settings.scratch / "peak.jpg"
            command = [*PIXRESTORE, task, photo, "--model", settings.models[task], "--overwrite"]
            taken = measured([*command, "--out", out])
            beyond.append((taken.peak - 2 * 3 * width * height) / 1e6)
        small, large = (f"{width * height / 1e6:.0f} MP" for width, height in sizes)
        yield Row(
            f"peak memory of `{task}`, {large}, beyond the two arrays",
            f"{beyond[1]:.0f} MB",
            f"{small}: {beyond[0]:.0f} MB",
            f"{beyond[1] / beyond[0]:.2f}",
            "at most 1.3",
            beyond[1] <= 1.3 * beyond[0],
        )
