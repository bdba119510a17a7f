"""What a run starts from: the same in `--help` as in Python."""

from __future__ import annotations

import re

import pytest

from pixrestore.cli.option_groups import shown
from pixrestore.model.lookup import default_model
from pixrestore.options import options_of
from pixrestore.recipe import Recipe
from pixrestore.tasks import Colorize, Denoise
from pixrestore.training.defaults import suggested_recipe
from pixrestore.training.plan import settle_recipe

# A task with each value of each option that is a choice, as words and in Python.
TASKS = [
    (words, kind(**options))
    for kind in (Colorize, Denoise)
    for words, options in [
        ([], {}),
        *(
            (["--" + option.name.replace("_", "-"), str(value)], {option.name: value})
            for option in options_of(kind)
            for value in option.choices
        ),
    ]
]


def _default(text, name):
    """Return the default that `--help` shows for an option."""
    flag = name.replace("_", "-")
    [found] = re.findall(rf" --{flag} (?:(?! --).)*?\[default: ([^\]]*)\]", text)
    return found


@pytest.mark.parametrize("chosen", [{}, {"arch": "bottleneck"}, {"loss": "perceptual"}])
@pytest.mark.parametrize(("words", "task"), TASKS)
def test_help_shows_what_python_settles(cli, words, task, chosen):
    given = [word for name, value in chosen.items() for word in (f"--{name}", value)]
    done = cli("train", "--task", task.name, *words, *given, "--help")
    text = " ".join(done.out.split())
    names = {"arch": "architecture", "loss": "loss"}
    recipe = settle_recipe(task, {names[name]: value for name, value in chosen.items()})
    assert f"Options of the loss {recipe.loss}:" in text or recipe.loss == "binary_crossentropy"
    assert f"Arguments of the architecture {recipe.architecture}:" in text
    for option in options_of(Recipe):
        if option.name not in ("architecture", "arguments", "loss_options"):
            assert _default(text, option.name) == shown(getattr(recipe, option.name)), option.name
    for name, value in {**recipe.arguments, **recipe.loss_options}.items():
        assert _default(text, name) == shown(value), name


def test_a_value_that_cannot_be_leaves_the_error_to_the_command(cli):
    done = cli("train", "--space", "cmyk", "--epochs", "1")
    assert (done.code, done.error) == (2, "--space must be lab|rgb, not 'cmyk'")


def test_help_shows_the_network_of_the_model_to_start_from(cli):
    text = " ".join(cli("train", "--task", "colorize", "--init", "denoise", "--help").out.split())
    blocks = default_model("denoise").arguments["blocks"]
    assert blocks != Denoise.recipe.arguments.get("blocks")
    assert _default(text, "blocks") == ",".join(map(str, blocks))
    assert _default(text, "widths") == "32,64,128"


class TestStartingFromAModel:
    # Without most arguments, which are the architecture's own defaults.
    first = Recipe("unet", {"blocks": (1, 1, 1)}, "chroma_classes", {"rarity": 1.0})

    def test_takes_its_architecture_and_loss_whole(self):
        recipe = suggested_recipe(Colorize(), first=self.first)
        assert recipe.arguments == {"blocks": (1, 1, 1)}
        assert (recipe.loss, recipe.loss_options) == ("chroma_classes", {"rarity": 1.0})
        assert recipe.decay == Colorize.recipe.decay

    def test_yields_to_what_is_asked_for(self):
        recipe = suggested_recipe(Denoise(), "bottleneck", "charbonnier", self.first)
        assert (recipe.architecture, dict(recipe.arguments)) == ("bottleneck", {})
        assert (recipe.loss, dict(recipe.loss_options)) == ("charbonnier", {})
        assert (recipe.batch, recipe.crops) == (50, 16)

    def test_python_changes_it(self):
        changes = {"arguments": {"stop": 1}, "batch": 2, "loss_options": {"step": 20}}
        recipe = settle_recipe(Colorize(), changes, first=self.first)
        assert recipe.arguments == {"blocks": (1, 1, 1), "stop": 1}
        assert recipe.loss_options == {"rarity": 1.0, "step": 20.0}
        assert recipe.batch == 2
