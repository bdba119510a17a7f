"""Reading the command line: whatever the parser understands decides which options there are."""

from __future__ import annotations

import pytest

import pixrestore.cli.restore
import pixrestore.training.start
from pixrestore.tasks import Denoise


@pytest.fixture
def asked(monkeypatch):
    """Replace restoring and training by a note of what they were asked for."""
    notes = {}

    def restore(tasks, models, job, given):
        notes.update(tasks=list(tasks), models=list(models), out=job.out and str(job.out))
        notes.update(inputs=[str(path) for path in job.inputs], options=given["task"])
        return 0

    def start(asked, **named):
        notes.update(vars(asked) | named)

    monkeypatch.setattr(pixrestore.cli.restore, "_restore_photos", restore)
    monkeypatch.setattr(pixrestore.training.start, "start", start)
    return notes


@pytest.mark.parametrize(
    ("words", "tasks", "models", "inputs"),
    [
        ("restore -mdenoise x.jpg --strength 0.5", [], ["denoise"], ["x.jpg"]),
        ("restore -m denoise x.jpg --strength 0.5", [], ["denoise"], ["x.jpg"]),
        ("restore -m=denoise --task denoise x.jpg --strength=0.5", None, None, None),
        ("restore --model=denoise x.jpg --strength=0.5", [], ["denoise"], ["x.jpg"]),
        ("restore --strength 0.5 x.jpg y.jpg --model denoise", [], ["denoise"], ["x.jpg", "y.jpg"]),
        ("restore --strength=0.5 -mdenoise -- x.jpg", [], ["denoise"], ["x.jpg"]),
        ("restore --task denoise --strength 0.5 -- --task colorize", ["denoise"], [], None),
        ("restore --task=denoise --strength 0.5 x.jpg", ["denoise"], [], ["x.jpg"]),
        (
            "restore x.jpg --task denoise --task=colorize --strength 0.5 --saturation 1",
            ["denoise", "colorize"],
            [],
            ["x.jpg"],
        ),
        (
            "restore -mdenoise x.jpg --model colorize --strength 0.5 --saturation 1",
            [],
            ["denoise", "colorize"],
            ["x.jpg"],
        ),
        ("restore -o --task -mdenoise x.jpg --strength 0.5", [], ["denoise"], ["x.jpg"]),
        ("restore --task denoise -o=--model x.jpg --strength 0.5", ["denoise"], [], ["x.jpg"]),
        ("restore --out --model=y --task denoise x.jpg --strength 0.5", ["denoise"], [], None),
        ("denoise -mdenoise x.jpg --strength 0.5", ["denoise"], ["denoise"], ["x.jpg"]),
        ("denoise --strength 0.5 x.jpg", ["denoise"], [], ["x.jpg"]),
        ("denoise -o --model x.jpg --strength 0.5", ["denoise"], [], ["x.jpg"]),
        ("--debug restore -mdenoise x.jpg --strength 0.5", [], ["denoise"], ["x.jpg"]),
        ("--no-plugins --debug denoise x.jpg --strength 0.5", ["denoise"], [], ["x.jpg"]),
    ],
)
def test_every_spelling_brings_the_options_of_the_task(
    cli, asked, monkeypatch, words, tasks, models, inputs
):
    monkeypatch.setenv("PIXRESTORE_PLUGINS", "")
    done = cli(*words.split())
    if tasks is None:
        # The parser takes "=denoise" for the name, here as in the end.
        assert (done.code, asked) == (3, {})
        assert "'=denoise'" in done.error
        return
    assert (done.code, done.err) == (0, "")
    assert (asked["tasks"], asked["models"]) == (tasks, models)
    assert asked["options"]["strength"] == 0.5
    assert inputs is None or asked["inputs"] == inputs


@pytest.mark.parametrize(
    ("words", "task", "recipe"),
    [
        ("--task=denoise --sigma 9", Denoise(sigma=9), {}),
        ("--sigma 9 --task colorize --task denoise", Denoise(sigma=9), {}),
        (
            "--task denoise --arch=bottleneck --code 8",
            Denoise(),
            {"architecture": "bottleneck", "arguments": {"code": 8}},
        ),
        (
            "--code 8 --arch bottleneck --task denoise",
            Denoise(),
            {"architecture": "bottleneck", "arguments": {"code": 8}},
        ),
        (
            "--task denoise --epsilon=0.01 --loss charbonnier",
            Denoise(),
            {"loss_options": {"epsilon": 0.01}, "loss": "charbonnier"},
        ),
    ],
)
def test_task_architecture_and_loss_of_training(cli, asked, words, task, recipe):
    done = cli("train", *words.split())
    assert (done.code, done.err) == (0, "")
    assert (asked["task"], Denoise(**asked["options"])) == ("denoise", task)
    assert asked["recipe"] == recipe


def test_the_run_to_resume_is_where_the_parser_finds_it(cli, asked, planned):
    assert cli("train", f"-o{planned}", "--resume", "--sigma", "9").code == 0
    assert asked["options"] == {"sigma": (9.0, 9.0)}


def test_errors_are_those_of_the_second_reading(cli):
    assert cli("restore", "-mdenoise", "x.jpg", "--stren", "1").error.startswith(
        "No such option: --stren"
    )
    done = cli("restore", "-mdenoise", "x.jpg", "--overwrite=1")
    assert (done.code, "does not take a value" in done.error) == (2, True)
    assert cli("restore", "x.jpg", "--task").error.endswith("(see pixrestore restore --help)")
    assert cli("--nothing", "restore").error.endswith("(see pixrestore --help)")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("restore -mdenoise --str", "--strength"),
        ("restore --task=colorize --sat", "--saturation"),
        ("train --arch bottleneck --cod", "--code"),
        ("restore --model nowhere --over", "--overwrite"),
        ("resto", "restore"),
        ("--no-plug", "--no-plugins"),
    ],
)
def test_completes_the_options_of_the_task(cli, capfd, monkeypatch, typed, offered):
    monkeypatch.setenv("_PIXRESTORE_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", f"pixrestore {typed}")
    with pytest.raises(SystemExit):
        cli()
    assert offered in capfd.readouterr().out
