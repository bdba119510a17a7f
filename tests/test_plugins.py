"""Plugins as real distributions, most of them broken: whatever one does, the rest goes on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import pixrestore
from pixrestore import Task
from pixrestore.errors import UnknownNameError
from pixrestore.plugins.kinds import TASKS
from pixrestore.plugins.loading import load_plugins
from pixrestore.plugins.registry import Plugin, Plugins

GOOD = '''
from dataclasses import dataclass
from pixrestore import Task, hookimpl, option

@dataclass(frozen=True)
class Fade(Task):
    """Bring back photos that faded."""
    name = "fade"
    contrast: float = option(0.5, help="contrast that is left", min=0.1, max=1)

    def corrupt(self, clean, rng):
        return clean * self.contrast

@hookimpl
def pixrestore_tasks():
    return [Fade]
'''

_HEAD = """
from dataclasses import dataclass
from pixrestore import Task, hookimpl, option
"""

_TASKS = """
@hookimpl
def pixrestore_tasks():
    return {}
"""

_LOSS = '''
from dataclasses import dataclass
from pixrestore import hookimpl, option
from pixrestore.loss import Loss

@dataclass(frozen=True)
class Fraction(Loss):
    """Absolute distance to a fractional power."""
    name = "fraction"
    power: float = option(0.8, help="power of the distance", min=0.1, max=1)

    def __call__(self, target, output):
        from keras import ops
        return ops.power(ops.abs(target - output) + 1e-6, self.power)

@hookimpl
def pixrestore_losses():
    return [Fraction]
'''

# Ships the models in a folder of its own.
_MODELS = """
from pathlib import Path
from pixrestore import hookimpl
from pixrestore.description import models_in

@hookimpl
def pixrestore_models():
    return models_in(Path(__file__).parent / f"models-{__name__}")
"""

# What is wrong with it: (module, requirements, stage, words of the cause).
BROKEN = {
    "missing-import": ("import nothing_of_that_name", (), "import", "nothing_of_that_name"),
    "syntax": ("def broken(:", (), "import", "SyntaxError"),
    "exits": ("import sys; sys.exit('bye')", (), "import", "SystemExit: bye"),
    "newer-name": ("from pixrestore import unheard_of", (), "import", "unheard_of"),
    "newer-needed": (GOOD, ("pixrestore>=99",), "requirements", "needs pixrestore >=99, this is"),
    "bad-requirement": (GOOD, ("pixrestore ===>> 1",), "requirements", "InvalidRequirement"),
    "raises": (_HEAD + _TASKS.format("1 / 0"), (), "pixrestore_tasks", "ZeroDivisionError"),
    "returns-text": (_HEAD + _TASKS.format("'fade'"), (), "pixrestore_tasks", "must return a list"),
    "returns-numbers": (_HEAD + _TASKS.format("[7]"), (), "pixrestore_tasks", "not 7"),
    "abstract": (
        _HEAD
        + "@dataclass(frozen=True)\nclass Nothing(Task):\n    name = 'nothing'\n"
        + _TASKS.format("[Nothing]"),
        (),
        "pixrestore_tasks",
        "Nothing lacks the method corrupt",
    ),
    "undecorated": (
        _HEAD
        + "class Plain(Task):\n    name = 'plain'\n    much: float = option(1.0, help='how much')\n"
        + "    def corrupt(self, clean, rng):\n        return clean\n"
        + _TASKS.format("[Plain]"),
        (),
        "pixrestore_tasks",
        "Plain needs @dataclass(frozen=True) above it",
    ),
    "bad-name": (
        GOOD.replace('"fade"', '"Fade it!"'),
        (),
        "pixrestore_tasks",
        "Fade.name must be lower-case words",
    ),
    "bad-default": (
        GOOD.replace("option(0.5", "option(5.0"),
        (),
        "pixrestore_tasks",
        "`contrast` must be float 0.1..1, not 5.0",
    ),
    "unknown-hook": (
        _HEAD + "@hookimpl\ndef pixrestore_dances():\n    return []\n",
        (),
        "register",
        "pixrestore_dances",
    ),
    "unknown-argument": (
        _HEAD + "@hookimpl\ndef pixrestore_tasks(moon):\n    return []\n",
        (),
        "register",
        "moon",
    ),
    "unmarked": (
        "def pixrestore_tasks():\n    return []\n",
        (),
        "register",
        "does nothing without @hookimpl",
    ),
    "bad-recipe": (
        _HEAD
        + "def net(shape, channels): ...\nnet.recipe = {'batch': 4}\n"
        + "@hookimpl\ndef pixrestore_architectures():\n    return [net]\n",
        (),
        "pixrestore_architectures",
        "net.recipe must be a pixrestore.recipe.Recipe",
    ),
    "no-loss": (
        _HEAD + "@hookimpl\ndef pixrestore_losses():\n    return [Task]\n",
        (),
        "pixrestore_losses",
        "must return subclasses of pixrestore.loss.Loss",
    ),
    "loss-without-comparison": (
        _LOSS.replace("__call__", "compare"),
        (),
        "pixrestore_losses",
        "Fraction lacks the method __call__",
    ),
    "undecorated-loss": (
        _LOSS.replace("@dataclass(frozen=True)", ""),
        (),
        "pixrestore_losses",
        "Fraction needs @dataclass(frozen=True) above it",
    ),
    "no-model": (
        _HEAD + "@hookimpl\ndef pixrestore_models():\n    return ['/nowhere/mine']\n",
        (),
        "pixrestore_models",
        "is not a model",
    ),
    "bad-command": (
        _HEAD
        + "@hookimpl\ndef pixrestore_commands(app):\n    @app.command()\n"
        + "    def dance(moves: complex | dict): ...\n",
        (),
        "pixrestore_commands",
        "",
    ),
    "taken-command": (
        _HEAD
        + "@hookimpl\ndef pixrestore_commands(app):\n    @app.command()\n    def train(): ...\n",
        (),
        "pixrestore_commands",
        "the command 'train' is pixrestore's own",
    ),
}


def _plugins(done) -> dict[str, dict]:
    return {plugin["name"]: plugin for plugin in json.loads(done.out)}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_reported_with_stage_and_cause(fresh_cli, install, kind):
    code, requires, stage, words = BROKEN[kind]
    install(f"pixrestore-{kind}", code, requires=requires)
    done = fresh_cli("plugins", "--json")
    assert done.code == 0
    assert done.err == ""
    plugin = _plugins(done)[kind]
    assert plugin["distribution"] == f"pixrestore-{kind}"
    assert plugin["version"] == "1.2"
    assert plugin["status"] == "failed"
    [failure] = plugin["failures"]
    assert failure["stage"] == stage
    assert words in failure["cause"]
    assert "\n" not in failure["cause"]


def test_everything_else_works_beside_all_broken_plugins_together(fresh_cli, install):
    for kind, (code, requires, _, _) in BROKEN.items():
        install(f"pixrestore-{kind}", code, requires=requires)
    install("pixrestore-fade", GOOD)
    install("unrelated", entry_points=b"\xff\xfe damaged = = [\n")
    install("pixrestore-damaged", entry_points=b"\xff\xfe damaged = = [\n")
    for words in ("--help", "tasks", "train --task fade --help", "colorize --help"):
        done = fresh_cli(*words.split())
        assert done.code == 0, done.err
        lines = done.err.splitlines()
        assert len(lines) == len(BROKEN) + 1
        for kind, (_, _, stage, _) in BROKEN.items():
            [line] = [line for line in lines if f"pixrestore-{kind} 1.2" in line]
            assert line.startswith(f"pixrestore: plugin pixrestore-{kind} 1.2 ({kind}): {stage}: ")
    tasks = json.loads(fresh_cli("tasks", "--json").out)
    # Whatever else is installed where the tests run.
    ours = {"pixrestore", "pixrestore-fade", *(f"pixrestore-{kind}" for kind in BROKEN)}
    found = [task["name"] for task in tasks if task["plugin"] in ours]
    assert found == ["colorize", "denoise", "fade"]


def test_what_works_of_a_plugin_is_used_although_something_else_fails(fresh_cli, install):
    broken = "\n@hookimpl\ndef pixrestore_architectures():\n    raise RuntimeError('no')\n"
    install("pixrestore-fade", GOOD + broken)
    plugin = _plugins(fresh_cli("plugins", "--json"))["fade"]
    assert plugin["status"] == "partly"
    assert plugin["tasks"] == ["fade"]
    assert [failure["stage"] for failure in plugin["failures"]] == ["pixrestore_architectures"]


def test_plugins_prints_causes_and_with_verbose_tracebacks(fresh_cli, install):
    install("pixrestore-raises", BROKEN["raises"][0])
    short, long = fresh_cli("plugins"), fresh_cli("plugins", "--verbose")
    line = "plugin pixrestore-raises 1.2 (raises): pixrestore_tasks: ZeroDivisionError"
    assert line in short.out
    assert "Traceback" not in short.out
    assert "Traceback" in long.out
    assert "1 / 0" in long.out


def test_a_good_plugin_shows_up_everywhere_and_its_options_are_offered(fresh_cli, install):
    install("pixrestore-fade", GOOD)
    assert fresh_cli("tasks").out.count("Bring back photos that faded.") == 1
    done = fresh_cli("train", "--task", "fade", "--help")
    assert "Options of the task fade:" in done.out
    assert "--contrast float 0.1..1" in done.out
    assert done.err == ""


def test_asking_for_what_a_failed_plugin_provides_names_it(fresh_cli, install):
    install("pixrestore-fade", "import nothing_of_that_name\n" + GOOD)
    done = fresh_cli("train", "--task", "fade")
    assert done.code == 6
    assert "pixrestore-fade 1.2" in done.err.splitlines()[-1]
    assert "nothing_of_that_name" in done.err.splitlines()[-1]


def test_an_unknown_name_mentions_the_plugins_that_failed(fresh_cli, install):
    install("pixrestore-raises", BROKEN["raises"][0])
    done = fresh_cli("train", "--task", "denoize")
    assert done.code == 3
    last = done.err.splitlines()[-1]
    assert "did you mean denoise" in last
    assert "pixrestore-raises 1.2" in last


def test_two_plugins_with_one_name_matter_only_when_it_is_asked_for(fresh_cli, install):
    install("pixrestore-fade", GOOD)
    install("pixrestore-bleach", GOOD, version="3")
    for words in ("train --task colorize --help", "--help"):
        done = fresh_cli(*words.split())
        assert (done.code, done.err) == (0, "")
    done = fresh_cli("train", "--task", "fade", "--help")
    assert done.code == 6
    assert "pixrestore-bleach 3" in done.error
    assert "pixrestore-fade 1.2" in done.error


def test_a_plugin_that_claims_a_built_in_name_never_replaces_it_silently(fresh_cli, install):
    install("pixrestore-fade", GOOD.replace('"fade"', '"denoise"'))
    done = fresh_cli("restore", "--task", "denoise", "x.jpg")
    assert done.code == 6
    assert "pixrestore-fade 1.2" in done.error
    assert "colorize" in fresh_cli("tasks").out


def test_one_distribution_may_name_its_module_twice(fresh_cli, install):
    both = "[pixrestore]\nfade = pixrestore_fade\nwane = pixrestore_fade\n"
    install("pixrestore-fade", GOOD, entry_points=both)
    assert fresh_cli("train", "--task", "fade", "--help").code == 0


def test_the_variable_limits_what_is_loaded(fresh_cli, install):
    install("pixrestore-fade", GOOD)
    install("pixrestore-raises", BROKEN["raises"][0])
    none = _plugins(fresh_cli("plugins", "--json", plugins=""))
    assert (none["fade"]["status"], none["raises"]["status"]) == ("off", "off")
    some = _plugins(fresh_cli("plugins", "--json", plugins="Pixrestore_Fade, absent"))
    assert (some["fade"]["status"], some["raises"]["status"]) == ("ok", "off")
    assert "not installed" in some["absent"]["failures"][0]["cause"]
    assert {"colorize", "denoise"} <= set(fresh_cli("tasks", plugins="").out.split())


def test_a_plugin_that_slows_every_start_is_named(fresh_cli, install):
    install("pixrestore-fade", "import numpy\n" + GOOD)
    plugin = _plugins(fresh_cli("plugins", "--json"))["fade"]
    assert plugin["status"] == "ok"
    assert "imports numpy as it loads" in plugin["notes"][0]


def test_a_plugin_that_imports_tensorflow_is_named_at_every_start(fresh_cli, install, tmp_path):
    (tmp_path / "tensorflow.py").write_text("")  # importing the real one takes seconds
    install("pixrestore-fade", "import tensorflow\n" + GOOD)
    done = fresh_cli("tasks")
    assert done.code == 0
    assert done.error == (
        "plugin pixrestore-fade 1.2 (fade): imports tensorflow as it loads, "
        "which slows every start of pixrestore"
    )
    assert "fade" in done.out


def test_no_plugins(fresh_cli, install):
    install("pixrestore-fade", GOOD)
    install("pixrestore-raises", BROKEN["raises"][0])
    done = fresh_cli("--no-plugins", "tasks")
    assert (done.code, done.err) == (0, "")
    assert "fade" not in done.out
    assert fresh_cli("--no-plugins", "train", "--task", "fade", "--help").code == 3


@pytest.mark.slow
def test_a_loss_of_a_plugin_is_listed_offered_and_trained_with(
    fresh_cli, install, tmp_path, samples
):
    install("pixrestore-fraction", _LOSS)
    assert "Absolute distance to a fractional power." in fresh_cli("losses").out
    words = ["train", "--task", "denoise", "--loss", "fraction"]
    assert "--power float 0.1..1" in fresh_cli(*words, "--help").out
    done = fresh_cli(*words, "--power", 2)
    assert (done.code, done.error) == (2, "--power must be float 0.1..1, not '2'")
    words += ["--power", 0.5, "--steps", 1, "--out", "run", "--widths", 4, "--blocks", 1]
    done = fresh_cli(*words, "--patch", 16, "--batch", 1)
    assert done.code == 0, done.err
    saved = json.loads((tmp_path / "run" / "model.json").read_text())
    assert saved["loss"] == {"name": "fraction", "options": {"power": 0.5}}
    # What reads a model must know its loss.
    done = fresh_cli("restore", "--model", "run", samples / "cat.jpg", "-o", "x.jpg", plugins="")
    assert (done.code, done.error.split(":")[0]) == (3, "there is no loss 'fraction'")


def test_two_plugins_with_one_loss(fresh_cli, install):
    install("pixrestore-fraction", _LOSS)
    install("pixrestore-other", _LOSS)
    assert fresh_cli("train", "--task", "denoise", "--help").code == 0
    assert "'fraction' is claimed by" in fresh_cli("losses").err
    done = fresh_cli("train", "--task", "denoise", "--loss", "fraction", "--steps", 1)
    assert done.code == 6
    assert "the loss 'fraction' is claimed by pixrestore-fraction 1.2" in done.error


def _ship(tmp_path, plugin: str, model: str) -> None:
    """Put a copy of the denoiser that comes with pixrestore where a plugin ships it."""
    source = Path(pixrestore.__file__).parent / "models" / "denoise"
    module = plugin.replace("-", "_")
    shutil.copytree(source, tmp_path / f"models-{module}" / model)


def test_two_plugins_with_one_model(fresh_cli, install, tmp_path):
    for plugin in ("pixrestore-hare", "pixrestore-stag"):
        install(plugin, _MODELS)
        _ship(tmp_path, plugin, "fast")
    assert "'fast' is claimed by" in fresh_cli("models").err
    assert fresh_cli("denoise", "none.jpg").code == 4  # which has the model of its name
    error = (
        "the model 'fast' is claimed by pixrestore-hare 1.2 (hare) and pixrestore-stag 1.2 (stag): "
        "uninstall one of them, or choose plugins with PIXRESTORE_PLUGINS"
    )
    for words in ("denoise --model fast x.jpg", "train --init fast --help", "export fast"):
        done = fresh_cli(*words.split())
        assert (done.code, done.error) == (6, error)
    assert fresh_cli("denoise", "--model", "fast", "none.jpg", plugins="hare").code == 4


def test_a_model_that_claims_a_tasks_own_name(fresh_cli, install, tmp_path):
    install("pixrestore-hare", _MODELS)
    _ship(tmp_path, "pixrestore-hare", "denoise")
    done = fresh_cli("denoise", "x.jpg")
    assert done.code == 6
    assert done.error.startswith("the model 'denoise' is claimed by pixrestore ")
    assert "pixrestore-hare 1.2" in done.error
    assert fresh_cli("colorize", "none.jpg").code == 4


@pytest.mark.slow
def test_a_model_comes_with_a_plugin(fresh_cli, install, tmp_path, tiny_denoiser, samples):
    install("pixrestore-sharp", _MODELS)
    assert fresh_cli("plugins").code == 0  # there is no model yet, and nothing wrong
    parts = {"model.json", "model.weights.h5", "README.md"}
    shutil.copytree(
        tiny_denoiser,
        tmp_path / "models-pixrestore_sharp" / "sharp",
        ignore=lambda folder, names: set(names) - parts,
    )
    [model] = [m for m in json.loads(fresh_cli("models", "--json").out) if m["name"] == "sharp"]
    assert (model["task"], model["plugin"]) == ("denoise", "pixrestore-sharp")
    shutil.copy(samples / "coffee.jpg", tmp_path / "in.jpg")
    done = fresh_cli("restore", "--model", "sharp", "in.jpg", "-o", "out.jpg")
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / "out.jpg").is_file()


def test_what_a_plugin_prints_stays_out_of_json(fresh_cli, install):
    install("pixrestore-fade", "print('hello')\n" + GOOD)
    done = fresh_cli("plugins", "--json")
    assert "fade" in _plugins(done)
    assert done.err == "hello\n"


def test_commands_of_plugins_are_added_and_rivals_told_apart(fresh_cli, install):
    command = (
        _HEAD + "@hookimpl\ndef pixrestore_commands(app):\n    @app.command()\n"
        "    def dance(steps: int = 3):\n        'Dance a little.'\n        print('la ' * steps)\n"
    )
    install("pixrestore-dance", command)
    assert "Dance a little." in fresh_cli("--help").out
    assert fresh_cli("dance", "--steps", "2").out == "la la \n"
    install("pixrestore-ball", command)
    done = fresh_cli("dance")
    assert done.code == 6
    assert "pixrestore-ball 1.2" in done.error
    assert fresh_cli("--help").code == 0


def test_an_error_in_a_plugins_code_is_told_from_a_bug_of_ours(fresh_cli, install):
    command = (
        _HEAD + "@hookimpl\ndef pixrestore_commands(app):\n    @app.command()\n"
        "    def dance():\n        raise RuntimeError('tripped')\n"
    )
    install("pixrestore-dance", command)
    done = fresh_cli("dance")
    assert done.code == 70
    assert done.error.startswith("plugin pixrestore-dance 1.2 (dance) failed: RuntimeError: trip")


# A task whose options are named as those of commands and of training are.
_CLASH = '''
import sys
from dataclasses import dataclass
from pixrestore import Task, hookimpl, option

@dataclass(frozen=True)
class Fade(Task):
    """Bring back photos that faded."""
    name = "fade"
    seed: int = option(3, help="of the task")
    limit: int = option(4, help="of the task")
    loss: float = option(0.5, help="contrast that is left", min=0.1, max=1)

    def corrupt(self, clean, rng):
        print(self, file=sys.stderr)
        return clean * self.loss

@hookimpl
def pixrestore_tasks():
    return [Fade]
'''

# Runs the command line with a note of what training was asked for in place of it.
_NOTED = """
import sys
import pixrestore.training.start
from pixrestore.cli import main
from pixrestore.plugins.kinds import TASKS
from pixrestore.plugins.loading import load_plugins
def start(asked, **named):
    recipe = dict(asked.recipe)
    loss_options = recipe.pop("loss_options", {})
    task = load_plugins().find(TASKS, asked.task)(**asked.options)
    print(task, asked.seed, recipe, loss_options)
pixrestore.training.start.start = start
sys.exit(main(sys.argv[1:]))
"""


def test_options_of_one_name_all_have_a_flag(fresh_cli, install):
    architecture = (
        "\n@hookimpl\ndef pixrestore_architectures():\n    return [net]\n\n"
        "def net(shape, channels, *, rate: int = 4):\n    'Build a net.'\n"
    )
    install("pixrestore-fade", _CLASH + architecture)
    done = fresh_cli("train", "--task", "fade", "--arch", "net", "--help")
    assert done.code == 0, done.err
    words = set(done.out.split())
    assert {"--seed", "--task-seed", "--loss", "--train-loss", "--rate", "--arch-rate"} <= words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--task-seed 7", "Fade(seed=7, limit=4, loss=0.5) None {} {}"),
        ("--task-seed 7 --seed 1 --limit 2", "Fade(seed=7, limit=2, loss=0.5) 1 {} {}"),
        ("--loss 0.3 --epsilon 1", "Fade(seed=3, limit=4, loss=0.3) None {} {'epsilon': 1.0}"),
        (
            "--loss 0.3 --train-loss chroma_classes --rarity 1",
            "Fade(seed=3, limit=4, loss=0.3) None {'loss': 'chroma_classes'} {'rarity': 1.0}",
        ),
    ],
)
def test_options_of_one_name_arrive_where_they_belong(fresh_cli, install, words, expected):
    install("pixrestore-fade", _CLASH)
    done = fresh_cli("train", "--task", "fade", *words.split(), code=_NOTED)
    assert (done.out, done.err, done.code) == (expected + "\n", "", 0)


def test_options_of_one_name_are_told_apart_when_measuring(fresh_cli, install, tmp_path, samples):
    install("pixrestore-fade", _CLASH)
    _ship(tmp_path, "pixrestore-fade", "fader")
    folder = tmp_path / "models-pixrestore_fade" / "fader"
    description = json.loads((folder / "model.json").read_text())
    description["task"] = {"name": "fade", "options": {"loss": 0.4}}
    (folder / "model.json").write_text(json.dumps(description))
    words = "--task-limit 7 --task-seed 9 --limit 1 --seed 2 --json"
    done = fresh_cli("evaluate", "--model", folder, "--data", samples, *words.split())
    assert (done.code, done.err) == (0, "Fade(seed=9, limit=7, loss=0.4)\n")
    assert json.loads(done.out)["images"] == 1


_FIFTH = """
import sys
from pixrestore import hooks
from pixrestore.plugins import kinds

def named_film(thing):
    return thing["name"], thing

def pixrestore_films():
    "Return the films this plugin adds."

hooks.pixrestore_films = hooks.hookspec(pixrestore_films)
kinds.KINDS = (*kinds.KINDS, kinds.Kind("film", "films", "pixrestore_films", named_film))
from pixrestore.cli import main
sys.exit(main(sys.argv[1:]))
"""

_FILM = """
from pixrestore import hookimpl

@hookimpl
def pixrestore_films():
    return [{{"name": "ortho", "speed": {speed}}}]
"""


def test_a_fifth_kind_of_thing_is_one_entry_of_the_table_and_its_hook(fresh_cli, install):
    install("pixrestore-agfa", _FILM.format(speed=25))
    done = fresh_cli("plugins", "--json", code=_FIFTH)
    [agfa] = [plugin for plugin in json.loads(done.out) if plugin["name"] == "agfa"]
    assert (agfa["films"], agfa["status"], agfa["failures"]) == (["ortho"], "ok", [])
    assert "films ortho" in fresh_cli("plugins", code=_FIFTH).out
    install("pixrestore-kodak", _FILM.format(speed=400))
    done = fresh_cli("doctor", "--json", code=_FIFTH)
    told = [found["text"] for found in json.loads(done.out) if found["topic"] == "plugin"]
    assert any("films 'ortho' is claimed by" in text for text in told)


def test_what_is_built_in_passes_the_checks_of_plugins():
    from pixrestore.plugins.kinds import KINDS
    from pixrestore.plugins.loading import load_plugins

    [builtin] = [plugin for plugin in load_plugins().plugins if plugin.builtin]
    assert builtin.failures == ()
    for kind in KINDS:
        assert builtin.gives(kind)
        for name, thing in builtin.gives(kind).items():
            assert kind.check(thing) == (name, thing)


def test_every_kind_has_its_hook():
    from pixrestore import hooks
    from pixrestore.plugins.kinds import KINDS

    declared = {name for name in vars(hooks) if name.startswith("pixrestore_")}
    # These two add no things with names.
    others = {"pixrestore_commands", "pixrestore_callbacks"}
    assert declared == {kind.hook for kind in KINDS} | others


@pytest.mark.parametrize("word", ["scratches", "Scratched", "dusty", "creases"])
def test_a_task_is_suggested_by_what_it_does(word):
    """Also a stranger's: by its summary, or by words of its own."""

    class Mend(Task):
        """Repair scratches and dust."""

        name = "mend"
        keywords = ("crease",)

        def corrupt(self, clean, rng):
            return clean

    plugin = Plugin("mend", "mend", "1", provided={TASKS: {"mend": Mend}})
    with pytest.raises(UnknownNameError, match=r"did you mean mend\?"):
        Plugins((plugin,)).find(TASKS, word)
    with pytest.raises(UnknownNameError, match=r"did you mean denoise\?"):
        load_plugins().find(TASKS, "grainy")
