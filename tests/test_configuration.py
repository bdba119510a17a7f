"""Settings in files: what is read, what counts more, and what is refused."""

from __future__ import annotations

import json
import math
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixrestore.errors import UsageError
from pixrestore.training.configuration import as_toml, read_configuration

FILE = """
data = ["photos"]
seed = 3

[task]
name = "denoise"
options = {sigma = [0, 25]}

[recipe]
patch = 32
rate = 2e-3
arguments = {widths = [4, 8], blocks = [1, 1]}

[budget]
minutes = 60
patience = 5
"""

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner, min_size=1)
)


@pytest.fixture
def printed(cli, tmp_path, monkeypatch):
    """Return what ``--print-config`` prints beside a file, read again."""
    monkeypatch.chdir(tmp_path)

    def run(content, *words):
        (tmp_path / "file").write_text(content if isinstance(content, str) else json.dumps(content))
        done = cli("train", "--config", "file", *words, "--print-config")
        assert done.code == 0, done.err
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]
        (tmp_path / "again").write_text(done.out)
        again = cli("train", "--config", "again", "--print-config")
        (tmp_path / "again").unlink()
        assert again.out == done.out
        return tomllib.loads(done.out)

    return run


class TestWhatCounts:
    def test_the_file(self, printed):
        found = printed(FILE)
        assert found["data"] == ["photos"]
        assert found["seed"] == 3
        assert found["task"]["options"]["sigma"] == [0, 25]
        assert (found["recipe"]["patch"], found["recipe"]["rate"]) == (32, 2e-3)
        assert found["recipe"]["arguments"] == {"widths": [4, 8], "blocks": [1, 1]}
        assert found["budget"] == {"minutes": 60, "patience": 5}

    def test_what_is_typed_counts_more(self, printed):
        words = "--data here --seed 0 --sigma 5 --rate 1e-2 --widths 8,16 --epochs 2 --out there"
        found = printed(FILE, *words.split())
        assert (found["data"], found["seed"], found["out"]) == (["here"], 0, "there")
        assert found["task"]["options"]["sigma"] == [5, 5]
        assert (found["recipe"]["patch"], found["recipe"]["rate"]) == (32, 1e-2)
        assert found["recipe"]["arguments"] == {"widths": [8, 16], "blocks": [1, 1]}
        # One end takes the place of all.
        assert found["budget"] == {"epochs": 2, "patience": 5}

    def test_arguments_of_another_architecture_are_left_out(self, printed):
        found = printed(FILE, "--arch", "bottleneck", "--code", "50")
        assert found["recipe"]["architecture"] == "bottleneck"
        assert found["recipe"]["arguments"] == {"code": 50}

    def test_short_forms(self, printed):
        found = printed('task = "denoise"\ndata = "photos"')
        assert found["task"]["name"] == "denoise"
        assert found["data"] == ["photos"]

    def test_the_run_json_of_a_run(self, cli, planned, tmp_path):
        plan = json.loads((planned / "run.json").read_text())
        done = cli("train", "--config", planned / "run.json", "--steps", "7", "--print-config")
        found = tomllib.loads(done.out)
        assert found["budget"] == {"steps": 7, "patience": 4}
        # As they are, though the task would suggest other arguments.
        assert found["recipe"] == plan["recipe"]
        assert "command" not in found

    @pytest.mark.slow
    def test_a_run_that_starts_from_a_file(self, cli, tmp_path, tiny_run):
        out = tmp_path / "out"
        done = cli("train", "--config", tiny_run / "run.json", "--out", out, "--steps", 1)
        assert done.code == 0, done.err
        again, first = (json.loads((run / "run.json").read_text()) for run in (out, tiny_run))
        assert again["recipe"] == first["recipe"]
        assert again["budget"]["steps"] == 1
        done = cli("train", "--config", out / "run.json", "--out", out, "--resume")
        assert done.code == 0, done.err
        assert "nothing is left to do" in done.err


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("epoch = 3", "has 'epoch', which no run has: did you mean budget.epochs?"),
            ("rate = 3", "has 'rate', which no run has: did you mean recipe.rate?"),
            (
                "[budget]\nminute = 3",
                "'budget.minute', which no run has: did you mean budget.minutes",
            ),
            ("[recipe]\nrates = 3", "no setting 'rates': did you mean rate?"),
            ("[recipe.arguments]\nwidth = 3", "'width': did you mean widths?"),
            ("[task]\nname = 'denoise'\noptions = {sigmas = 3}", "'sigmas': did you mean sigma?"),
            ("zzzz = 3", "has 'zzzz', which no run has: there is budget, data, init"),
            ("task = 'denois'", "no task 'denois': did you mean denoise?"),
            ("seed = true", "seed must be a whole number, not True"),
            ("seed = -1", "seed must be 0 to"),
            ("data = [1]", "data must be a list of texts, not [1]"),
            ("task = 7", "task must be a table, not 7"),
            ("[budget]\nepochs = '3'", "budget.epochs must be a whole number, not '3'"),
            ("[budget]\nminutes = nan", "minutes must be more than 0"),
            ("[recipe]\npatch = 'x'", "patch"),
            ("[recipe]\narguments = 3", "recipe.arguments must be a table, not 3"),
            ("a = ", "is neither TOML nor JSON"),
            ("{", "is neither TOML nor JSON"),
            ('{"x":' + "[" * 100_000, "is neither TOML nor JSON"),
            (" " * (5 << 20), "is too large"),
        ],
    )
    def test_a_line_says_why(self, cli, tmp_path, content, told):
        (tmp_path / "file").write_text(content)
        done = cli("train", "--config", tmp_path / "file", "--print-config")
        assert done.code in (2, 3)
        assert told in done.error.replace("--", "").replace("`", "")

    def test_another_task(self, cli, tmp_path):
        (tmp_path / "file").write_text(FILE)
        done = cli("train", "--config", tmp_path / "file", "--task", "colorize")
        assert done.code == 2
        assert done.error.endswith("file is for denoise, not for colorize: leave out --task")

    def test_no_file(self, cli, tmp_path):
        for path in (tmp_path / "none", tmp_path):
            done = cli("train", "--config", path)
            assert done.code == 2
            assert done.error == f"there is no file {path} to take settings from"

    def test_bytes(self, tmp_path):
        (tmp_path / "file").write_bytes(b"\xff\xfe")
        with pytest.raises(UsageError, match="neither TOML nor JSON"):
            read_configuration(tmp_path / "file")


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TEXTS, VALUES))
def test_what_is_written_is_read_again(values):
    assert tomllib.loads(as_toml(values)) == values


def test_numbers_of_all_kinds():
    values = {"a": math.inf, "b": 1e-7, "c": -0.0, "d": 10**17, "e": None}
    assert tomllib.loads(as_toml(values)) == {n: v for n, v in values.items() if v is not None}
