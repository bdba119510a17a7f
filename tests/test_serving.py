"""The server for programs: photos in, photos out, and whatever else people send."""

from __future__ import annotations

import asyncio
import contextvars
import io
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from photo_files import ASTRONAUT, DEEP, GRAY, SRGB, exif, saved
from PIL import Image
from starlette.testclient import TestClient
from test_hostile_photos import bomb

import pixrestore
from pixrestore.engines import opening
from pixrestore.errors import UnknownNameError, UsageError
from pixrestore.images import Photo, encode_photo, read_photo
from pixrestore.serving.app import create_app
from pixrestore.serving.settings import Settings
from pixrestore.serving.work import Work

PROGRAMS = Settings(page=False)
PHOTO = saved(Image.fromarray(ASTRONAUT), "JPEG", exif=exif(), icc_profile=SRGB)
OURS = "http://127.0.0.1:7860"


def client_of(settings=PROGRAMS, **more):
    return TestClient(create_app(settings), base_url=OURS, **more)


@pytest.fixture(scope="module")
def client():
    return client_of()


def restore(client, content=PHOTO, status=200, **said):
    answer = client.post("/api/restore", content=content, params=said)
    assert answer.status_code == status, answer.text
    return answer.content if status == 200 else answer.json()["detail"]


class TestRestoring:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (PHOTO, "image/jpeg"),
            (encode_photo(Photo(DEEP, exif=exif(), icc=SRGB), "PNG"), "image/png"),
            (encode_photo(Photo(DEEP, exif=exif()), "TIFF"), "image/tiff"),
            (saved(Image.fromarray(GRAY), "WEBP", lossless=True), "image/webp"),
            (saved(Image.fromarray(GRAY), "GIF"), "image/png"),
        ],
    )
    def test_a_photo_comes_back_as_python_restores_it(self, client, content, kind):
        answer = client.post("/api/restore?task=denoise&strength=0.8", content=content)
        assert answer.headers["content-type"] == kind
        assert answer.content == pixrestore.denoise(content, strength=0.8)

    def test_what_the_file_says_is_kept(self, client):
        found = read_photo(restore(client, task="denoise"))
        assert found.icc == SRGB
        assert b"a rocket" in found.exif
        unmarked = read_photo(restore(client, task="denoise", mark="no"))
        assert b"pixrestore" in found.exif
        assert b"pixrestore" not in unmarked.exif

    def test_several_tasks_work_in_the_order_in_which_they_are_named(self, client):
        answer = client.post("/api/restore?task=denoise&task=colorize&strength=0.5", content=PHOTO)
        expected = pixrestore.restore(PHOTO, ["denoise", "colorize"], strength=0.5)
        assert answer.content == expected
        assert answer.headers["x-pixrestore-tasks"] == "denoise,colorize"
        assert "it had colours already" in answer.headers["x-pixrestore-notes"]

    def test_a_form_brings_photo_options_and_guides(self, client):
        layer = Image.new("RGBA", (300, 200))
        layer.paste("#208040", (50, 60, 90, 100))
        files = [("photo", PHOTO), ("hints", saved(layer, "PNG"))]
        said = {"task": "colorize", "saturation": "0.9", "hint": ["120,140=#c03020"]}
        answer = client.post("/api/restore", files=files, data=said)
        assert answer.status_code == 200, answer.text
        hints = [layer, (120, 140, "#c03020")]
        assert answer.content == pixrestore.colorize(PHOTO, saturation=0.9, hints=hints)
        assert answer.content != pixrestore.colorize(PHOTO, saturation=0.9)

    def test_damaged_photos_are_restored_where_that_is_asked_for(self, client):
        cut = PHOTO[: len(PHOTO) // 2]
        assert "pixels" in restore(client, cut, 422, task="denoise")
        restored = restore(client, cut, task="denoise", damaged="yes")
        assert restored == pixrestore.denoise(cut, damaged=True)

    def test_a_model_may_be_named_and_knows_its_task(self, client):
        assert restore(client, model="denoise") == pixrestore.denoise(PHOTO)
        wrong = restore(client, status=422, model="denoise", task="colorize")
        assert wrong == "the model denoise is for denoise, not for colorize"

    def test_the_servers_own_model_is_used_for_its_task(self, tiny_denoiser):
        client = client_of(Settings(page=False, models=(str(tiny_denoiser),)))
        expected = pixrestore.denoise(PHOTO, model=tiny_denoiser)
        assert expected != pixrestore.denoise(PHOTO)
        assert restore(client, task="denoise") == expected
        assert restore(client) == expected

    def test_models_that_make_no_sense_are_told_at_the_start(self, tiny_denoiser):
        with pytest.raises(UnknownNameError, match="nothing"):
            create_app(Settings(page=False, models=("nothing",)))
        with pytest.raises(UsageError, match="two models are for denoise"):
            create_app(Settings(page=False, models=("denoise", str(tiny_denoiser))))

    def test_threads_share_restorers_that_are_loaded_once(self, monkeypatch):
        opened = []
        original = opening.open_restorer

        def counted(model, engine):
            opened.append(model.name)
            return original(model, engine)

        monkeypatch.setattr("pixrestore.serving.restorers.open_restorer", counted)
        photos = [saved(Image.fromarray(np.roll(ASTRONAUT, 9 * n, 1)), "PNG") for n in range(4)]
        work = [*itertools.product(photos, ("denoise", "colorize"))]
        with client_of(Settings(page=False, jobs=4)) as client, ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda one: restore(client, one[0], task=one[1]), work))
        assert sorted(opened) == ["colorize", "denoise"]
        assert found == [pixrestore.restore(content, task) for content, task in work]


class TestRefusals:
    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({}, "name a `task` or a `model`"),
            ({"task": "denois"}, "there is no task 'denois': did you mean denoise?"),
            ({"task": "denoise", "strength": "9"}, "`strength` must be float 0..1, not '9'"),
            ({"task": "denoise", "strength": "nan"}, "`strength` must be float 0..1, not 'nan'"),
            ({"task": "denoise", "stength": "1"}, "denoise has no option 'stength' for restoring"),
            ({"task": "denoise", "sigma": "5"}, "denoise has no option 'sigma' for restoring"),
            ({"task": "denoise", "damaged": "so"}, "`damaged` must be yes|no, not 'so'"),
            ({"task": "colorize", "hint": "9999,1=red"}, "`hints`: 9999, 1 is beyond the photo"),
            ({"task": "colorize", "hint": "/etc/passwd"}, "`hint` must be X,Y=COLOUR"),
            ({"task": ["denoise"] * 9}, "at most 8 tasks at a time"),
        ],
    )
    def test_options_that_make_no_sense_are_refused_in_one_line(self, client, said, message):
        assert restore(client, status=422, **said).startswith(message)

    def test_folders_of_this_machine_are_no_models_for_others(self, client, tiny_denoiser):
        told = restore(client, status=422, model=str(tiny_denoiser))
        assert told.startswith("no installed model is called")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "the image: the file is empty"),
            (b"no photo at all", "the image: not a photo"),
            (PHOTO[:700], "the image"),
        ],
    )
    @pytest.mark.parametrize("path", ["/api/restore?task=denoise", "/api/inspect"])
    def test_bad_photos_are_refused_in_one_line(self, client, path, content, message):
        answer = client.post(path, content=content)
        assert answer.status_code == 422
        assert message in answer.json()["detail"]
        assert "\n" not in answer.json()["detail"]

    @pytest.mark.parametrize(
        "files",
        [
            [("hints", PHOTO)],
            [("photo", PHOTO), ("photo", PHOTO)],
            [("photo", PHOTO), ("strength", PHOTO)],
            [("photo", PHOTO), ("anything", PHOTO)],
            [("photo", PHOTO), *[(f"hints{n}", b"") for n in range(200)]],
        ],
    )
    def test_forms_that_make_no_sense_are_refused(self, client, files):
        answer = client.post("/api/restore?task=denoise", files=files)
        assert answer.status_code in (400, 422)
        assert isinstance(answer.json()["detail"], str)

    def test_large_photos_are_refused_before_they_are_decoded(self, client):
        told = restore(client, bomb(100_000, 100_000), 413, task="denoise")
        assert "100000 x 100000 pixels are more than the limit of 60 megapixels" in told
        layer = [("photo", PHOTO), ("hints", bomb(100_000, 100_000))]
        assert client.post("/api/restore?task=colorize", files=layer).status_code == 413
        assert client.post("/api/inspect", content=bomb(9_000, 9_000)).status_code == 413

    def test_large_bodies_are_refused_whatever_they_say_of_themselves(self):
        client = client_of(Settings(page=False, max_bytes=len(PHOTO)))
        restore(client, PHOTO, task="denoise")
        told = restore(client, PHOTO + b" ", 413, task="denoise")
        assert told.startswith("a request may have ")
        parts = iter([PHOTO, b" "])  # sent in chunks, which say no length
        assert restore(client, parts, 413, task="denoise") == told
        assert client.post("/api/inspect", files={"photo": PHOTO}).status_code == 413

    def test_who_asks_first_need_not_send_a_large_body(self):
        client = client_of(Settings(page=False, max_bytes=10))

        def body():
            raise AssertionError("the body was asked for")
            yield b""

        headers = {"Content-Length": "1000000", "Expect": "100-continue"}
        answer = client.post("/api/inspect", content=body(), headers=headers)
        assert answer.status_code == 413

    def test_a_bug_is_one_line_and_not_the_end(self, client, monkeypatch, caplog):
        def broken(*_):
            raise ZeroDivisionError("a plugin's\nmistake")

        with monkeypatch.context() as patch:
            patch.setattr("pixrestore.serving.api.inspect_body", broken)
            answer = client.post("/api/inspect", content=PHOTO)
        assert answer.status_code == 500
        assert "ZeroDivisionError" not in answer.text
        assert "ZeroDivisionError" in caplog.text
        assert client.post("/api/inspect", content=PHOTO).status_code == 200

    def test_who_finds_no_place_is_told_when_to_come_back(self):
        client = client_of(Settings(page=False, queue=0))
        with client.app.state.work.place():
            answer = client.post("/api/restore?task=denoise", content=PHOTO)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        restore(client, task="denoise")


class TestWork:
    def test_page_and_programs_share_the_threads(self):
        work, at_once, most = Work(jobs=1, queue=8), [], []

        def job(number):
            at_once.append(number)
            most.append((len(at_once), work.working))
            time.sleep(0.01)
            at_once.remove(number)
            return number

        async def ask():
            pages = [asyncio.to_thread(work.call, job, number) for number in range(4)]
            return await asyncio.gather(*pages, *(work.do(job, number) for number in range(4, 8)))

        assert asyncio.run(ask()) == [*range(8)]
        assert most == [(1, 1)] * 8
        assert work.working == 0

    def test_work_for_the_page_knows_who_asks_and_says_what_went_wrong(self):
        asking = contextvars.ContextVar("asking")
        asking.set("somebody")
        work = Work(jobs=1, queue=0)
        assert work.call(asking.get) == "somebody"
        with pytest.raises(ZeroDivisionError):
            work.call(lambda: 1 / 0)
        assert work.call(asking.get) == "somebody"


class TestAccess:
    @pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "[::1]:7860", "192.168.0.7"])
    def test_addresses_and_localhost_are_the_server(self, client, host):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200

    @pytest.mark.parametrize(
        "host", ["evil.example", "127.0.0.1.evil.example:7860", "", "[", "a@b"]
    )
    def test_other_names_are_not(self, client, host):
        assert client.get("/api/tasks", headers={"Host": host}).status_code == 400

    def test_names_may_be_allowed(self):
        client = client_of(Settings(page=False, hosts=("Photos.example",)))
        assert client.get("/healthz", headers={"Host": "photos.example:80"}).status_code == 200
        assert client.get("/healthz", headers={"Host": "other.example"}).status_code == 400

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "["])
    def test_pages_of_other_sites_are_refused(self, client, origin):
        headers = {"Origin": origin}
        answer = client.post("/api/restore?task=denoise", content=PHOTO, headers=headers)
        assert answer.status_code == 403
        assert not any(name.startswith("access-control") for name in answer.headers)

    def test_its_own_page_is_not(self, client):
        answer = client.get("/api/tasks", headers={"Origin": OURS})
        assert answer.status_code == 200
        assert not any(name.startswith("access-control") for name in answer.headers)

    def test_a_token_is_asked_for_everywhere_but_whether_it_lives(self):
        client = client_of(Settings(page=False, token="a-secret"))
        assert client.get("/healthz").status_code == 200
        for path in ("/api/tasks", "/docs", "/openapi.json", "/metrics", "/api/tasks?token=b"):
            answer = client.get(path)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "a-secret" not in answer.text
        assert restore(client, status=401, task="denoise", token="a-secret")
        for said in ("Bearer a-secre", "Bearer", "a-secret", "Basic a-secret", "Bearer \xff"):
            headers = {"Authorization": said.encode("latin-1")}
            assert client.get("/api/tasks", headers=headers).status_code == 401
        headers = {"Authorization": "Bearer a-secret"}
        assert client.get("/api/tasks", headers=headers).status_code == 200

    def test_a_browser_shows_the_token_once(self):
        client = client_of(Settings(page=False, token="a-secret"), follow_redirects=False)
        answer = client.get(f"{OURS}//evil.example/docs?token=a-secret&x=1")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/evil.example/docs?x=1"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert client.get("/docs").status_code == 200

    @pytest.mark.parametrize("token", ["two words", "é", "a\nb"])
    def test_tokens_that_cannot_be_sent_are_refused(self, token):
        with pytest.raises(UsageError, match="`token` must be"):
            Settings(token=token)


class TestDescriptions:
    def test_the_tasks_are_listed_with_ranges_and_guides(self, client):
        tasks = {task["name"]: task for task in client.get("/api/tasks").json()}
        assert set(tasks) == {"colorize", "denoise"}
        (strength,) = tasks["denoise"]["options"]
        assert strength["name"] == "strength"
        assert strength["schema"] == {
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "default": 1.0,
        }
        assert [guide["name"] for guide in tasks["colorize"]["guides"]] == ["hints"]
        assert tasks["colorize"]["models"] == ["colorize"]
        assert all(task["ready"] for task in tasks.values())

    def test_inspect_says_what_it_says_in_the_shell(self, client, cli, tmp_path):
        rng = np.random.default_rng(0)
        noisy = np.clip(GRAY + rng.normal(0, 25, GRAY.shape), 0, 255).astype(np.uint8)
        content = saved(Image.fromarray(noisy), "PNG")
        (tmp_path / "old.png").write_bytes(content)
        answer = client.post("/api/inspect", files={"photo": content}).json()
        assert answer["request"] == "/api/restore?task=denoise&task=colorize"
        (told,) = json.loads(cli("inspect", "--json", tmp_path / "old.png").out)
        same = ("kind", "width", "height", "format", "depth", "findings", "tasks", "notes")
        assert {name: answer[name] for name in same} == {name: told[name] for name in same}
        assert client.post(answer["request"], content=content).status_code == 200
        clean = client.post("/api/inspect", content=PHOTO).json()
        assert (clean["tasks"], clean["request"]) == ([], "")

    def test_openapi_names_tasks_options_and_guides(self, client):
        said = client.get("/openapi.json").json()["paths"]["/api/restore"]["post"]
        named = {one["name"]: one["schema"] for one in said["parameters"]}
        assert named["task"]["items"]["enum"] == ["colorize", "denoise"]
        assert named["strength"]["maximum"] == 1
        form = said["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert set(form["properties"]) == {"photo", "hints"}

    def test_the_docs_load_nothing(self, client):
        answer = client.get("/docs")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert not re.findall(r"<script|<link|<img|src=|url\(|@import", answer.text)
        assert re.findall(r'href="([^"]*)"', answer.text) == ["/openapi.json"]
        for word in ("/api/restore", "strength", "number 0 to 1 [1.0]", "hints", "413"):
            assert word in answer.text

    def test_metrics_count_what_was_done(self):
        client = client_of()
        restore(client, task="denoise")
        restore(client, b"", 422, task="denoise")
        client.get("/a/path/of/a/stranger")
        text = client.get("/metrics").text
        path = 'method="POST",path="/api/restore"'
        assert f'pixrestore_requests_total{{{path},status="200"}} 1.0' in text
        assert f'pixrestore_requests_total{{{path},status="422"}} 1.0' in text
        assert 'path="other",status="404"} 1.0' in text
        assert 'pixrestore_photos_total{task="denoise"} 1.0' in text
        assert "pixrestore_places_taken 0.0" in text
        assert "stranger" not in text


def ask(address, path, content=None, seconds=120):
    """Return status and body of an answer of a server in another process."""
    try:
        with urllib.request.urlopen(f"{address}{path}", content, timeout=seconds) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture(params=["--no-page"])
def process(tmp_path, request):
    words = ["serve", request.param, "--port", "0", "--queue", "4", "--max-mb", "20"]
    # A log of its own: nobody reads a pipe meanwhile.
    with (tmp_path / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "pixrestore", *words],
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def address_told_by(child):
    line = child.stdout.readline().decode()
    return re.fullmatch(r"serving at (http://127\.0\.0\.1:\d+) \(Ctrl-C ends it\)\n", line)[1]


@pytest.mark.slow
def test_what_was_accepted_is_answered_when_the_server_is_told_to_stop(process, tmp_path):
    address = address_told_by(process)
    # Large enough that the server is still at work when it is told.
    content = saved(Image.fromarray(np.tile(ASTRONAUT, (4, 4, 1))), "JPEG")
    places = 3
    with ThreadPoolExecutor(places) as threads:
        waiting = [
            threads.submit(ask, address, "/api/restore?task=denoise", content)
            for _ in range(places)
        ]
        wanted = f"pixrestore_places_taken {places}.0".encode()
        pause = threading.Event()
        while wanted not in ask(address, "/metrics")[1]:
            assert not any(one.done() for one in waiting), "too fast for this test"
            pause.wait(0.05)
        process.send_signal(signal.SIGTERM)
        answers = [one.result() for one in waiting]
    assert process.wait(timeout=60) == 0
    assert process.stdout.read() == b"all that was accepted is answered\n"
    assert (tmp_path / "log").read_text() == ""
    expected = pixrestore.denoise(content)
    assert answers == [(200, expected)] * places
    with pytest.raises(urllib.error.URLError):
        ask(address, "/healthz")


@pytest.mark.slow
@pytest.mark.parametrize("process", ["--no-open"], indirect=True)
def test_an_open_page_is_left_in_peace(process, tmp_path):
    address = address_told_by(process)
    # A page listens as long as it is open.
    with urllib.request.urlopen(f"{address}/en/gradio_api/heartbeat/one", timeout=60) as stream:
        assert stream.status == 200
        stream.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert process.stdout.read() == b"all that was accepted is answered\n"
    assert (tmp_path / "log").read_text() == ""


@pytest.mark.slow
def test_the_server_outlives_hostile_uploads(process, tmp_path):
    address = address_told_by(process)
    rng = np.random.default_rng(0)
    hostile = [b"", bomb(100_000, 100_000), bytes(21_000_000), PHOTO[:300], rng.bytes(10_000)]
    for format in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP"):
        content = saved(Image.fromarray(ASTRONAUT), format)
        hostile += [content[: len(content) // 3]]
        for _ in range(3):
            altered = bytearray(content)
            for place in rng.integers(0, min(len(altered), 2000), 5):
                altered[place] = rng.integers(0, 256)
            hostile.append(bytes(altered))
    statuses = [ask(address, "/api/restore?task=denoise", one)[0] for one in hostile]
    assert set(statuses) <= {200, 413, 422}
    assert ask(address, "/api/restore?task=denoise", PHOTO) == (200, pixrestore.denoise(PHOTO))
    assert process.poll() is None
    # One line each, of what decoders warn about.
    assert all(
        line.startswith("pixrestore: warning")
        for line in (tmp_path / "log").read_text().splitlines()
    )


class TestCommand:
    def test_a_port_that_is_taken_is_told_in_one_line(self, cli):
        import socket

        with socket.create_server(("127.0.0.1", 0)) as taken:
            done = cli("serve", "--no-page", "--port", taken.getsockname()[1])
        assert done.code == 10
        assert "cannot listen on 127.0.0.1, --port" in done.error

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--token", "two words"), "--token must be of ASCII characters"),
            (("--token", ""), "--token is empty"),
            (("--max-megapixels", "nan"), "'--max-megapixels'"),
            (("--model", "nothing"), "no model folder and no installed model is called 'nothing'"),
        ],
    )
    def test_what_makes_no_sense_is_told_in_one_line(self, cli, words, message):
        done = cli("serve", "--no-page", "--port", "0", *words)
        assert done.code in (2, 3)
        assert message in done.error

    def test_what_to_install_is_told_where_the_extra_is_missing(self, cli, monkeypatch):
        from pixrestore.cli import serve

        monkeypatch.setattr(serve, "find_spec", lambda name: None if name == "gradio" else True)
        done = cli("serve", "--port", "0")
        assert done.code == 2
        assert done.error == "serving needs gradio: pip install 'pixrestore[serve]'"


def test_a_photo_is_the_same_by_a_file_as_by_the_server(client, cli, samples, tmp_path):
    words = ["denoise", samples / "officer.jpg", "-o", tmp_path / "new.jpg", "--strength", "0.8"]
    assert cli(*words).code == 0
    content = (Path(samples) / "officer.jpg").read_bytes()
    answer = restore(client, content, task="denoise", strength="0.8")
    assert answer == (tmp_path / "new.jpg").read_bytes()
    with Image.open(io.BytesIO(answer)) as image:
        assert image.format == "JPEG"
