"""`check_task`: sound tasks pass, and each way of breaking the contract is named in a sentence."""

import random
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from pixrestore import Finding, Guide, Task, option
from pixrestore.tasks import Colorize, Denoise
from pixrestore.testing import CHECKS, check_task


def failures_of(task, **settings):
    """Return the failures of a task: sentences by the name of the check."""
    with pytest.raises(AssertionError) as caught:
        check_task(task, **settings)
    title, *lines = str(caught.value).splitlines()
    assert title == f"task {task.name} does not keep its contract:"
    return dict(line.strip().split(": ", 1) for line in lines)


@dataclass(frozen=True)
class Fade(Task):
    """Bring back photos that faded."""

    name = "fade"
    loss: float = option(0.5, help="contrast that is lost", min=0, max=0.9)

    def corrupt(self, clean, rng):
        return clean * np.float32(1 - self.loss) + np.float32(self.loss * rng.uniform(0.4, 0.6))


@pytest.mark.parametrize(
    "task",
    [
        Denoise(),
        Denoise(sigma=(25, 25), camera=1.0),
        Colorize(),
        Colorize(film=0.0),
        Colorize(space="rgb", film=0.0),
        Fade(),
    ],
    ids=str,
)
def test_sound_tasks_pass(task):
    check_task(task, quick=True)


@pytest.mark.slow
@pytest.mark.parametrize("task", [Denoise(), Colorize(), Fade()], ids=str)
def test_sound_tasks_learn_and_are_saved(task, capsys):
    check_task(task)
    said = f"checking {task.name}: a small network trains for "
    assert said in capsys.readouterr().err


def test_checks_leave_the_global_generators_alone():
    before = random.getstate(), np.random.get_state()[1].tobytes()
    check_task(Fade(), quick=True)
    assert (random.getstate(), np.random.get_state()[1].tobytes()) == before


@dataclass(frozen=True)
class Unseeded(Fade):
    """Draw from a generator of its own."""

    def corrupt(self, clean, rng):
        return clean + np.random.default_rng().normal(0, 0.1, clean.shape)


@dataclass(frozen=True)
class GlobalNumpy(Fade):
    """Draw from NumPy's global generator."""

    def corrupt(self, clean, rng):
        return clean + np.random.normal(0, 0.1, clean.shape)


@dataclass(frozen=True)
class GlobalPython(Fade):
    """Draw from Python's global generator."""

    def corrupt(self, clean, rng):
        return clean * np.float32(random.uniform(0.5, 0.9))


@dataclass(frozen=True)
class InPlace(Fade):
    """Damage the array that it is given."""

    def corrupt(self, clean, rng):
        clean *= np.float32(0.5)
        return clean


@dataclass(frozen=True)
class ComposesInPlace(Fade):
    """Clip the answer that it is given."""

    def compose(self, degraded, answer):
        return np.clip(answer + np.float32(1e-3), 0, 1, out=answer) - np.float32(0)


@dataclass(frozen=True)
class Unclipped(Fade):
    """Return what the network answers."""

    def compose(self, degraded, answer):
        return answer


@dataclass(frozen=True)
class Lawless(Fade):
    """Ask for the difference and forget to add it."""

    def target(self, clean):
        return clean - np.float32(0.5)


@dataclass(frozen=True)
class TwoMinds(Fade):
    """Compose otherwise where the encoded photo is at hand."""

    def compose_encoded(self, degraded, encoded, answer):
        return np.clip(answer * np.float32(0.9), 0, 1)


@dataclass(frozen=True)
class Hopeless(Fade):
    """Say that the law does not hold, and restore to black."""

    @property
    def inexact(self):
        return "it is black"

    def compose(self, degraded, answer):
        return np.zeros_like(degraded)


@dataclass(frozen=True)
class Normalised(Fade):
    """Show the network contrast relative to the whole picture."""

    def encode(self, degraded):
        return (degraded - degraded.mean()) / (degraded.std() + np.float32(1e-3))


@dataclass(frozen=True)
class Stretched(Fade):
    """Divide by a photo's own contrast."""

    def corrupt(self, clean, rng):
        with np.errstate(invalid="ignore"):
            return (clean - clean.min()) / np.ptp(clean) * np.float32(0.5)


@dataclass(frozen=True)
class Harmless(Fade):
    """Damage nothing."""

    def corrupt(self, clean, rng):
        return clean.copy()


@dataclass(frozen=True)
class EvenSizesOnly(Fade):
    """Work on blocks of two by two pixels."""

    def corrupt(self, clean, rng):
        height, width = clean.shape[:2]
        blocks = clean.reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3))
        return blocks.repeat(2, 0).repeat(2, 1)


@dataclass(frozen=True)
class Helpless(Fade):
    """Have an option without help."""

    grain: float = 0.1


@dataclass(frozen=True)
class SometimesGray(Fade):
    """Drop the colour of some pairs, and ask for it."""

    def corrupt(self, clean, rng):
        faded = super().corrupt(clean, rng)
        if rng.random() < 0.3:
            gray = faded.mean(axis=-1, keepdims=True) * np.float32([1, 0.9, 0.7])
            return gray + rng.normal(0, 0.05, clean.shape)
        return faded


@dataclass(frozen=True)
class SometimesGrayLightness(SometimesGray):
    """Drop the colour of some pairs, and ask for lightness only."""

    def target(self, clean):
        return clean.mean(axis=-1, keepdims=True)

    def compose(self, degraded, answer):
        return np.clip(degraded - degraded.mean(axis=-1, keepdims=True) + answer, 0, 1)

    @property
    def inexact(self):
        return "colour stays as it is"


@dataclass(frozen=True)
class Tinted(Fade):
    """Hold to hints, and expect some in every photo."""

    scope = "scene"
    guides = (Guide("hints", "colours"),)

    def paint(self, clean, degraded, rng):
        return {"hints": np.concatenate([clean, np.ones_like(clean[..., :1])], axis=-1)}

    def hold(self, encoded, answer, layers):
        hints = layers["hints"]
        return answer + hints[..., 3:] * (hints[..., :3] - answer)


def test_colour_that_is_gone_may_be_left_alone():
    check_task(SometimesGrayLightness(), quick=True)


@pytest.mark.parametrize(
    ("kind", "check", "says"),
    [
        (Unseeded, "deterministic", "take all randomness from the rng"),
        (GlobalNumpy, "global_randomness", "use the methods of rng instead"),
        (GlobalPython, "global_randomness", "use the methods of rng instead"),
        (InPlace, "input_untouched", "corrupt changes its input in place"),
        (ComposesInPlace, "input_untouched", "compose changes its input in place"),
        (Unclipped, "range", "clip them to [0, 1]"),
        (Lawless, "law", "compose(corrupt(clean), target(clean)) is not clean"),
        (TwoMinds, "law", "compose_encoded must return what compose returns"),
        (Hopeless, "law", "even a perfect network would not help"),
        (Normalised, "pointwise", "encode gives another result for a part"),
        (Stretched, "flat_photos", "corrupt returns infinities or NaN (on a photo of 24 by 16"),
        (Harmless, "damages", "there is nothing to learn"),
        (SometimesGray, "knowable", "where it is gone no network can know it"),
        (Tinted, "guides", "hold raises KeyError: 'hints'"),
        (EvenSizesOnly, "sizes", "corrupt raises ValueError"),
        (Helpless, "options", "the option grain needs a help text"),
    ],
)
def test_a_broken_task_is_told_what_is_wrong(kind, check, says):
    assert says in failures_of(kind(), quick=True)[check]


def test_only_what_is_broken_is_named():
    assert list(failures_of(Unclipped(), quick=True)) == ["range"]
    assert list(failures_of(Normalised(), quick=True)) == ["pointwise"]


@dataclass(frozen=True)
class Gray(Fade):
    """Return one channel."""

    def corrupt(self, clean, rng):
        return clean[..., :1]


@dataclass(frozen=True)
class Integers(Fade):
    """Return 8-bit values."""

    def corrupt(self, clean, rng):
        return (clean * 127).astype(np.uint8)


@dataclass(frozen=True)
class Lists(Fade):
    """Return no array."""

    def encode(self, degraded):
        return degraded.tolist()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Gray, "corrupt must return an array of shape (48, 64, 3), not (48, 64, 1)"),
        (Integers, "corrupt must return floats, not uint8"),
        (Lists, "encode must return an array, not list"),
    ],
)
def test_other_checks_wait_for_the_right_shapes(kind, says):
    failures = failures_of(kind(), quick=True)
    assert says in failures["shapes"]
    assert list(failures) == ["shapes", "..."]


@dataclass
class Melting(Task):
    """Be changeable."""

    name = "melting"

    def corrupt(self, clean, rng):
        return clean / 2


@dataclass(frozen=True)
class Silent(Task):
    name = "silent"

    def corrupt(self, clean, rng):
        return clean / 2


@dataclass(frozen=True)
class Shouting(Task):
    """Have a name that nobody can type."""

    name = "Shouting Task"

    def corrupt(self, clean, rng):
        return clean / 2


@pytest.mark.filterwarnings("ignore:cannot inherit")
def test_declaration():
    with pytest.raises(TypeError):  # Python itself tells of a dataclass that is not frozen
        type("Thawed", (Fade,), {}) and dataclass(type("Thawed", (Fade,), {}))
    assert "needs @dataclass(frozen=True)" in failures_of(Melting(), quick=True)["declared"]
    assert "needs a docstring" in failures_of(Silent(), quick=True)["declared"]
    assert "lower-case words" in failures_of(Shouting(), quick=True)["declared"]


def test_a_class_instead_of_a_task():
    with pytest.raises(AssertionError, match=r"give a task, Fade\(\), not its class"):
        check_task(Fade)


def test_expected_failures_are_let_through_and_outlived_ones_named():
    check_task(Unclipped(), quick=True, expected_failures={"range": "shown as it is"})
    check_task(Unclipped(), quick=True, expected_failures=["range"])
    failures = failures_of(Fade(), quick=True, expected_failures=["range"])
    assert failures == {"range": "passes now: take it out of expected_failures"}
    with pytest.raises(ValueError, match="there is no check colour"):
        check_task(Fade(), expected_failures=["colour"])


def test_every_check_is_described():
    for name in CHECKS:
        assert f"``{name}``" in check_task.__doc__


@dataclass(frozen=True)
class Unlearnable(Fade):
    """Show the network nothing."""

    def encode(self, degraded):
        return np.zeros_like(degraded)

    def target(self, clean):
        noise = np.random.default_rng(abs(hash(clean.tobytes())) % 2**32)
        return noise.normal(0, 1, clean.shape)

    @property
    def inexact(self):
        return "there is no law"


@pytest.mark.slow
def test_a_task_that_cannot_be_learned():
    failures = failures_of(Unlearnable(), expected_failures=["law"])
    assert "learns nothing from two photos" in failures["learns"]


_SEEN: list[int] = []


@dataclass(frozen=True)
class Remembers(Fade):
    """Depend on something that is not among its options."""

    name: ClassVar[str] = "remembers"
    secret: float = field(default=0.0, init=False, compare=False)

    def __post_init__(self):
        super().__post_init__()
        _SEEN.append(1)
        object.__setattr__(self, "secret", 0.1 * len(_SEEN))

    def compose(self, degraded, answer):
        return np.clip(answer * np.float32(1 + self.secret), 0, 1)


@pytest.mark.slow
def test_a_task_that_restores_otherwise_once_saved():
    failures = failures_of(Remembers(), expected_failures=["law"])
    assert "saved and loaded, it restores otherwise" in failures["saves"]


@dataclass(frozen=True)
class Blind(Fade):
    """See the same in every photo."""

    def detect(self, degraded):
        return Finding("light", 0.5, "of 1", 0.5)


@dataclass(frozen=True)
class Overdone(Fade):
    """See more than there can be."""

    def detect(self, degraded):
        return Finding("light", 0.5, "of 1", 1.5)


@pytest.mark.parametrize(
    ("task", "sentence"),
    [(Blind(), "does not see the damage"), (Overdone(), "a strength in [0, 1], not 0.5 and 1.5")],
    ids=str,
)
def test_what_is_wrong_with_findings_is_said(task, sentence):
    assert sentence in failures_of(task, quick=True)["detects"]
