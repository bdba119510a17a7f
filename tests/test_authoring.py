"""What authors of plugins are given: a start, a picture of their damage, and their tests' tools."""

from __future__ import annotations

import errno
import importlib
import json
import os
import shutil
import site
import subprocess
import sys
import tomllib
import types
import venv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pixrestore
from pixrestore import Guide, Task, hookimpl, option
from pixrestore.cli.option_groups import shown
from pixrestore.errors import OutputError, UsageError
from pixrestore.options import options_of
from pixrestore.plugins.kinds import TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.preview import preview
from pixrestore.scaffold import new_plugin
from pixrestore.tasks import Colorize, Denoise
from pixrestore.testing import CHECKS, plugins_installed, task_checks

PLUGINS = Path(__file__).parent.parent / "plugins"


@dataclass(frozen=True)
class Dim(Task):
    """Brighten photos."""

    name = "dim"
    light: float = option(0.5, help="light that is left", min=0.1, max=1)

    def corrupt(self, clean, rng):
        return clean * np.float32(self.light)


def module(*tasks: type[Task], name: str = "pixrestore_dim") -> types.ModuleType:
    made = types.ModuleType(name)
    made.pixrestore_tasks = hookimpl(lambda: list(tasks))
    return made


# --- plugins in tests -----------------------------------------------------------------------------


def test_plugins_are_installed_for_a_while():
    before = set(load_plugins().all(TASKS))
    with plugins_installed(module(Dim)) as plugins:
        assert plugins.find(TASKS, "dim") is Dim
        assert set(load_plugins().all(TASKS)) == {"colorize", "denoise", "dim"}
        with plugins_installed():
            assert set(load_plugins().all(TASKS)) == {"colorize", "denoise"}
    assert set(load_plugins().all(TASKS)) == before


def test_what_is_wrong_with_a_plugin_is_told():
    with plugins_installed(module("no task")) as plugins:
        [failed] = plugins.failed
        assert "must return subclasses of pixrestore.Task" in failed.complaints()[0]


def test_the_fixture_isolates(tests_of_an_author):
    assert tests_of_an_author.returncode == 0, tests_of_an_author.stdout


@pytest.fixture
def tests_of_an_author(tmp_path):
    """Run the tests of an author who uses the fixture, in a process of their own."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["pixrestore.testing.fixtures"]\n')
    (tmp_path / "pixrestore_nought.py").write_text("")
    (tmp_path / "test_mine.py").write_text(
        "import pixrestore_nought\n"
        "from pixrestore.plugins.loading import load_plugins\n"
        "def test_nothing_else(isolated_plugins):\n"
        "    assert {p.distribution for p in load_plugins().plugins} == {'pixrestore'}\n"
        "    plugins = isolated_plugins(pixrestore_nought)\n"
        "    assert [p.name for p in plugins.plugins if not p.builtin] == ['nought']\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    return subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )


def cases(decorator) -> dict[str, object]:
    """Return what `task_checks` makes a test of, by its name."""
    return {parameter.id: parameter.values[0] for parameter in decorator.args[1]}


@dataclass(frozen=True)
class Glaring(Dim):
    """Forget to clip."""

    name = "glaring"

    def compose(self, degraded, answer):
        return answer


def test_every_check_is_a_test_of_its_own():
    assert list(cases(task_checks(Dim()))) == [f"dim-{name}" for name in CHECKS]
    quick = cases(task_checks(Dim(), Dim(light=0.3), quick=True))
    assert "dim-1-law" in quick
    assert "dim-2-law" in quick
    assert "dim-1-learns" not in quick
    for check in quick.values():
        check()
    glaring = cases(task_checks(Glaring(), quick=True))
    glaring.pop("glaring-law")()
    with pytest.raises(AssertionError, match=r"range: compose returns values from .*: clip them"):
        glaring["glaring-range"]()
    cases(task_checks(Glaring(), quick=True, expected_failures=["range"]))["glaring-range"]()
    with pytest.raises(ValueError, match="there is no check colour"):
        task_checks(Dim(), expected_failures=["colour"])


# --- preview --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shrink(Dim):
    """Enlarge photos."""

    name = "shrink"
    scale = 2

    def corrupt(self, clean, rng):
        return clean[::2, ::2]


def pictures(sheet: Image.Image, side: int) -> list[np.ndarray]:
    """Take the pictures out of a sheet."""
    pixels = np.asarray(sheet)[-side:]
    return [pixels[:, left : left + side] for left in range(0, pixels.shape[1], side + 4)]


def test_a_preview_shows_what_the_task_does(samples):
    clean, first, second, seen, wanted = pictures(
        preview(Dim(), samples / "cat.jpg", count=2, side=64), 64
    )
    np.testing.assert_array_equal(first, np.rint(clean / 255 * 0.5 * 255).astype(np.uint8))
    np.testing.assert_array_equal(second, first)
    np.testing.assert_array_equal(seen, first)
    np.testing.assert_array_equal(wanted, clean)


def test_previews_of_all_kinds_of_tasks(samples):
    sheets = {
        task.name: pictures(preview(task, samples / "cat.jpg", count=2, side=64), 64)
        for task in (Denoise(), Colorize(), Shrink())
    }
    assert all(len(sheet) == 5 for sheet in sheets.values())
    assert (sheets["denoise"][1] != sheets["denoise"][2]).any()
    gray, chroma = sheets["colorize"][3:]
    assert np.ptp(gray, axis=-1).max() == 0
    assert np.ptp(chroma[..., :2].reshape(-1, 2), axis=0).min() > 20
    # A cat by lamplight: more yellow than blue, so above the middle in the second channel.
    assert chroma[..., 1].mean() > 128


@dataclass(frozen=True)
class Marked(Dim):
    """Light up what is marked."""

    name = "marked"
    guides = (Guide("mask", "white where it is dark", kind="mask"),)

    def paint(self, clean, degraded, rng):
        if rng.random() < 0.5:
            return {}
        layer = np.zeros((*clean.shape[:2], 4), np.float32)
        layer[10:20, 30:50] = 1
        return {"mask": layer}

    def encode_guided(self, degraded, layers):
        return np.where(layers["mask"][..., 3:] > 0, 0, degraded) if layers else degraded


def test_a_preview_shows_what_is_painted_and_the_input_with_it(samples):
    _, degraded, painted, seen, _ = pictures(
        preview(Marked(), samples / "cat.jpg", count=1, side=64), 64
    )
    inside = np.zeros((64, 64), bool)
    inside[10:20, 30:50] = True
    assert (painted[inside] == 255).all()
    assert (seen[inside] == 0).all()
    for picture in (painted, seen):
        np.testing.assert_array_equal(picture[~inside], degraded[~inside])


def test_the_preview_command(cli, samples, tmp_path):
    out = tmp_path / "sheet.png"
    photo = samples / "coffee.jpg"
    done = cli("preview", "--task", "denoise", photo, "-o", out, "--sigma", 25, "--side", 80)
    assert (done.code, done.err) == (0, "")
    with Image.open(out) as sheet:
        assert sheet.size == (6 * 80 + 5 * 4, 96)
    assert "--sigma" in cli("preview", "--task", "denoise", "--help").out
    assert cli("preview", photo, "-o", out).error == "name a --task or a --model"
    done = cli("preview", "--task", "denoise", out, "-o", out)
    assert done.code == 10
    done = cli("preview", "--task", "denoise", tmp_path / "none.jpg", "-o", out)
    assert done.code == 4


def test_a_preview_of_what_a_model_makes_of_the_damage(cli, samples, tmp_path):
    out = tmp_path / "sheet.png"
    words = ["preview", "--task", "denoise", "--sigma", 25, "--side", 96, "--count", 2]
    words += [samples / "coffee.jpg", "-o", out, "--model"]
    done = cli(*words, "denoise")
    assert (done.code, done.out) == (0, f"clean | degraded | restored: {out}\n")
    clean, *rest = (one.astype(float) for one in pictures(np.asarray(Image.open(out)), 96))
    assert len(rest) == 4
    for degraded, restored in zip(rest[::2], rest[1::2], strict=True):
        # The noise's standard deviation is 25; the shipped model leaves far less than half.
        assert np.std(restored - clean) < 0.5 * np.std(degraded - clean)
    assert "colorize is for colorize, not for denoise" in cli(*words, "colorize").error


# --- new-plugin -----------------------------------------------------------------------------------


def test_a_new_plugin_is_whole_or_not_there(tmp_path, monkeypatch):
    def full(path, text, **settings):
        path.write_bytes(text[:9].encode())
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match=r"cannot write .*film-fading: No space left"):
        new_plugin("film-fading", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_new_plugin_is_written_once(cli, tmp_path):
    done = cli("new-plugin", "film-fading", "-o", tmp_path)
    assert (done.code, done.err) == (0, "")
    place = tmp_path / "pixrestore-film-fading"
    assert str(place) in done.out
    code = (place / "pixrestore_film_fading" / "__init__.py").read_text()
    assert "class FilmFading(Task):" in code
    texts = {file.name: file.read_text() for file in place.rglob("*") if file.is_file()}
    assert set(texts) > {"LICENSE", "ci.yml", "publish.yml", "test_film_fading.py"}
    # What stays in a workflow is GitHub's.
    assert all("$" not in text.replace("${{ matrix.python }}", "") for text in texts.values())
    settings = tomllib.loads(texts["pyproject.toml"])["project"]
    assert "pixrestore-plugin" in settings["keywords"]
    # PyPI refuses classifiers that it does not know.
    assert not [line for line in settings["classifiers"] if line.startswith("Framework")]
    done = cli("new-plugin", "pixrestore-film-fading", "-o", tmp_path)
    assert (done.code, done.error) == (10, f"{place} exists already")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("denoise", "there is a task 'denoise' already"),
        ("Film Fading", "lower-case words joined by '-'"),
        ("film_fading", "lower-case words joined by '-'"),
        ("../up", "lower-case words joined by '-'"),
        ("task", "lower-case words joined by '-'"),
        ("", "lower-case words joined by '-'"),
    ],
)
def test_names_that_no_task_may_have(name, says, tmp_path):
    with pytest.raises(UsageError, match=says):
        new_plugin(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_new_plugin_says_what_its_author_says(cli, tmp_path):
    said = "Take the screen of print out of scans."
    assert cli("new-plugin", "descreen", "-o", tmp_path, "--summary", said).code == 0
    place = tmp_path / "pixrestore-descreen"
    assert f'"""{said}"""' in (place / "pixrestore_descreen" / "__init__.py").read_text()
    assert said in (place / "README.md").read_text()
    for wrong in ('Say "hello".', "Two\nlines.", "C:\\scans"):
        with pytest.raises(UsageError, match="a summary is one line of plain text"):
            new_plugin("rescreen", tmp_path, wrong)
    assert not (tmp_path / "pixrestore-rescreen").exists()


# --- real installations ---------------------------------------------------------------------------


class Installation:
    """A fresh virtual environment that borrows this one's packages, so that nothing is fetched."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=True)
        self.python = folder / "bin" / "python"
        [packages] = folder.glob("lib/python*/site-packages")
        paths = [*site.getsitepackages(), str(Path(pixrestore.__file__).parent.parent)]
        lines = [f"import site; site.addsitedir({path!r})" for path in paths]
        (packages / "borrowed.pth").write_text("\n".join(lines) + "\n")

    def run(self, *words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PIXRESTORE_PLUGINS", "PYTHONPATH")
        }
        return subprocess.run(
            [str(self.python), *map(str, words)],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    def install(self, *places: Path) -> None:
        words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        words += ["--no-index", "--no-deps", "--no-build-isolation", *places]
        done = self.run(*words, cwd=places[0].parent)
        assert done.returncode == 0, done.stderr


_OTHER = """\
    radius: float = option(2.0, help="blur radius in pixels", min=0.1, max=20)

    def corrupt(self, clean, rng):
        from skimage.filters import gaussian

        return gaussian(clean, self.radius, channel_axis=-1)


"""


@pytest.mark.slow
def test_a_new_plugin_installs_passes_its_tests_and_trains(tmp_path):
    here = Installation(tmp_path / "venv")
    place = new_plugin("film-fading", tmp_path)
    here.install(place)
    tested = here.run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=place)
    assert tested.returncode == 0, tested.stdout
    assert " passed" in tested.stdout
    listed = here.run("-m", "pixrestore", "tasks", "--json", cwd=tmp_path)
    assert "film-fading" in {task["name"] for task in json.loads(listed.stdout)}
    trained = here.run(
        *("-m", "pixrestore", "train", "--task", "film-fading", "--strength", "0.5"),
        *("--steps", 2, "--batch", 2, "--patch", 32, "--widths", "4,8", "--blocks", "1,1"),
        cwd=tmp_path,
    )
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "runs" / "film-fading" / "model.weights.h5").is_file()
    # Its tests are none of the example's: they pass with another damage, and other options.
    module = place / "pixrestore_film_fading" / "__init__.py"
    begin, end = "    # Every field is an option", "@hookimpl"
    text = module.read_text()
    module.write_text(text[: text.index(begin)] + _OTHER + text[text.index(end) :])
    here.install(place)
    words = ("-q", "-p", "no:cacheprovider", "-k", "not learns and not saves")
    tested = here.run("-m", "pytest", *words, cwd=place)
    assert tested.returncode == 0, tested.stdout


_LOADED = """
import json, sys
from pixrestore.cli import main
code = main(sys.argv[1:])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.slow
def test_all_distributions_installed_together_slow_nothing_down(tmp_path):
    here = Installation(tmp_path / "venv")
    # Copies, since building leaves files behind.
    copies = [
        shutil.copytree(place, tmp_path / place.name) for place in PLUGINS.glob("pixrestore-*")
    ]
    assert len(copies) == 6
    here.install(*copies)
    for copy in copies:
        shutil.rmtree(copy)
    for words in (["--help"], ["tasks"], ["plugins"]):
        done = here.run("-c", _LOADED, *words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        [loaded] = done.stderr.splitlines()
        assert not {"tensorflow", "keras", "numpy", "skimage", "scipy", "PIL"} & {
            *json.loads(loaded)
        }
    assert "inpaint" in here.run("-m", "pixrestore", "--help", cwd=tmp_path).stdout
    found = json.loads(here.run("-m", "pixrestore", "plugins", "--json", cwd=tmp_path).stdout)
    ours = {plugin["name"]: plugin for plugin in found if not plugin["builtin"]}
    assert {name: plugin["status"] for name, plugin in ours.items()} == dict.fromkeys(
        ["deblur", "inpaint", "jpeg", "mosaic", "oldphoto", "upscale"], "ok"
    )
    assert ours["jpeg"]["architectures"] == ["dncnn"]
    assert ours["inpaint"]["commands"] == ["inpaint"]
    alone = here.run("-m", "pixrestore", "--no-plugins", "tasks", "--json", cwd=tmp_path)
    assert {task["name"] for task in json.loads(alone.stdout)} == {"colorize", "denoise"}


@pytest.mark.parametrize("place", sorted(PLUGINS.glob("pixrestore-*")), ids=lambda p: p.name)
def test_the_readme_of_a_distribution_has_every_option_as_it_is(place, monkeypatch):
    for each in PLUGINS.glob("pixrestore-*"):
        monkeypatch.syspath_prepend(each)
    plugin = importlib.import_module(place.name.replace("-", "_"))
    [task] = plugin.pixrestore_tasks()
    text = (place / "README.md").read_text()
    rows = [row.strip("| ").split(" | ") for row in text.splitlines() if row.startswith("| `--")]
    assert rows == [
        [
            f"`--{one.name.replace('_', '-')}`",
            one.type_name.replace("|", " or "),
            one.help,
            shown(one.default),
        ]
        for one in options_of(task)
    ]
