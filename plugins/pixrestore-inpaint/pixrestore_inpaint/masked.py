"""Repairing what a mask says is damaged, and nothing else."""

from __future__ import annotations

import numpy as np
from skimage.restoration import inpaint_biharmonic

from pixrestore.errors import UsageError


def inpaint(image, mask):
    """Repair the part of a photo that a mask covers, and nothing else.

    What is missing continues its surroundings as smoothly as can be [1]_. Of scratches and folds
    that leaves nothing to see; a large hole gets the tones around it, but no texture.

    Parameters
    ----------
    image : ndarray, (H, W, 3), uint8, uint16 or float in [0, 1]
    mask : ndarray of bool, (H, W)
        True where the photo is damaged.

    Returns
    -------
    ndarray
        The repaired photo, of the same shape and type. Pixels outside the mask stay as they were.

    Raises
    ------
    UsageError
        The mask covers the whole photo.

    References
    ----------
    .. [1] S. B. Damelin, N. S. Hoang, "On surface completion and image inpainting by biharmonic
       functions: numerical aspects", International Journal of Mathematics and Mathematical
       Sciences, 2018; scikit-image's ``inpaint_biharmonic``.
    """
    if mask.all():
        raise UsageError("the mask covers the whole photo: nothing is left to continue")
    if not mask.any():
        return image.copy()
    whole = image.dtype.kind == "u"
    top = np.iinfo(image.dtype).max if whole else 1
    filled = inpaint_biharmonic(image / top, mask, split_into_regions=True, channel_axis=-1) * top
    return np.where(mask[..., None], np.rint(filled) if whole else filled, image).astype(
        image.dtype
    )
