"""Models installed from anywhere, published, removed; what is no model's stays out."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import stat
import struct
import zipfile
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest
from hub_server import TOKEN, Hub, serving

import pixrestore
from pixrestore.description import models_in
from pixrestore.errors import ModelError, OutputError, UnknownNameError, UsageError
from pixrestore.model.hub import cached_model
from pixrestore.model.installed import read_record
from pixrestore.sharing.archive import unpack
from pixrestore.sharing.install import install_model, remove_model
from pixrestore.sharing.push import push_model

DENOISE = Path(pixrestore.__file__).parent / "models" / "denoise"
PARTS = {"model.json", "model.weights.h5", "model.onnx", "README.md"}
PHOTO = np.full((8, 8, 3), 90, np.uint8)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Return the folder of installed models; what is kept for the user is in `tmp_path` too."""
    monkeypatch.setenv("PIXRESTORE_MODELS", str(tmp_path / "own"))
    for name in ("CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path / "own"


@pytest.fixture
def run(tmp_path):
    """Return the folder of a model with what a training run leaves beside it."""
    folder = Path(shutil.copytree(DENOISE, tmp_path / "fast"))
    (folder / "samples").mkdir()
    (folder / "samples" / "epoch-001.png").write_bytes(b"a private photo")
    (folder / "checkpoint.weights.h5").write_bytes(b"much")
    return folder


@pytest.fixture
def hub(monkeypatch):
    with serving(Hub()) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield hub


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def contents(folder, top=""):
    return {top + name: (folder / name).read_bytes() for name in PARTS}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_a_folder_is_installed_listed_used_and_removed(cli, run, home):
    done = cli("models", "install", run)
    assert (done.code, done.error) == (0, "left out: checkpoint.weights.h5, samples/")
    assert names(home / "fast") == PARTS | {"installed.json"}
    [row] = [row for row in json.loads(cli("models", "--json").out) if row["name"] == "fast"]
    assert (row["task"], row["plugin"], row["from"]) == ("denoise", "", str(run))
    assert row["record"]["sha256"] == sha256(run / "model.json")
    head, *lines = cli("models").out.splitlines()
    assert head.split() == ["name", "task", "size", "figures", "licence", "from"]
    assert any(line.startswith("fast ") and line.endswith(str(run)) for line in lines)

    expected = pixrestore.restore(PHOTO, model=DENOISE)
    np.testing.assert_array_equal(pixrestore.restore(PHOTO, model="fast"), expected)
    # The task's own model has its name, so one more does not make it doubtful.
    np.testing.assert_array_equal(pixrestore.denoise(PHOTO), expected)

    assert cli("models", "install", run).code == OutputError.exit_code
    assert cli("models", "install", run, "--overwrite").code == 0
    assert cli("models", "install", run, "--name", "other").code == 0
    assert cli("models", "remove", "fast").code == 0
    assert names(home) == {"other"}
    with pytest.raises(UnknownNameError, match="did you mean other"):
        remove_model("othr")


def test_a_name_that_a_plugins_model_has_is_refused(run):
    with pytest.raises(UsageError, match="has a model 'denoise': set `name` to another"):
        install_model(str(DENOISE))
    with pytest.raises(UsageError, match="comes with pixrestore"):
        remove_model("denoise")
    for name in ("../up", ".hidden", "a/b", "", "-x"):
        with pytest.raises((UsageError, UnknownNameError)):
            install_model(str(run / "none"), name=name)


def test_a_failed_install_leaves_what_was_there(run, home):
    install_model(str(run))
    before = contents(home / "fast")
    (run / "model.weights.h5").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"fast.model\.weights\.h5 was altered"):
        install_model(str(run), overwrite=True)
    assert contents(home / "fast") == before
    assert names(home) == {"fast"}
    (home / "pictures").mkdir()
    with pytest.raises(OutputError, match="holds something else than a model"):
        install_model(str(DENOISE), name="pictures", overwrite=True)


@pytest.mark.parametrize("top", ["", "deep/fast/"])
def test_a_zip_file_is_installed(tmp_path, home, top):
    files = contents(DENOISE, top) | {top + "notes.txt": b"hi", "./": b""}
    packed = zipped(tmp_path / "quick.zip", files)
    done = install_model(str(packed), sha256=sha256(packed).upper())
    assert done.left_out == [top + "notes.txt"]
    assert names(home / "quick") == PARTS | {"installed.json"}
    assert read_record(home / "quick")["sha256"] == sha256(packed)
    with pytest.raises(ModelError, match=f"is another file: its sha256 is {sha256(packed)}"):
        install_model(str(packed), name="again", sha256="0" * 64)
    with pytest.raises(UsageError, match="64 digits"):
        install_model(str(packed), name="again", sha256="abc")
    assert names(home) == {"quick"}


def _link(path):
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("model.onnx")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")


def _garbage(path):
    path.write_bytes(b"no archive")


def _cut(path):
    path.write_bytes(path.read_bytes()[:-30])


def _spoiled(path):
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("extra", "spoil", "message"),
    [
        ({"../model.json": b"{}"}, None, "leads out of it"),
        ({"/etc/x": b""}, None, "leads out of it"),
        ({"a\\..\\..\\x": b""}, None, "leads out of it"),
        ({"C:/x": b""}, None, "leads out of it"),
        ({"b/model.json": b"{}"}, None, "holds 2 models"),
        ({}, _link, "is a link or a device"),
        ({}, _garbage, "cannot be unpacked"),
        ({}, _cut, "cannot be unpacked"),
        ({}, _spoiled, "cannot be unpacked"),
    ],
)
def test_hostile_archives_are_refused(tmp_path, home, extra, spoil, message):
    files = {"model.json": (DENOISE / "model.json").read_bytes(), **extra}
    packed = zipped(tmp_path / "bad.zip", files)
    if spoil:
        spoil(packed)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(ModelError, match=message) as caught:
        install_model(str(packed))
    assert "\n" not in str(caught.value)
    assert set(tmp_path.rglob("*")) - before <= {home}
    assert not home.exists() or names(home) == set()


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("pixrestore.sharing.archive.MOST_BYTES", 100_000)
    packed = zipped(tmp_path / "bomb.zip", {"model.json": b"{}", "model.onnx": bytes(200_000)})
    assert packed.stat().st_size < 2000
    (tmp_path / "out").mkdir()
    with pytest.raises(ModelError, match="is refused: it unpacks to more than"):
        unpack(packed, tmp_path / "out")


class _Files(BaseHTTPRequestHandler):
    """Serves one ZIP file; the hub is its path here."""

    def log_message(self, *words):
        pass

    def do_GET(self):
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/model.zip")
            self.end_headers()
            return
        found = self.path.startswith("/model.zip")
        broken = self.path.startswith(("/short", "/reset"))
        self.send_response(200 if found or broken else 404)
        if broken:
            self.send_header("Content-Length", "1000000")
        self.end_headers()
        if found or broken:
            self.wfile.write(self.hub.packed.read_bytes()[: 1000 if broken else None])
        if self.path.startswith("/reset"):
            self.wfile.flush()
            at_once = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            self.connection.close()


def test_an_address_is_installed(tmp_path, home):
    files = Hub()
    files.packed = zipped(tmp_path / "served.zip", contents(DENOISE))
    with serving(files, _Files):
        with pytest.raises(UsageError, match="could be altered on its way: give its `sha256`"):
            install_model(f"{files.address}/model.zip")
        right = sha256(files.packed)
        secret = files.address.replace("//", "//me:secret@") + "/moved.zip?token=secret"
        with pytest.raises(UsageError, match="leave user and password out") as caught:
            install_model(secret, sha256=right)
        assert "secret" not in str(caught.value).replace("password out", "")
        install_model(f"{files.address}/moved.zip?token=secret", sha256=right)
        with pytest.raises(ModelError, match="cannot be downloaded: HTTP Error 404"):
            install_model(f"{files.address}/other.zip", sha256=right)
        for broken in ("short", "reset"):
            with pytest.raises(ModelError, match=f"{broken}.zip cannot be downloaded: "):
                install_model(f"{files.address}/{broken}.zip", sha256=right)
    record = read_record(home / "moved")
    assert record["from"] == f"{files.address}/moved.zip"
    with pytest.raises(ModelError, match="cannot be downloaded"):
        install_model(f"{files.address}/gone.zip", sha256=right)
    for address in ("file:///etc/passwd", "ftp://example.com/x.zip"):
        with pytest.raises(UnknownNameError):
            install_model(address, name="x")


def test_a_model_of_the_hub_works_at_once_and_stays_the_same(cli, hub, samples, tmp_path):
    first = hub.commit("me/fast", contents(DENOISE) | {"samples/a.png": b"", "evil.py": b"1/0"})
    name, out = "hf://me/fast", tmp_path / "out.png"
    done = cli("restore", samples / "cat.jpg", "-o", out, "--model", name)
    assert (done.code, done.err) == (0, "")
    assert out.is_file()
    folder = cached_model(name)
    assert names(folder) == PARTS | {"installed.json"}
    assert read_record(folder) == {"from": name, "revision": first}

    # Another commit changes nothing for those who name none, and the Hub is not asked again.
    second = hub.commit("me/fast", {"README.md": b"no model any more"})
    asked = len(hub.asked)
    assert pixrestore.load(name).info["name"] == "fast"
    assert cached_model(f"{name}@{first}") == folder
    assert len(hub.asked) == asked
    for newest in (f"{name}@main", f"{name}@{second}"):
        with pytest.raises(ModelError, match="is no model of pixrestore"):
            cached_model(newest)


def test_what_the_hub_has_not_is_one_line(cli, hub, tmp_path):
    hub.commit("me/fast", contents(DENOISE))
    for name, message in {
        "hf://me/none": "the Hub shows no model me/none",
        "hf://me/fast@v9": "me/fast has no revision 'v9'",
    }.items():
        done = cli("denoise", "none.jpg", "--model", name)
        assert done.code == UnknownNameError.exit_code
        assert done.error.startswith(message)
    for wrong in ("hf://", "hf://x", "hf://../x", "hf://a/b/c", "hf://a/..", "hf://a/b@"):
        done = cli("denoise", "none.jpg", "--model", wrong)
        assert (done.code, "names no model on the Hub" in done.error) == (2, True)
    assert not (tmp_path / "cache").exists()


def test_a_model_of_the_hub_that_is_too_large_is_not_downloaded(hub, monkeypatch):
    hub.commit("me/fast", contents(DENOISE))
    monkeypatch.setattr("pixrestore.model.hub.MOST_BYTES", 100_000)
    with pytest.raises(ModelError, match="is refused: it is larger than"):
        cached_model("hf://me/fast")
    assert not any("/resolve/" in path for path in hub.asked)


def test_without_the_hub_nothing_is_half_there(hub, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match=r"the Hub gives no answer for hf://me/fast: .+"):
        cached_model("hf://me/fast")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_model_is_published_and_comes_back(cli, hub, run, home):
    done = cli("models", "push", run, "hf://me/fast")
    assert (done.code, done.err) == (0, "")
    [(commit, files)] = hub.repositories["me/fast"]
    assert files == contents(DENOISE)  # neither pictures nor a checkpoint
    assert done.out == f"{run} -> hf://me/fast@{commit}\n"
    assert cli("models", "install", "hf://me/fast").code == 0
    assert read_record(home / "fast")["revision"] == commit
    assert contents(home / "fast") == contents(DENOISE)


def test_what_may_not_be_published(hub, run, monkeypatch):
    with pytest.raises(UsageError, match="without a revision"):
        push_model(run, "hf://me/fast@main")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(ModelError, match=r"log in with `hf auth login`"):
        push_model(run, "hf://me/fast")
    description = json.loads((run / "model.json").read_text())
    (run / "model.json").write_text(json.dumps({**description, "licence": ""}))
    with pytest.raises(UsageError, match="states no licence"):
        push_model(run, "hf://me/fast")
    assert hub.repositories == {}


def test_without_its_package_the_hub_is_one_line(cli, monkeypatch):
    monkeypatch.setattr("pixrestore.model.hub.find_spec", lambda name: None)
    done = cli("denoise", "none.jpg", "--model", "hf://me/fast")
    assert (done.code, done.error) == (
        ModelError.exit_code,
        "models on the Hub need another package: pip install 'pixrestore[hub]'",
    )


def test_a_model_whose_task_is_missing_is_installed_with_a_note(run):
    description = json.loads((run / "model.json").read_text())
    description["task"]["name"] = "dehaze"
    (run / "model.json").write_text(json.dumps(description))
    assert install_model(str(run)).notes == [
        "its task dehaze comes with a plugin that is not installed"
    ]


def test_a_plugin_is_warned_of_what_it_would_publish(run):
    with pytest.warns(UserWarning, match=r"fast also holds checkpoint\.weights\.h5, samples/: "):
        assert models_in(run.parent) == [run]
    shutil.rmtree(run / "samples")
    (run / "checkpoint.weights.h5").unlink()
    (run / "LICENSE").write_text("mine")
    assert models_in(run.parent) == [run]


@pytest.mark.parametrize("writable", [True, False])
def test_terms_that_limit_are_told_once(cli, monkeypatch, samples, tmp_path, writable):
    monkeypatch.delenv("PIXRESTORE_TERMS")
    if not writable:
        (tmp_path / "state").write_text("a file where the folder should be")
    words = ["denoise", samples / "cat.jpg", "--overwrite", "-o", tmp_path / "out.png"]
    told = "the model denoise has terms that may limit its use: for research: "
    assert cli(*words).error.startswith(told)
    second = cli(*words)
    assert (second.code, second.err.count(told)) == (0, 0 if writable else 1)


def test_who_asks_a_model_is_told_its_terms_too(cli, monkeypatch, samples):
    monkeypatch.delenv("PIXRESTORE_TERMS")
    done = cli("colorize", samples / "cat.jpg", "--suggest", "10,10")
    assert done.code == 0
    assert "the model colorize has terms that may limit its use" in done.error


def test_terms_that_allow_any_use_are_not_told(cli, monkeypatch, run, samples, tmp_path):
    monkeypatch.delenv("PIXRESTORE_TERMS")
    description = json.loads((run / "model.json").read_text())
    (run / "model.json").write_text(json.dumps({**description, "licence": "CC-BY-4.0"}))
    out = tmp_path / "out.png"
    done = cli("restore", samples / "cat.jpg", "-o", out, "--model", run)
    assert (done.code, done.err) == (0, "")
