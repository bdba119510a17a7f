"""The command line: what it shows, what it passes on, and how it fails."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pixrestore.training.start
from pixrestore.model.folder import load_model
from pixrestore.tables import as_json
from pixrestore.tasks import Colorize, Denoise


@pytest.fixture
def trained(monkeypatch):
    """Replace training by a note of what it was asked for."""
    noted = {}

    def start(asked, **named):
        noted.update(vars(asked) | named)

    monkeypatch.setattr(pixrestore.training.start, "start", start)
    return noted


def _photo(path, side=24):
    noise = np.random.default_rng(0).integers(0, 255, (side, side, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return path


class TestHelp:
    def test_lists_the_commands_by_purpose(self, cli):
        done = cli("--help")
        assert done.code == 0
        for word in ("Restore photos:", "Train and measure:", "See what there is:", "doctor"):
            assert word in done.out
        assert cli().out == done.out

    def test_of_train_has_the_options_of_task_settings_loss_and_architecture(self, cli):
        text = " ".join(cli("train", "--task", "denoise", "--help").out.split())
        assert "Options of the task denoise: --sigma float 0..255 or low,high" in text
        assert (
            "Standard deviation of Gaussian noise, on a scale of 0 to 255. [default: 0,50]" in text
        )
        assert "--camera float 0..1" in text
        assert "Training settings:" in text
        assert "--batch int" in text
        assert "Options of the loss charbonnier: --epsilon float 0.." in text
        assert "Arguments of the architecture unet: --widths int,..." in text
        assert "--saturation" not in text

    def test_of_train_alone_is_about_the_default_task(self, cli):
        text = cli("train", "--help").out
        assert "Options of the task colorize:" in text
        assert "--space lab|rgb" in text

    def test_of_train_follows_architecture_and_loss(self, cli):
        text = cli("train", "--arch=bottleneck", "--loss", "chroma_classes", "--help").out
        assert "--code int" in text
        assert "--widths" not in text
        assert "--temperature float 0.05..1" in text
        assert "--epsilon" not in text

    def test_of_restoring_has_only_what_takes_effect_then(self, cli):
        text = cli("denoise", "--help").out
        assert "--strength float 0..1" in text
        assert "--sigma" not in text
        assert "--saturation" in cli("restore", "--task", "colorize", "--help").out
        assert "--strength" not in cli("restore", "--help").out

    def test_of_restoring_shows_the_values_of_the_model_that_is_used(self, cli):
        for words in (
            ["colorize"],
            ["restore", "--task", "colorize"],
            ["evaluate", "--task", "colorize"],
        ):
            text = " ".join(cli(*words, "--help").out.split())
            assert "--saturation float" in text
            value = load_model("colorize").task.saturation
            assert value != Colorize().saturation
            shown = text.split("--saturation ")[1].split("[default: ")[1].split("]")[0]
            assert float(shown) == value

    def test_with_a_model_is_about_the_models_task_and_shows_its_values(self, cli, tiny_denoiser):
        assert "--strength" in cli("restore", "--model", tiny_denoiser, "--help").out
        assert "--sigma" in cli("evaluate", "--model", tiny_denoiser, "--help").out
        text = " ".join(cli("train", "--init", tiny_denoiser, "--help").out.split())
        assert "finest first. [default: 4,8]" in text


class TestLists:
    @pytest.mark.parametrize("command", ["tasks", "architectures", "losses", "models", "plugins"])
    def test_are_for_people_and_programs(self, cli, command):
        done = cli(command, "--json")
        assert (done.code, done.err) == (0, "")
        for row in json.loads(done.out):
            assert row["name"] in cli(command).out

    def test_tasks_tell_type_range_default_and_help(self, cli):
        [denoise] = [
            row for row in json.loads(cli("tasks", "--json").out) if row["name"] == "denoise"
        ]
        [sigma] = [option for option in denoise["options"] if option["name"] == "sigma"]
        assert sigma["type"] == "float 0..255 or low,high"
        assert sigma["default"] == [0.0, 50.0]
        assert sigma["help"]
        assert "--sigma float 0..255 or low,high" in cli("tasks", "--verbose").out

    def test_version(self, cli):
        assert cli("--version").out == f"pixrestore {pixrestore.__version__}\n"


class TestTrain:
    def test_passes_on_only_what_was_given(self, cli, trained):
        assert cli("train").code == 0
        assert trained.pop("task") == "colorize"
        assert trained.pop("command").startswith("pixrestore")
        given = {name: value for name, value in trained.items() if value}
        assert given == {}

    def test_sorts_options_to_where_they_belong(self, cli, trained, tmp_path):
        words = "train --task denoise --sigma 25 --camera 0 --batch 2 --epsilon 0.01 --widths 4,8"
        done = cli(*words.split(), "--minutes", "0.5", "--seed", "7", "--out", tmp_path / "run")
        assert done.code == 0
        assert Denoise(**trained["options"]) == Denoise(sigma=25, camera=0)
        assert trained["recipe"] == {
            "batch": 2,
            "loss_options": {"epsilon": 0.01},
            "arguments": {"widths": (4, 8)},
        }
        assert (trained["minutes"], trained["seed"]) == (0.5, 7)
        assert trained["out"] == tmp_path / "run"

    def test_takes_the_task_of_the_model_it_starts_from(self, cli, trained, tiny_denoiser):
        assert cli("train", "--init", tiny_denoiser, "--sigma", "10").code == 0
        assert (trained["task"], trained["options"]) == ("denoise", {"sigma": (10, 10)})

    def test_offers_the_options_of_the_loss_that_the_tasks_options_call_for(self, cli, trained):
        assert cli("train", "--space", "rgb", "--epsilon", "0.01").code == 0
        assert (trained["task"], trained["options"]) == ("colorize", {"space": "rgb"})
        assert trained["recipe"]["loss_options"] == {"epsilon": 0.01}
        assert cli("train", "--space=cmyk", "--rarity", "1").error.endswith("lab|rgb, not 'cmyk'")

    def test_resumes_the_run_in_a_folder_whatever_its_task(self, cli, trained, planned):
        words = ["train", "--resume", "--out", planned, "--steps", "4", "--patience", "0"]
        assert cli(*words).code == 0
        assert trained["task"] is None
        assert (trained["resume"], trained["steps"], trained["patience"]) == (True, 4, 0)

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            ("--sigma 9 --seed 3", "--seed 0, not 3, --sigma 0.0,50.0, not 9.0,9.0"),
            (
                "--corrupt-on cpu --epsilon 1",
                "--corrupt-on auto, not cpu, --epsilon 0.001, not 1.0",
            ),
            ("--widths 4,8", "--widths 32,64,128, not 4,8"),
        ],
    )
    def test_refuses_settings_that_differ_when_resuming(self, cli, planned, words, named):
        done = cli("train", "--resume", "--out", planned, *words.split())
        assert done.code == 2
        said = f"the run in {planned} has {named}: leave that out, or choose another --out"
        assert done.error == said

    def test_refuses_to_resume_a_run_for_another_task(self, cli, planned):
        done = cli("train", "--resume", "--out", planned, "--task", "colorize")
        assert done.code == 2
        assert done.error == (
            f"the run in {planned} is for denoise, not for colorize: leave out --task, "
            "or choose another --out"
        )


class TestRestore:
    def test_one_photo_to_a_file_with_a_comparison(self, cli, tiny_denoiser, tmp_path):
        source, result = _photo(tmp_path / "in.png"), tmp_path / "out.png"
        done = cli("denoise", source, "-m", tiny_denoiser, "-o", result, "--compare")
        assert (done.code, done.err) == (0, "")
        assert Image.open(result).size == (24, 24)
        assert str(result) in done.out
        assert "before | after" in done.out

    def test_a_result_is_marked_unless_the_user_says_no(self, cli, tiny_denoiser, tmp_path):
        source, result = _photo(tmp_path / "in.png"), tmp_path / "out.jpg"
        mark = b"digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
        for flags, said in (((), True), (("--no-mark",), False)):
            done = cli("denoise", source, "-m", tiny_denoiser, "-o", result, "--overwrite", *flags)
            assert done.code == 0
            assert (mark in result.read_bytes()) is said
            assert (b"pixrestore" in result.read_bytes()) is said

    def test_a_model_knows_its_task(self, cli, tiny_denoiser, tmp_path):
        result = tmp_path / "out.png"
        done = cli(
            "restore", _photo(tmp_path / "in.png"), "--model", tiny_denoiser, "-o", result,
            "--strength", "0",
        )  # fmt: skip
        assert done.code == 0
        same = np.asarray(Image.open(result)) == np.asarray(Image.open(tmp_path / "in.png"))
        assert same.all()

    def test_a_bad_photo_does_not_stop_the_others(self, cli, tiny_denoiser, tmp_path):
        photos = tmp_path / "photos"
        photos.mkdir()
        _photo(photos / "a.png")
        (photos / "b.png").write_bytes(b"no photo")
        _photo(photos / "c.png")
        done = cli("denoise", photos, "-m", tiny_denoiser, "-o", tmp_path / "out")
        assert done.code == 4
        assert "b.png" in done.error
        assert "2 restored, 1 failed" in done.out
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]

    def test_another_tasks_model_is_refused(self, cli, tiny_denoiser):
        done = cli("colorize", "old.jpg", "--model", tiny_denoiser)
        assert done.code == 2
        assert "is for denoise, not for colorize" in done.error


_MARK = b"compositeWithTrainedAlgorithmicMedia"


class TestStreams:
    """``-`` is standard input and output."""

    def run(self, folder, *words, given=b""):
        return subprocess.run(
            [sys.executable, "-m", "pixrestore", "denoise", *map(str, words)],
            cwd=folder, input=given, capture_output=True, timeout=60, check=False,
        )  # fmt: skip

    def test_a_photo_goes_through_and_nothing_else_comes_out(self, tiny_denoiser, tmp_path):
        content = _photo(tmp_path / "in.png").read_bytes()
        done = self.run(tmp_path, "-", "-m", tiny_denoiser, "--strength", "0", given=content)
        assert (done.returncode, done.stderr) == (0, b"")
        with Image.open(io.BytesIO(done.stdout)) as image:
            assert image.format == "PNG"
            assert (np.asarray(image) == np.asarray(Image.open(tmp_path / "in.png"))).all()
        named = self.run(tmp_path, "in.png", "-o", "-", "-m", tiny_denoiser, "--strength", "0")
        assert named.stdout == done.stdout
        assert [path.name for path in tmp_path.iterdir()] == ["in.png"]

    def test_a_result_may_have_a_name(self, tiny_denoiser, tmp_path):
        content = _photo(tmp_path / "in.png").read_bytes()
        done = self.run(tmp_path, "-", "-o", "out.jpg", "-m", tiny_denoiser, given=content)
        assert done.stdout.splitlines() == [b"standard input -> out.jpg"]
        with Image.open(tmp_path / "out.jpg") as image:
            assert image.format == "JPEG"

    def test_options_hold_for_streams_too(self, tiny_denoiser, samples, tmp_path):
        whole = (samples / "cat.jpg").read_bytes()
        words = ("-", "-m", tiny_denoiser)
        assert _MARK in self.run(tmp_path, *words, given=whole).stdout
        assert _MARK not in self.run(tmp_path, *words, "--no-mark", given=whole).stdout
        cut = whole[: len(whole) // 2]
        assert self.run(tmp_path, *words, given=cut).returncode == 4
        done = self.run(tmp_path, *words, "--damaged", given=cut)
        assert done.returncode == 0
        assert b"of its pixels are missing" in done.stderr
        with Image.open(io.BytesIO(done.stdout)) as image, Image.open(samples / "cat.jpg") as cat:
            assert image.size == cat.size

    def test_what_a_format_cannot_hold_is_told_before_the_work(self, tiny_denoiser, tmp_path):
        Image.new("L", (16_400, 1)).save(tmp_path / "wide.png")
        content = (tmp_path / "wide.png").read_bytes()
        done = self.run(tmp_path, "-", "-o", "out.webp", "-m", tiny_denoiser, given=content)
        assert done.returncode == 10
        assert b"WEBP holds at most 16383 pixels a side" in done.stderr
        assert not (tmp_path / "out.webp").exists()

    @pytest.mark.parametrize(
        ("words", "code", "message"),
        [
            ("-", 4, "standard input: the image: the file is empty"),
            ("missing.jpg -o -", 4, "cannot read missing.jpg"),
            ("- other.jpg", 2, "- stands for one photo"),
            (". -o -", 2, "- stands for one photo"),
            ("- -o folder", 2, "set --out to a file, or to -"),
            ("- --compare", 2, "--compare needs a photo's name"),
        ],
    )
    def test_what_cannot_be_is_one_line(
        self, cli, tiny_denoiser, tmp_path, monkeypatch, words, code, message
    ):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
        done = cli("denoise", *words.split(), "-m", tiny_denoiser)
        assert (done.code, done.out) == (code, "")
        assert message in done.error
        assert list(tmp_path.iterdir()) == []

    def test_only_photos_go_there(self, cli, tiny_denoiser, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for words in (["export", tiny_denoiser], ["train"], ["new-plugin", "fog"]):
            done = cli(*words, "-o", "-")
            assert done.code == 2
            assert "cannot be written to standard output" in done.error
        assert list(tmp_path.iterdir()) == []


class TestOutput:
    def test_text_that_a_console_cannot_show_ends_no_job(self, tiny_denoiser, tmp_path):
        (tmp_path / "日本").mkdir()
        _photo(tmp_path / "日本" / "é.png")
        (tmp_path / "日本" / "ü.png").write_bytes(b"no photo")
        done = subprocess.run(
            [sys.executable, "-m", "pixrestore", "denoise", "日本", "-m", str(tiny_denoiser)],
            cwd=tmp_path, capture_output=True, timeout=60, check=False,
            env={**os.environ, "PYTHONIOENCODING": "cp1252:strict"},
        )  # fmt: skip
        assert done.returncode == 4, done.stderr
        assert b"\\u65e5\\u672c-denoise/\xe9.png" in done.stdout
        assert b"\\u65e5\\u672c/\xfc.png" in done.stderr
        assert (tmp_path / "日本-denoise" / "é.png").exists()

    def test_json_stays_json_there(self, monkeypatch):
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
        text = as_json({"name": "é日𝄞"})
        assert text.isascii()
        assert json.loads(text) == {"name": "é日𝄞"}


class TestEvaluate:
    def test_prints_figures_beside_the_inputs(self, cli, tiny_denoiser, samples):
        words = ["evaluate", "--model", tiny_denoiser, "--data", samples, "--limit", "1"]
        figures = json.loads(cli(*words, "--sigma", "25", "--json").out)
        assert figures["task"] == "denoise"
        assert figures["images"] == 1
        kinds = [method["kind"] for method in figures["methods"].values()]
        assert kinds == ["input", "model"]
        noisy = figures["methods"]["input"]["figures"]
        assert set(noisy) == {"psnr", "ssim"}
        assert 19 < noisy["psnr"]["mean"] < 22
        table = cli(*words, "--sigma", "25").out
        assert "PSNR dB" in table
        assert f"{noisy['psnr']['mean']:.2f}" in table

    def test_compares_and_reports(self, cli, tiny_denoiser, samples, tmp_path):
        files = [tmp_path / "rows.csv", tmp_path / "page.html"]
        words = ["evaluate", "--data", samples, "--limit", "1", "--baselines"]
        words += ["--model", tiny_denoiser, "--model", "denoise", "--sigma", "25"]
        done = cli(*words, "--csv", files[0], "--html", files[1])
        assert done.code == 0
        for name in (tiny_denoiser.name, "denoise", "non-local means"):
            assert f"\n{name} " in done.out
        assert len(files[0].read_text().splitlines()) == 2
        assert files[1].read_text().count("<img") > 4

    def test_a_report_has_the_right_ending_before_anything_is_measured(self, cli, samples):
        done = cli("evaluate", "--task", "denoise", "--data", samples, "--csv", "rows.txt")
        assert (done.code, done.out) == (2, "")
        assert "rows.txt must end in .csv" in done.error


def test_models_are_listed_with_their_licence(cli):
    head, *rows = cli("models").out.splitlines()
    assert "licence" in head.split()
    assert any("for research: the t…" in row for row in rows)


class TestPack:
    def test_copies_only_what_a_model_is(self, cli, tiny_denoiser, tmp_path):
        run, out = tiny_denoiser, tmp_path / "to" / "mine"
        assert (run / "samples").is_dir()  # with pictures of the photos it was trained with
        words = ["pack", run, "-o", out, "--license", "CC-BY-4.0", "--trained-on", "my photos"]
        done = cli(*words)
        assert done.code == 0, done.error
        names = {"model.json", "model.weights.h5", "README.md"}
        assert names <= {path.name for path in out.iterdir()} <= {*names, "model.onnx"}
        said = json.loads((out / "model.json").read_text())
        assert (said["licence"], said["training"]["data"]) == ("CC-BY-4.0", "my photos")
        size = {f: (f / "model.weights.h5").stat().st_size for f in (run, out)}
        assert size[out] < size[run]
        card = (out / "README.md").read_text()
        assert card.startswith("---\nlibrary_name: pixrestore\n")
        assert "\nlicense: cc-by-4.0\n" in card.split("---")[1]
        assert "# mine" in card
        assert cli(*words).code == 10  # it exists
        assert [path.name for path in out.parent.iterdir()] == ["mine"]

    def test_says_what_is_missing(self, cli, tiny_denoiser, tmp_path):
        words = ["pack", tiny_denoiser, "-o", tmp_path / "mine"]
        assert "Missing option '--trained-on'" in cli(*words).error
        done = cli(*words, "--trained-on", "my photos")
        assert (done.code, "set --license to the terms" in done.error) == (2, True), done.error
        assert not (tmp_path / "mine").exists()


class TestErrors:
    def test_a_photo_that_may_not_be_read_is_no_wrong_option(
        self, cli, tiny_denoiser, tmp_path, monkeypatch
    ):
        source = _photo(tmp_path / "in.png")
        opened = Path.open

        def refusing(self, *given, **named):  # root may read anything, whatever the mode
            if self == source:
                raise PermissionError(errno.EACCES, "Permission denied", str(self))
            return opened(self, *given, **named)

        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != source)
        monkeypatch.setattr(Path, "open", refusing)
        done = cli("denoise", source, "-m", tiny_denoiser)
        assert done.code == 4
        assert f"cannot read {source}: Permission denied" in done.error

    @pytest.mark.parametrize(
        ("words", "code", "message"),
        [
            ("train --task denoze", 3, "there is no task 'denoze': did you mean denoise?"),
            ("train --arch unett", 3, "did you mean unet?"),
            ("train --task denoise --sigma 300", 2, "--sigma must be float 0..255 or low,high"),
            ("train --task denoise --sigma 60,40", 2, "not '60,40'"),
            ("train --task denoise --space rgb", 2, "No such option"),
            ("train --epochs many", 2, "--epochs"),
            ("train --task", 2, "requires an argument (see pixrestore train --help)"),
            ("colorise", 2, "Did you mean 'colorize'?"),
            ("denoise", 2, "Missing argument 'IN"),
            ("restore old.jpg", 2, "name a --task or a --model"),
            ("evaluate --data .", 2, "name a --task or a --model"),
            ("restore old.jpg --model nowhere", 3, "nowhere"),
            ("denoise x.jpg --model .", 5, "no model folder"),
            ("evaluate --task denoise", 2, "Missing option '--data'"),
        ],
    )
    def test_are_one_line_with_a_code(self, cli, words, code, message):
        done = cli(*words.split())
        assert done.code == code
        assert message in done.error
        assert done.out == ""

    def _failing(self, monkeypatch, error):
        def fail(*_, **__):
            raise error

        monkeypatch.setattr(pixrestore.training.start, "start", fail)

    def test_a_bug_is_called_one_and_tracebacks_can_be_asked_for(self, cli, monkeypatch):
        self._failing(monkeypatch, ZeroDivisionError("oops"))
        done = cli("train")
        assert done.code == 70
        assert "this is a bug" in done.error
        assert "ZeroDivisionError: oops; PIXRESTORE_DEBUG=1 shows where" in done.error
        done = cli("--debug", "train")
        assert done.code == 70
        assert "Traceback" in done.err

    @pytest.mark.parametrize(
        ("error", "code", "message"),
        [
            (KeyboardInterrupt(), 130, "stopped"),
            (MemoryError(), 9, "out of memory"),
            (OSError(28, "No space left on device", "out"), 10, "out: No space left on device"),
        ],
    )
    def test_what_the_machine_or_the_user_does(self, cli, monkeypatch, error, code, message):
        self._failing(monkeypatch, error)
        done = cli("train")
        assert (done.code, done.error) == (code, message)

    @pytest.mark.skipif(os.name == "nt", reason="pipes differ")
    def test_a_reader_that_leaves_hears_nothing(self):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "w") as gone:  # noqa: PTH123
            done = subprocess.run(
                [sys.executable, "-m", "pixrestore", "tasks", "--json"],
                stdout=gone,
                stderr=subprocess.PIPE,
                timeout=60,
                check=False,
            )
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.slow
def test_doctor_looks_at_everything(cli):
    done = cli("doctor", "--json")
    findings = {finding["topic"]: finding for finding in json.loads(done.out)}
    assert {"python", "tensorflow", "backend", "threads", "memory"} <= set(findings)
    assert findings["backend"]["status"] == "ok"
    problems = [finding for finding in findings.values() if finding["status"] == "problem"]
    assert done.code == (1 if problems else 0)
    assert done.err == ""


def test_doctor_finds_an_altered_model(cli, tiny_denoiser, tmp_path, monkeypatch):
    import shutil

    from pixrestore.plugins.kinds import MODELS
    from pixrestore.plugins.registry import Plugin, Plugins

    copy = shutil.copytree(tiny_denoiser, tmp_path / "mine")
    with (copy / "model.weights.h5").open("ab") as weights:
        weights.write(b"more")
    plugins = Plugins((Plugin("mine", "mine", "1", provided={MODELS: {"mine": copy}}),))
    real = pixrestore.plugins.loading.load_plugins()
    both = Plugins((*real.plugins, *plugins.plugins))
    monkeypatch.setattr("pixrestore.cli.doctor.known_models", lambda: both)
    done = cli("doctor")
    assert done.code == 1
    altered, more = [line for line in done.out.splitlines() if "mine" in line]
    assert altered.startswith("PROBLEM")
    assert "sha256" in altered
    # It is a run's folder, with pictures of the photos that it was validated on.
    assert more.startswith("note")
    assert "samples/" in more
