"""Grayscale to colour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pixrestore.belief import Doubt, Suggestion
from pixrestore.finding import Finding, graded
from pixrestore.guide import Guide
from pixrestore.options import option
from pixrestore.recipe import Recipe
from pixrestore.task import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from pixrestore.belief import Belief
    from pixrestore.images.tensors import Draws
    from pixrestore.task import Image
    from pixrestore.tasks.doubting import Errors

# Chroma in units of which the network's answers are of order one; CIE ab of sRGB stays within 110.
_CHROMA_UNIT = 110.0

# How strongly kinds of black-and-white film see red, green and blue light. Orthochromatic film is
# nearly blind to red; panchromatic film sees all, blue more than the eye does (after the spectral
# sensitivity curves in Kodak and Ilford data sheets, integrated over the sRGB primaries).
_FILMS = {
    "eye": (0.212671, 0.715160, 0.072169),
    "panchromatic": (0.30, 0.45, 0.25),
    "orthochromatic": (0.03, 0.52, 0.45),
}


# Standard deviation of lightness, of 100, below which a photo shows too little to tell colours.
# Of 350 photos of all kinds none had less than 7.7.
_DETAIL = 4.0
# Lightness at which colours show what they are.
_SHOWING = (35.0, 80.0)


@dataclass(frozen=True)
class Colorize(Task):
    """Colour black-and-white photos.

    The network sees lightness and answers chroma in CIE Lab; the photo keeps its own lightness at
    full resolution. Pairs imitate real black-and-white photographs: film that sees colours
    differently, tone curves, fading and grain, with the chance `film`; the others are plain
    luminance. With ``space="rgb"`` gray is copied to three channels, and the network answers RGB,
    of which the photo takes the chroma.
    """

    name: ClassVar[str] = "colorize"
    keywords = ("colour", "color", "tint", "gray", "grey", "monochrome")
    scope: ClassVar[Literal["local", "scene"]] = "scene"
    recipe: ClassVar[Recipe] = Recipe(
        arguments={
            "widths": (24, 64, 128, 192),
            "blocks": (1, 1, 2, 2),
            "stop": 1,
            "context": True,
        },
        loss="chroma_classes",
        loss_options={"temperature": 0.6},
        patch=64,
        batch=8,
        rate=1e-3,
        decay=1e-3,
        clip=1.0,
    )
    benchmark: ClassVar[Mapping[str, Any]] = {"film": 0.0}
    guides: ClassVar[tuple[Guide, ...]] = (
        Guide("hints", "picture of the photo's size, transparent but for colours painted on it"),
    )

    space: Literal["lab", "rgb"] = option(
        "lab", help="colours that the network answers: lab chroma, or rgb as in the article"
    )
    film: float = option(
        0.5, help="share of pairs that imitate film: channel mix, tone curve, grain", min=0, max=1
    )
    saturation: float = option(
        1.0, help="factor for the colours: 0 is gray", min=0, max=4, restoring=True
    )
    existing_colours: Literal["replace", "keep", "refuse"] = option(
        "replace",
        help="photos that have colours already: replace them, keep the photo, or refuse it",
        restoring=True,
    )

    def settled_recipe(self) -> Recipe:
        """Return `recipe`; RGB is no choice among chroma, and answered at full size."""
        if self.space == "lab":
            return self.recipe
        arguments = {**self.recipe.arguments, "stop": 0}
        return replace(self.recipe, arguments=arguments, loss="charbonnier", loss_options={})

    def corrupt(self, clean: Image, rng: np.random.Generator) -> Image:
        """Make a black-and-white photograph of `clean`, its gray in all three channels."""
        import numpy as np

        from pixrestore.images import colour

        if rng.random() < self.film:
            gray = _photographed(clean, rng)
        else:
            gray = colour.gamma(colour.linear(clean) @ colour.LUMINANCE)
        return np.repeat(gray[..., None], 3, axis=-1)

    def encode(self, degraded: Image) -> Image:
        """Return lightness in [0, 1], (H, W, 1); with ``space="rgb"`` gray, (H, W, 3)."""
        import numpy as np

        from pixrestore.images import colour

        if self.space == "rgb":
            gray = colour.gamma(colour.linear(degraded) @ colour.LUMINANCE)
            return np.repeat(gray[..., None], 3, axis=-1)
        return colour.lightness(degraded)[..., None] / np.float32(100)

    def target(self, clean: Image) -> Image:
        """Return chroma, CIE a and b over 110, (H, W, 2); with ``space="rgb"`` `clean`."""
        from pixrestore.images import colour

        return clean if self.space == "rgb" else colour.chroma(clean) / _CHROMA_UNIT

    def tensor_pairs(self, clean: Any, draws: Draws) -> tuple[Any, Any]:
        """Make gray photos as tensors, of the same distribution as those of `corrupt`."""
        import tensorflow as tf

        from pixrestore.images import colour, tensors

        light = tensors.linear(clean)
        gray = tensors.gamma(tf.tensordot(light, colour.LUMINANCE[:, None], 1))
        if self.film:
            printed = _photographed_tensors(light, draws)
            on_film = draws.uniform((tf.shape(clean)[0], 1, 1, 1)) < self.film
            gray = tf.where(on_film, printed, gray)
        if self.space == "rgb":
            return tf.repeat(gray, 3, axis=-1), clean
        return tensors.gray_lightness(gray) / 100, tensors.chroma(clean) / _CHROMA_UNIT

    def compose(self, degraded: Image, answer: Image) -> Image:
        """Give the answer's chroma, times `saturation`, to the photo's own lightness."""
        return self.compose_encoded(degraded, self.encode(degraded), answer)

    def compose_encoded(self, degraded: Image, encoded: Image, answer: Image) -> Image:
        """Do what `compose` does, with the lightness that `encode` has found."""
        import numpy as np

        from pixrestore.images import colour

        saturation = np.float32(self.saturation)
        if self.space == "rgb":
            return colour.from_lab(colour.lightness(degraded), colour.chroma(answer) * saturation)
        lightness = encoded[..., 0] * np.float32(100)
        return colour.from_lab(lightness, answer * (np.float32(_CHROMA_UNIT) * saturation))

    def detect(self, degraded: Image) -> Finding:
        """See whether a photo is gray, or toned like a sepia print."""
        from pixrestore.images.tint import COLOURS, tint

        colours = tint(degraded).colours
        strength = graded(colours, COLOURS, falling=True)
        return Finding("colours", colours, "CIE ab beside one tone", strength, "colour")

    def hold(self, encoded: Image, answer: Image, layers: Mapping[str, Image]) -> Image:
        """Give painted places their colour, and what belongs to them; see `spreading.spread`.

        A photo in which there is nothing to see says nothing of its colours. So an answer of chroma
        fades with the last detail, and a photo of one gray stays gray.
        """
        import numpy as np

        lab = self.space == "lab"
        if lab:
            detail = float(self._lightness(encoded).std()) / _DETAIL
            answer = answer * np.float32(min(1.0, detail))
        if "hints" not in layers or not self.saturation:
            return answer
        from pixrestore.images import colour
        from pixrestore.tasks.spreading import spread

        hints, light = layers["hints"], self._lightness(encoded)
        # The photo will multiply by these.
        unit = np.float32(self.saturation)
        given = answer * np.float32(_CHROMA_UNIT) if lab else colour.chroma(answer)
        held = spread(light, given * unit, colour.chroma(hints[..., :3]), hints[..., 3]) / unit
        return held / np.float32(_CHROMA_UNIT) if lab else colour.from_lab(light, held)

    def _lightness(self, encoded: Image) -> Image:
        from pixrestore.images import colour

        return encoded[..., 0] * 100 if self.space == "lab" else colour.lightness(encoded)

    def suggest(
        self, belief: Belief, place: tuple[int, int], count: int
    ) -> list[Suggestion] | None:
        """Return the likeliest colours of a place, as bright as it is where that shows them."""
        import numpy as np

        from pixrestore.images import colour
        from pixrestore.tasks import doubting

        if self.space == "rgb":  # classes of RGB are no choice among chroma
            return None
        light = self._lightness(belief.encoded)
        rows, columns = belief.probabilities.shape[:2]
        row, column = place[0] * rows // light.shape[0], place[1] * columns // light.shape[1]
        classes = belief.classes * np.float32(_CHROMA_UNIT)
        probabilities = belief.probabilities[row, column]
        if "hints" in belief.layers:
            held = self.hold(belief.encoded, belief.answer, belief.layers)
            shift = (held - belief.answer)[place] * np.float32(_CHROMA_UNIT)
            share = doubting.explained(light, belief.layers["hints"][..., 3], place)
            probabilities = doubting.reweighed(classes, probabilities, shift, share)
        bright = np.clip(light[place], *_SHOWING).reshape(1, 1)
        return [
            Suggestion(_hex(colour.from_lab(bright, chroma[None, None])[0, 0]), likely)
            for chroma, likely in doubting.colours(classes, probabilities, count)
        ]

    def doubt(self, belief: Belief, count: int) -> list[Doubt] | None:
        """Find the places where a hint tells most of the whole photo; see `doubting.Errors`."""
        if self.space == "rgb":
            return None
        return [Doubt(column, row, gain) for row, column, gain in self._errors(belief).best(count)]

    def _errors(self, belief: Belief) -> Errors:
        import numpy as np

        from pixrestore.tasks.doubting import Errors

        light = self._lightness(belief.encoded)
        hints = belief.layers.get("hints")
        painted = np.zeros_like(light) if hints is None else hints[..., 3]
        chroma = belief.classes * np.float32(_CHROMA_UNIT)
        return Errors(light, chroma, belief.probabilities, painted)

    @property
    def inexact(self) -> str:
        """Film changes lightness, and what it lost cannot come back from chroma."""
        return "film changes lightness, which the photo keeps" if self.film > 0 else ""


def _hex(rgb: Image) -> str:
    return "#" + "".join(f"{round(255 * float(channel)):02x}" for channel in rgb)


def _photographed(clean: Image, rng: np.random.Generator) -> Image:
    """Return gray (H, W) as a black-and-white print of the scene would show it."""
    import numpy as np

    from pixrestore.images import colour

    films = np.array(list(_FILMS.values()), np.float32)
    weights = rng.dirichlet((1.0, 1.0, 1.0)) @ films
    gray = colour.gamma(colour.linear(clean) @ weights.astype(np.float32))
    contrast = rng.uniform(-0.25, 0.35)
    gray = gray ** np.float32(rng.uniform(0.75, 1.35))
    gray = gray + np.float32(contrast) * (gray * gray * (3 - 2 * gray) - gray)
    black, white = rng.uniform(0.0, 0.12), rng.uniform(0.88, 1.0)
    gray = black + (white - black) * gray
    grain = rng.standard_normal(gray.shape, dtype=np.float32)
    if rng.random() < 0.5:  # coarser grain, of the same strength
        for axis in (0, 1):
            neighbours = np.roll(grain, 1, axis) + np.roll(grain, -1, axis)
            grain = np.asarray((2 * grain + neighbours) / 6**0.5, np.float32)
    gray = gray + np.float32(rng.uniform(0.0, 0.03)) * grain
    return np.clip(gray, 0, 1).astype(np.float32)


def _photographed_tensors(light: Any, draws: Draws) -> Any:
    """Do what `_photographed` does, to a batch of linear light, (N, H, W, 3) to (N, H, W, 1)."""
    import tensorflow as tf

    from pixrestore.images import tensors

    count = tf.shape(light)[0]
    each = (count, 1, 1, 1)
    films = tf.constant(list(_FILMS.values()), tf.float32)
    # Of Dirichlet's distribution with parameters of 1: exponential shares of a whole.
    shares = -tf.math.log(draws.uniform((count, 3), 1e-12, 1.0))
    weights = tf.matmul(shares / tf.reduce_sum(shares, axis=-1, keepdims=True), films)
    gray = tensors.gamma(tf.reduce_sum(light * weights[:, None, None], axis=-1, keepdims=True))
    contrast = draws.uniform(each, -0.25, 0.35)
    gray = gray ** draws.uniform(each, 0.75, 1.35)
    gray = gray + contrast * (gray * gray * (3 - 2 * gray) - gray)
    black, white = draws.uniform(each, 0.0, 0.12), draws.uniform(each, 0.88, 1.0)
    gray = black + (white - black) * gray
    grain = draws.normal(tf.shape(gray))
    coarse = grain
    for axis in (1, 2):
        neighbours = tf.roll(coarse, 1, axis) + tf.roll(coarse, -1, axis)
        coarse = (2 * coarse + neighbours) / 6**0.5
    grain = tf.where(draws.uniform(each) < 0.5, coarse, grain)
    return tf.clip_by_value(gray + draws.uniform(each, 0.0, 0.03) * grain, 0.0, 1.0)
