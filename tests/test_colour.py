"""Our conversions beside scikit-image's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from skimage import color, data

from pixrestore.images import colour

PHOTO = (data.astronaut() / 255).astype(np.float32)
CUBE = np.stack(np.meshgrid(*[np.linspace(0, 1, 18)] * 3), -1).reshape(18, -1, 3)


@pytest.mark.parametrize("image", [PHOTO, CUBE.astype(np.float32)])
def test_lightness_and_chroma_are_scikit_images(image):
    lab = color.rgb2lab(image)
    # Single precision on numbers of up to 110.
    np.testing.assert_allclose(colour.lightness(image), lab[..., 0], atol=1e-3)
    np.testing.assert_allclose(colour.chroma(image), lab[..., 1:], atol=1e-3)
    assert colour.chroma(image).dtype == np.float32


def test_photos_come_back_from_lab():
    back = colour.from_lab(colour.lightness(PHOTO), colour.chroma(PHOTO))
    np.testing.assert_allclose(back, PHOTO, atol=1e-4)


def test_colours_that_srgb_cannot_show_are_clipped_as_scikit_image_clips_them():
    rng = np.random.default_rng(0)
    chroma = rng.uniform(-110, 110, (*PHOTO.shape[:2], 2)).astype(np.float32)
    lightness = colour.lightness(PHOTO)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of negative Z values, which is the point
        expected = color.lab2rgb(np.dstack([lightness, chroma]))
    np.testing.assert_allclose(colour.from_lab(lightness, chroma), expected, atol=1e-4)


def test_linear_light_and_back():
    np.testing.assert_allclose(colour.gamma(colour.linear(PHOTO)), PHOTO, atol=1e-5)
