"""The parts of the page that need no browser."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request

import numpy as np
import pytest
from page_server import served
from starlette.applications import Starlette
from starlette.formparsers import MultiPartException
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pixrestore import Guide
from pixrestore.errors import UsageError
from pixrestore.serving.body import BodyLimit
from pixrestore.serving.page.rooms import Rooms
from pixrestore.serving.page.strokes import layers_of, read_strokes
from pixrestore.serving.page.texts import LANGUAGES, Words, preferred
from pixrestore.serving.uploads import files_only

GUIDES = {"hints": Guide("hints", "colours")}
STROKE = {
    "guide": "hints",
    "colour": "#c03020",
    "radius": 0.05,
    "points": [[0.25, 0.5], [0.5, 0.5]],
}


def test_a_stroke_is_painted_where_it_was_drawn():
    (layer,) = layers_of(read_strokes([STROKE], GUIDES), (100, 200)).values()
    painted = np.asarray(layer)
    assert painted.shape == (100, 200, 4)
    assert tuple(painted[50, 75]) == (0xC0, 0x30, 0x20, 255)
    assert tuple(painted[50, 47]) == (0xC0, 0x30, 0x20, 255)  # its end is round
    rows, columns = np.nonzero(painted[..., 3])
    # A radius of 5 pixels, and one more where an edge lies between two of them.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx(
        (45, 55, 45, 105), abs=1
    )


def test_strokes_of_guides_that_nobody_takes_are_left_out():
    assert read_strokes([STROKE | {"guide": "other"}], GUIDES) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red; }"},
        {"radius": 9},
        {"radius": "wide"},
        {"points": []},
        {"points": [[2, 0]]},
        {"points": [["nan", 0]]},
        {"points": None},
    ],
)
def test_strokes_that_no_page_sends_are_refused(wrong):
    with pytest.raises(UsageError, match="stroke"):
        read_strokes([STROKE | wrong], GUIDES)
    with pytest.raises(UsageError, match="at most"):
        read_strokes([STROKE] * 1001, GUIDES)
    with pytest.raises(UsageError, match="list"):
        read_strokes({"not": "a list"}, GUIDES)


def test_every_text_is_there_in_every_language():
    texts = [Words(language).of_picture() for language in LANGUAGES]
    assert all(one.keys() == texts[0].keys() and all(one.values()) for one in texts)
    assert Words("zh")["save"] != Words("en")["save"]
    assert Words("zh").get("task.of-a-plugin", "its summary") == "its summary"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("de-DE,de;q=0.9,en;q=0.8,zh;q=0.7", "en"),
        ("en;q=0.1,zh-TW;q=0.9", "zh"),
        ("fr", "en"),
        ("", "en"),
        ("zh;q=much, en", "en"),
    ],
)
def test_the_language_is_the_browsers(accepted, language):
    assert preferred(accepted) == language


def test_a_room_goes_with_its_page_and_no_other(tmp_path):
    rooms = Rooms(tmp_path, dict)
    upload = tmp_path / "hash" / "old.jpg"
    upload.parent.mkdir()
    upload.write_bytes(b"photo")
    mine, other = rooms.of("a"), rooms.of("b")
    kept = mine.take(upload)
    assert kept.read_bytes() == b"photo"
    assert not upload.parent.exists()
    assert mine.take(kept) == kept
    assert rooms.of("a") is mine
    rooms.close("a")
    assert not kept.exists()
    assert other.folder.is_dir()


# --- photos as the page sends them, whose limits are not the API's --------------------------

FILE = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\nphoto\r\n'
TEXT = b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\n'
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
UPLOAD = "/en/gradio_api/upload"


@pytest.fixture
def client():
    """A stand-in for Gradio, which reads forms as it does."""

    async def take(request):
        async with request.form() as form:
            return JSONResponse([(await one.read()).decode() for one in form.getlist("files")])

    app = Starlette(routes=[Route(UPLOAD, take, methods=["POST"])])
    return TestClient(BodyLimit(app, 1000))


def test_an_album_may_be_larger_than_any_of_its_photos(client):
    contents = ["a" * 900, "b" * 900]
    answer = client.post(UPLOAD, files=[("files", content.encode()) for content in contents])
    assert answer.json() == contents


def test_texts_that_would_fill_the_memory_are_refused_before_they_come():
    chunks = [FILE + TEXT[:30], TEXT[30:-2], TEXT[-2:]]

    async def come():
        return {"type": "http.request", "body": chunks.pop(0), "more_body": True}

    async def ask():
        receive = files_only(come, FORM["Content-Type"])
        while True:
            await receive()

    with pytest.raises(MultiPartException, match="files only"):
        asyncio.run(ask())
    assert chunks == []


@pytest.mark.parametrize("kind", ["multipart/form-data", FORM["Content-Type"]])
def test_uploads_that_are_no_forms_are_left_to_gradio(client, kind):
    answer = client.post(UPLOAD, content=b"--y no form", headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert "files only" not in answer.text


@pytest.mark.slow
def test_the_page_tells_that_an_upload_was_refused_and_keeps_nothing(tmp_path):
    pytest.importorskip("gradio")
    with served(tmp_path) as address:
        asked = urllib.request.Request(f"{address}{UPLOAD}", FILE + TEXT + b"a\r\n--x--\r\n", FORM)
        with pytest.raises(urllib.error.HTTPError, match="400") as told:
            urllib.request.urlopen(asked, timeout=60)
        with told.value as answer:
            assert answer.read() == b"an upload may have files only"
        (private,) = (tmp_path / "tmp").glob("pixrestore-page-*")
        assert [path for path in private.rglob("*") if path.is_file()] == []
