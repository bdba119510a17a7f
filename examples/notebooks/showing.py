"""Pictures in the notebooks, as JPEG: a notebook that is kept should be small."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from IPython.display import Image as Shown
from PIL import Image

GAP = 6


def beside(*photos, height: int = 220) -> Shown:
    """Show photos side by side: Pillow images, or arrays of floats in [0, 1]."""
    scaled = []
    for photo in photos:
        if isinstance(photo, np.ndarray):
            photo = Image.fromarray(np.uint8(np.rint(255 * np.clip(photo, 0, 1))))
        width = round(photo.width * height / photo.height)
        scaled.append(photo.convert("RGB").resize((width, height)))
    sheet = Image.new("RGB", (sum(photo.width + GAP for photo in scaled) - GAP, height), "white")
    across = 0
    for photo in scaled:
        sheet.paste(photo, (across, 0))
        across += photo.width + GAP
    file = BytesIO()
    sheet.save(file, "jpeg", quality=85)
    return Shown(data=file.getvalue(), format="jpeg")
