"""What a model suggests and doubts, from Python and the shell."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from pixrestore import Doubt, Restorer, Suggestion, load
from pixrestore.errors import ModelError, UsageError
from pixrestore.geometry import Geometry
from pixrestore.images import to_float
from pixrestore.images.colour import chroma
from pixrestore.losses import ChromaClasses
from pixrestore.tasks import Colorize
from pixrestore.testing import check_task


@pytest.fixture
def photo(samples):
    return Image.open(samples / "cat.jpg").convert("L")


@pytest.fixture(scope="module")
def restorer():
    return load("colorize")


def ab(colour):
    return chroma(to_float(np.asarray(Image.new("RGB", (1, 1), colour))))[0, 0]


def choosing(scores):
    """Return a restorer by a network that answers gray, and believes what `scores` makes."""
    loss = ChromaClasses()

    class Scoring:
        classes = loss.classes()

        def __call__(self, x):
            return loss.probabilities(scores(x, self.classes * 110).astype(np.float32))

    network = lambda x: np.zeros((*x.shape[:3], 2), np.float32)  # noqa: E731
    geometry = Geometry(multiple=4, margin=4, working_size=64)
    return Restorer(Colorize(), network, geometry, adds_colour=True, classifier=Scoring)


def sure_but_on_the_right(x, classes):
    """Be sure of gray, but have no idea on the right of where it is light."""
    sure = -(classes**2).sum(axis=-1) / 50
    return np.where(x[:, ::4, ::4] > 0.6, 0.0, 1.0) * sure


class TestSuggest:
    def test_it_gives_likely_colours_with_probabilities(self, restorer, photo):
        found = restorer.suggest(photo, 120, 140)
        assert 1 <= len(found) <= 5
        assert all(isinstance(one, Suggestion) for one in found)
        likely = [one.probability for one in found]
        assert likely == sorted(likely, reverse=True)
        assert 0.5 < sum(likely) <= 1 + 1e-6
        apart = [np.linalg.norm(ab(a.colour) - ab(b.colour)) for a in found for b in found[:1]]
        assert min(apart[1:], default=99) > 6  # what is offered are different colours

    def test_a_hint_there_makes_its_colour_the_likeliest(self, restorer, photo):
        found = restorer.suggest(photo, 120, 140, hints=[(120, 140, "#6080a0")])
        # The nearest class, of a grid of 12, may be up to 8 away.
        assert np.linalg.norm(ab(found[0].colour) - ab("#6080a0")) < 9
        assert found[0].probability > 0.8

    def test_a_hint_elsewhere_changes_probabilities_less(self, restorer, photo):
        before, at, away = (
            {one.colour: one.probability for one in restorer.suggest(photo, 120, 140, hints=hints)}
            for hints in ([], [(120, 140, "#c03020")], [(370, 20, "#c03020")])
        )
        likeliest = max(before, key=before.__getitem__)
        assert at.get(likeliest, 0) < 0.2 < 0.8 * before[likeliest]
        assert away != before

    def test_bayes_rule_keeps_a_gaussian_gaussian(self):
        # What is believed has a spread; a hint at the place itself must leave next to none.
        restorer = choosing(lambda x, classes: np.zeros((*x[:, ::4, ::4, 0].shape, len(classes))))
        gray = np.full((64, 64), 128, np.uint8)
        wide, narrow = (restorer.suggest(gray, 30, 30, hints=h) for h in ([], [(30, 30, "red")]))
        assert wide[0].probability < 0.2
        assert narrow[0].probability > 0.8


class TestDoubts:
    def test_they_are_where_the_network_has_no_idea(self):
        gray = np.full((64, 96), 60, np.uint8)
        gray[:, 64:] = 220
        found = choosing(sure_but_on_the_right).doubts(gray, 3)
        assert [isinstance(one, Doubt) for one in found] == [True] * 3
        assert all(64 <= one.x < 96 and 0 <= one.y < 64 for one in found)
        gains = [one.gain for one in found]
        assert gains == sorted(gains, reverse=True)
        assert 0.2 < sum(gains) <= 1

    def test_a_place_that_is_hinted_is_no_longer_doubted(self, restorer, photo):
        first = restorer.doubts(photo, 1)[0]
        after = restorer.doubts(photo, 1, hints=[(first.x, first.y, "#808080")])[0]
        assert np.hypot(after.x - first.x, after.y - first.y) > 0.1 * min(photo.size)
        assert after.gain < first.gain

    def test_places_are_pixels_of_the_photo_whatever_its_size(self, restorer, photo):
        small, large = (
            restorer.doubts(photo.resize(size), 1)[0] for size in ((384, 255), (768, 510))
        )
        assert abs(large.x - 2 * small.x) < 20
        assert abs(large.y - 2 * small.y) < 20

    @pytest.mark.parametrize("size", [(1, 1), (1, 7), (900, 3)])
    def test_any_size_has_them(self, restorer, size):
        found = restorer.doubts(np.full(size, 99, np.uint8), 2)
        assert all(0 <= one.x < size[1] and 0 <= one.y < size[0] for one in found)


class TestWhoSaysNothing:
    def test_a_task_that_does_not_doubt(self, photo):
        with pytest.raises(UsageError, match="the task denoise does not say where it doubts"):
            load("denoise").doubts(photo)

    @pytest.mark.parametrize("place", [(-1, 0), (0, 999), (384, 0)])
    def test_a_place_beyond_the_photo(self, restorer, photo, place):
        with pytest.raises(UsageError, match="is beyond the photo of 384 x 255 pixels"):
            restorer.suggest(photo, *place)

    def test_no_places_at_all(self, restorer, photo):
        with pytest.raises(UsageError, match="`count` must be 1 or more, not 0"):
            restorer.doubts(photo, 0)

    def test_the_task_keeps_its_contract(self):
        check_task(Colorize(), quick=True)


class TestShell:
    def test_it_prints_colours_and_places(self, cli, restorer, photo, tmp_path):
        photo.save(tmp_path / "old.png")
        done = cli("colorize", tmp_path / "old.png", "--suggest", "120,140", "--doubts")
        assert done.code == 0, done.err
        found = re.findall(r"^  (#[0-9a-f]{6}) +(\d+) %$", done.out, re.MULTILINE)
        expected = restorer.suggest(tmp_path / "old.png", 120, 140)
        assert found == [(one.colour, f"{100 * one.probability:.0f}") for one in expected]
        places = re.findall(r"^  (\d+,\d+)  \d+ %$", done.out, re.MULTILINE)
        assert places == [f"{d.x:.0f},{d.y:.0f}" for d in restorer.doubts(tmp_path / "old.png")]
        assert list(tmp_path.iterdir()) == [tmp_path / "old.png"]

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["--suggest", "here"], "--suggest must be X,Y, such as 120,340, not 'here'"),
            (["--doubts", "-o", "new.png"], "--suggest and --doubts write no photo"),
            (["--doubts", "other.png"], "--suggest and --doubts are about one photo"),
        ],
    )
    def test_what_makes_no_sense_is_one_line(self, cli, photo, tmp_path, words, message):
        photo.save(tmp_path / "old.png")
        done = cli("colorize", tmp_path / "old.png", *words)
        assert done.code == 2
        assert message in done.error

    def test_only_tasks_that_answer_offer_it(self, cli):
        assert "--suggest" in cli("restore", "--task", "colorize", "--help").out
        assert "--suggest" not in cli("denoise", "--help").out


def test_a_graph_without_classes_says_so(restorer):
    from dataclasses import replace

    from pixrestore.engines.opening import open_classifier
    from pixrestore.model.lookup import find_model

    model = find_model("colorize", None)
    old = replace(model, graph={k: v for k, v in model.graph.items() if k != "classes"})
    with pytest.raises(ModelError, match="the ONNX graph of colorize says nothing of its classes"):
        open_classifier(old, "onnx")
    with pytest.raises(UsageError, match="only losses that choose among classes do"):
        open_classifier(find_model("denoise", None))
