"""Training pairs made as tensors: the same distribution as NumPy's, within the step of a run."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pytest
from scipy.stats import ks_2samp
from training_runs import TWO_DEVICES

from pixrestore import Task, train
from pixrestore.errors import UsageError
from pixrestore.images import colour, decode_rgb8
from pixrestore.tasks import Colorize, Denoise

_ITEMS = 1000
# Seeds are fixed, so a test either always passes or never does. Of the comparisons below the least
# p is 0.025; most ranges of parameters that are a third too long give less than 1e-4.
_LEAST_P = 1e-3
_UNTOUCHED = 1e-4  # rounding, of pairs that no film damaged

TINY = {
    "recipe": {
        "arguments": {"widths": (4, 8), "blocks": (1, 1)},
        "patch": 16,
        "batch": 2,
        "crops": 1,
        "warmup": 10,
        "corrupt_on": "device",
    },
    "quiet": True,
}


@pytest.fixture(scope="module")
def patch(samples):
    """A patch with edges and colours, bright and dark."""
    return decode_rgb8(samples / "officer.jpg")[128:160, 224:256].astype(np.float32) / 255


def by_numpy(task, patch):
    for item in range(_ITEMS):
        yield task.encode(task.corrupt(patch, np.random.default_rng((5, item))))


def by_tensors(task, patch):
    import tensorflow as tf

    from pixrestore.images.tensors import Draws

    clean = tf.constant(np.repeat(patch[None], _ITEMS, 0))
    x, y = task.tensor_pairs(clean, Draws((5, 6)))
    for answer in y.numpy()[:3]:
        np.testing.assert_allclose(answer, task.target(patch), atol=2e-5)
    return x.numpy()


def statistics(x, patch, clean):
    """Describe what damage did to a patch by a number for each of its properties."""
    left = (x - clean).astype(np.float64)
    strength = np.mean(left**2) ** 0.5 + 1e-9
    fine = left - (np.roll(left, 1, 0) + np.roll(left, 1, 1)) / 2
    fine = fine[1:, 1:]
    light = patch.mean(axis=-1)
    red = patch[..., 0] - patch[..., 2]
    bright, reddish = (values > np.median(values) for values in (light, red))
    return {
        "strength": strength,
        "mean": left.mean(),
        **{f"{share} % of pixels are below": np.percentile(x, share) for share in (0, 10, 50, 100)},
        "strength where it is bright": left[bright].std(),
        "strength where it is dark": left[~bright].std(),
        "bright to dark": left[bright].std() / (left[~bright].std() + 1e-9),
        "grain": np.percentile(np.abs(fine), 20),
        "likeness of grain": np.mean(fine[1:] * fine[:-1]) / np.mean(fine**2 + 1e-9),
        "likeness down": np.mean(left[1:] * left[:-1]) / strength**2,
        "likeness across": np.mean(left[:, 1:] * left[:, :-1]) / strength**2,
        "likeness of channels": np.mean(left[..., 0] * left[..., -1]) / strength**2,
        "reds": left[reddish].mean() - left[~reddish].mean(),
        "first row": left[0].std() / strength,
    }


@pytest.mark.parametrize(
    "task",
    [
        Denoise(sigma=(0, 50), camera=0),
        Denoise(sigma=(10, 30), camera=1),
        Denoise(),
        Colorize(film=0),
        Colorize(film=1),
        Colorize(),
        Colorize(film=1, space="rgb"),
    ],
    ids=str,
)
def test_tensors_are_distributed_as_arrays_are(task, patch):
    clean = patch if isinstance(task, Denoise) else task.encode(patch)
    ours, theirs = (
        [statistics(x, patch, clean) for x in make(task, patch)] for make in (by_tensors, by_numpy)
    )
    shares = [
        np.mean([item["strength"] > _UNTOUCHED for item in items]) for items in (ours, theirs)
    ]
    assert shares[0] == pytest.approx(shares[1], abs=0.1)
    ours, theirs = (
        [item for item in items if item["strength"] > _UNTOUCHED] for items in (ours, theirs)
    )
    for name in ours[0] if ours else ():
        values = [[item[name] for item in items] for items in (ours, theirs)]
        assert ks_2samp(*values, method="asymp").pvalue > _LEAST_P, name


def test_colours_as_tensors_are_those_of_arrays():
    from pixrestore.images import tensors

    cube = np.stack(np.meshgrid(*[np.linspace(0, 1, 18)] * 3), -1).reshape(18, -1, 3)
    cube = cube.astype(np.float32)
    gray = cube[..., :1]
    for made, expected in (
        (tensors.linear(cube), colour.linear(cube)),
        (tensors.gamma(cube), colour.gamma(cube)),
        (tensors.chroma(cube), colour.chroma(cube)),
        (tensors.gray_lightness(gray)[..., 0], colour.lightness(np.repeat(gray, 3, -1))),
    ):
        # Single precision on numbers of up to 110.
        np.testing.assert_allclose(made.numpy(), expected, atol=1e-3)


def test_a_seed_gives_the_same_pairs_and_another_gives_others(patch):
    from pixrestore.images.tensors import Draws

    batch = np.repeat(patch[None], 3, 0)
    first, again, other = (
        Denoise().tensor_pairs(batch, Draws(seed))[0].numpy() for seed in ((1, 2), (1, 2), (1, 3))
    )
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    assert not np.allclose(first[0], first[1])


def history(folder):
    with (folder / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_a_run_learns_within_its_step_and_goes_on(tmp_path):
    out = tmp_path / "out"
    train("denoise", out=out, steps=50, camera=0.5, **TINY)
    assert json.loads((out / "run.json").read_text())["recipe"]["corrupt_on"] == "device"
    train(out=out, resume=True, steps=100, quiet=True)
    rows = history(out)
    assert [row["step"] for row in rows] == ["50", "100"]
    assert float(rows[-1]["psnr"]) > float(rows[-1]["input_psnr"])


@pytest.mark.slow
def test_several_devices_damage_their_share(tmp_path, fresh_cli):
    code = (
        TWO_DEVICES + "import pixrestore\n"
        f"pixrestore.train('colorize', out={str(tmp_path / 'out')!r}, steps=2, **{TINY!r})\n"
    )
    done = fresh_cli(code=code)
    assert done.code == 0, done.err
    (row,) = history(tmp_path / "out")
    assert np.isfinite(float(row["loss"]))


@dataclass(frozen=True)
class Halve(Task):
    """Halve the light."""

    name: ClassVar[str] = "halve"
    scope: ClassVar[Literal["local", "scene"]] = "local"

    def corrupt(self, clean, rng):
        return clean / 2


def test_a_task_without_tensors_says_so(tmp_path):
    with pytest.raises(UsageError, match="halve makes no pairs as tensors: leave out `corrupt_on`"):
        train(Halve(), out=tmp_path / "out", steps=1, **TINY)
