"""Training runs side by side: the page, its table, and folders that are not as they should be."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from html_pages import Page

from pixrestore import report
from pixrestore.errors import TrainingError, UsageError

PLAN = {
    "task": {"name": "denoise", "options": {"sigma": [0.0, 55.0]}},
    "recipe": {"architecture": "unet", "rate": 1e-3, "arguments": {"widths": [4, 8]}},
    "data": ["photos"],
    "seed": 0,
    "valid": None,
}
HEAD = "epoch,step,minutes,rate,loss,val_loss,psnr,input_psnr,images_per_second"
ROWS = ["1,50,0.1,0.001,0.3,0.25,20,18,90", "2,100,0.2,0.0005,0.2,0.15,22.5,18,90"]


@pytest.fixture
def run(tmp_path, samples):
    """Make the folder of a run, as it is while the run goes on."""

    def make(name, *, plan=None, rows=ROWS, sheets=2, card="# a card"):
        folder = tmp_path / name
        (folder / "samples").mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps({**PLAN, **(plan or {})}))
        (folder / "history.csv").write_text("\n".join([HEAD, *rows]) + "\n")
        (folder / "README.md").write_text(card)
        photo = sorted(samples.glob("*.jpg"))[0]
        for epoch in range(1, sheets + 1):
            shutil.copy(photo, folder / "samples" / f"epoch-{epoch:04}.png")
        return folder

    return make


def _page(path):
    return Page(path.read_text(encoding="utf-8"))


class TestPage:
    def test_curves_settings_samples_and_cards(self, run, tmp_path):
        other = {"seed": 7, "recipe": {"architecture": "unet", "rate": 3e-3}}
        runs = [run("one"), run("two", plan=other, sheets=1, card="# <b>bold</b>")]
        report(runs).write_html(tmp_path / "page.html")
        page = _page(tmp_path / "page.html")
        assert page.tags["svg"] == 4
        # Two runs of two epochs have a dot each in four plots.
        assert page.tags["circle"] == 2 * 2 * 4
        assert len(page.addresses) == 3
        assert all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
        # The seed, the rate and the widths, which one does not name.
        assert page.classes["differs"] == 3
        assert "recipe.rate ≠" in page.text
        assert "&lt;b&gt;bold" in page.text
        assert "refresh" not in page.text

    def test_samples_of_some_epochs(self, run, tmp_path):
        found = report(run("one", sheets=9))
        found.write_html(tmp_path / "page.html", pictures=3, refresh=5)
        page = _page(tmp_path / "page.html")
        assert [f"<h3>Epoch {n}</h3>" in page.text for n in (1, 5, 9)] == [True] * 3
        assert len(page.addresses) == 3
        assert '<meta http-equiv="refresh" content="5">' in page.text

    def test_a_run_that_has_only_begun(self, run, tmp_path):
        folder = run("one", sheets=0)
        (folder / "history.csv").unlink()
        (folder / "README.md").unlink()
        report(folder).write_html(tmp_path / "page.html")
        assert "No epoch has ended yet." in _page(tmp_path / "page.html").text

    def test_the_table_has_the_best_epoch(self, run):
        found = report([run("one"), run("two", rows=ROWS[::-1])])
        head, rows = found.table
        assert dict(zip(head, rows[0], strict=True)) == {
            "run": "one",
            "task": "denoise",
            "epoch": "2",
            "step": "100",
            "minutes": "0.2",
            "val loss": "0.15",
            "PSNR dB": "22.50",
            "gain dB": "+4.50",
            "state": "goes on, or was stopped",
        }
        assert rows[1][1:] == rows[0][1:]
        assert "two" in str(found)
        assert "two" in found._repr_html_()

    def test_runs_of_one_name_are_told_apart(self, run):
        first, second = run("a/x"), run("b/x")
        assert [one.name for one in report([first, second, first]).runs] == [
            str(first),
            str(second),
        ]

    def test_a_run_that_has_ended(self, tiny_run, cli, tmp_path):
        found = report(tiny_run)
        assert found.ended
        assert len(found.runs[0].rows) == 3
        done = cli("report", tiny_run, "--html", tmp_path / "page.html", "--watch")
        assert done.code == 0, done.err
        assert "reference" in done.out
        assert _page(tmp_path / "page.html").tags["svg"] == 4


class TestHostileFolders:
    def test_no_run(self, cli, tmp_path):
        done = cli("report", tmp_path, "--html", tmp_path / "page.html")
        assert done.code == 8
        assert done.error == f"there is no training run in {tmp_path}: it has no run.json"
        assert not (tmp_path / "page.html").exists()

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"7", b" " * (5 << 20)],
        ids=["empty", "cut", "list", "bytes", "deep", "number", "large"],
    )
    def test_settings_that_are_none(self, run, cli, content, tmp_path):
        (run("one") / "run.json").write_bytes(content)
        done = cli("report", tmp_path / "one", "--html", tmp_path / "page.html")
        assert done.code == 8
        assert "run.json cannot be read" in done.error

    @pytest.mark.parametrize(
        "rows",
        [
            [],
            ["1,50"],
            ["x,y,z"],
            ["1,nan,0.1,inf,1e300,nan,nan,18,90"],
            ['"' + "x" * 200_000],
            ["1,50,0.1,0,0,0,0,0,0", "\0"],
        ],
        ids=["none", "short", "words", "no numbers", "field", "zeros"],
    )
    def test_histories_of_all_kinds(self, run, rows, tmp_path):
        found = report(run("one", rows=rows))
        found.write_html(tmp_path / "page.html")
        _page(tmp_path / "page.html")
        assert str(found)

    def test_settings_of_all_kinds(self, run, tmp_path):
        nested = current = {}
        for _ in range(50):
            current["<i>"] = {}
            current = current["<i>"]
        current["x"] = 1
        plan = {"task": ["denoise"], "recipe": nested, "data": ["x" * 5000] * 9, "\ud800": "\ud800"}
        report(run("one", plan=plan)).write_html(tmp_path / "page.html")
        assert _page(tmp_path / "page.html").tags["i"] == 1  # the key of colours has one

    def test_what_lies_outside_the_folder_is_not_read(self, run, samples, tmp_path):
        folder = run("one", sheets=0)
        secret = tmp_path / "secret.txt"
        secret.write_text("secret of somebody")
        (folder / "README.md").unlink()
        (folder / "README.md").symlink_to(secret)
        (folder / "samples" / "epoch-0001.png").symlink_to(sorted(samples.glob("*.jpg"))[0])
        os.mkfifo(folder / "samples" / "epoch-0002.png")
        report(folder).write_html(tmp_path / "page.html")
        page = _page(tmp_path / "page.html")
        assert "secret" not in page.text
        assert page.addresses == []

    def test_a_sample_that_is_no_picture(self, run, tmp_path):
        folder = run("one", sheets=1)
        (folder / "samples" / "epoch-0001.png").write_bytes(b"no picture")
        report(folder).write_html(tmp_path / "page.html")
        page = _page(tmp_path / "page.html")
        assert page.addresses == []
        assert "epoch-0001.png" in page.text

    def test_what_it_does_not_write(self, run, cli, tmp_path):
        done = cli("report", run("one"), "--html", tmp_path / "photo.png")
        assert done.code == 2
        assert done.error.endswith("photo.png must end in .html")
        with pytest.raises(UsageError, match="empty list"):
            report([])
        with pytest.raises(TrainingError, match="no training run"):
            report("nowhere")
