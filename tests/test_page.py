"""The page, used in a real browser as a person uses it."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from page_server import chromium, served
from PIL import Image

from pixrestore import inspect_photo, restore

pytest.importorskip("gradio")
playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

BROWSER = chromium()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium, which is not installed"),
]

PATIENCE = 120_000  # milliseconds: for machines that are slow and busy
DESCRIPTION = 270  # EXIF's tag


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def address(folder):
    with served(folder, plugins=["inpaint"]) as address:
        yield address
    assert list((folder / "tmp").glob("pixrestore-page-*")) == []  # all went with the server


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser, address):
    """A page that has been opened; it must talk to its own server only."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.locator("#drop input[type=file]").wait_for(state="attached")
    yield page
    context.close()
    elsewhere = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert elsewhere == []
    assert errors == []


@pytest.fixture
def scan(samples, tmp_path):
    """A small gray photo with noise and a description."""
    photo = Image.open(samples / "officer.jpg").convert("L").crop((60, 0, 380, 240))
    noise = np.random.default_rng(0).normal(0, 12, (240, 320))
    noisy = np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8)
    exif = Image.Exif()
    exif[DESCRIPTION] = "Grandfather"
    path = tmp_path / "scan.png"
    Image.fromarray(noisy).save(path, exif=exif, dpi=(300, 300))
    return path


def shown(page):
    """Return how many times the picture has changed."""
    return int(page.locator(".view").get_attribute("data-shown") or 0)


def wait_for_change(page, since):
    page.wait_for_function(f"Number(document.querySelector('.view')?.dataset.shown || 0) > {since}")


def drop(page, path):
    """Drop a photo, and wait until the picture has shown it and then mended it."""
    since = shown(page) if page.locator(".view").count() else 0
    page.set_input_files("#drop input[type=file]", path)
    wait_for_change(page, since + 1)


def downloaded(page, button):
    with page.expect_download() as download:
        page.locator(button).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def saved(page):
    """Save at full size, and return the file."""
    page.locator("#save").click()
    page.locator("#download").wait_for()
    return downloaded(page, "#download")


def stroke(page, start, end):
    """Paint from one place of the shown photo to another, in shares of its width and height."""
    since = shown(page)
    box = page.locator(".view-stage").bounding_box()
    # The photo of 4 to 3 is as high as the stage.
    wide = box["height"] * 4 / 3
    left = box["x"] + (box["width"] - wide) / 2
    spots = [(left + x * wide, box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*spots[0])
    page.mouse.down()
    page.mouse.move(*spots[1], steps=8)
    page.mouse.up()
    wait_for_change(page, since)


def barriers(page):
    """Return what bars people from using the page as it is now."""
    found = axe.Axe().run(page).response["violations"]
    return [one["id"] for one in found if one["impact"] in ("serious", "critical")]


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_a_photo_is_mended_and_comes_back_as_from_python(page, scan):
    assert page.title() == "Mend old photos"
    assert barriers(page) == []
    drop(page, scan)
    tasks = inspect_photo(scan).tasks
    assert tasks == ("denoise", "colorize")
    assert page.locator("#ticks input:checked").count() == len(tasks)
    assert "historical" in page.locator("#warning").inner_text()
    assert barriers(page) == []
    name, content = saved(page)
    assert name == "scan-denoise-colorize.png"
    expected = restore(scan.read_bytes(), tasks)
    np.testing.assert_array_equal(pixels(content), pixels(expected))
    photo = Image.open(io.BytesIO(content))
    assert photo.getexif()[DESCRIPTION] == "Grandfather"
    assert photo.info["dpi"] == pytest.approx((300, 300), rel=1e-3)  # PNG counts per metre


def test_a_stroke_gives_a_place_its_colour_until_it_is_undone(page, scan):
    drop(page, scan)
    before = pixels(saved(page)[1]).astype(int)
    page.get_by_role("button", name="Correct colours").click()
    page.locator(".view-colours input[type=color]").fill("#2040c0")
    stroke(page, (0.2, 0.8), (0.35, 0.8))
    assert barriers(page) == []
    painted = pixels(saved(page)[1]).astype(int)
    place = slice(188, 196), slice(70, 106)
    bluer = (painted - before)[place] @ [-0.5, -0.5, 1]
    assert bluer.mean() > 20
    since = shown(page)
    page.get_by_role("button", name="Undo").click()
    wait_for_change(page, since)
    np.testing.assert_array_equal(pixels(saved(page)[1]), before)


def test_a_click_offers_likely_colours(page, scan):
    drop(page, scan)
    page.get_by_role("button", name="Correct colours").click()
    page.locator(".view-stage").click()
    page.locator(".view-likely button").first.wait_for()
    assert barriers(page) == []
    since = shown(page)
    page.locator(".view-likely button").last.click()
    wait_for_change(page, since)
    assert page.locator(".view-likely button").count() == 0


def test_only_what_a_mask_covers_is_repaired(page, samples, tmp_path):
    clean = np.asarray(Image.open(samples / "coffee.jpg").convert("RGB").crop((0, 0, 320, 240)))
    scratched = clean.copy()
    scratched[100:104, 80:240] = 255
    Image.fromarray(scratched).save(tmp_path / "scratched.png")
    drop(page, tmp_path / "scratched.png")
    for box in page.locator("#ticks input:checked").all():
        since = shown(page)
        box.uncheck()
        wait_for_change(page, since)
    page.get_by_role("button", name="Mark damage").click()
    stroke(page, (0.22, 102 / 240), (0.78, 102 / 240))
    assert page.locator("#ticks input:checked").count() == 1  # what follows the mask
    name, content = saved(page)
    assert name == "scratched-inpaint.png"
    repaired = pixels(content)
    far = np.ones((240, 320), bool)
    far[85:120] = False
    np.testing.assert_array_equal(repaired[far], scratched[far])
    line = slice(100, 104), slice(90, 230)
    error = [np.abs(one[line].astype(int) - clean[line]).mean() for one in (scratched, repaired)]
    assert error[1] < error[0] / 4


def test_before_and_after_lie_on_two_sides_of_a_line(page, scan):
    drop(page, scan)
    gray = (
        "([x, y]) => { const c = document.querySelector('.view canvas');"
        " const d = c.getContext('2d').getImageData(x * c.width, y * c.height, 40, 1).data;"
        " let s = 0; for (let i = 0; i < d.length; i += 4) s += Math.abs(d[i] - d[i + 2]);"
        " return s / 40; }"
    )
    slider = page.locator(".view-slide input")
    slider.fill("100")
    assert page.evaluate(gray, [0.5, 0.6]) == 0  # all of it as it was
    slider.fill("0")
    assert page.evaluate(gray, [0.5, 0.6]) > 3
    page.get_by_role("button", name="Closer").click()
    assert page.evaluate(gray, [0.5, 0.6]) > 3


def test_an_album_comes_back_whole_but_for_what_is_broken(page, scan, samples, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    page.get_by_role("tab", name="Many photos").click()
    photos = [scan, tmp_path / "broken.jpg", samples / "rocket.jpg"]
    page.set_input_files("#album-drop input[type=file]", photos)
    page.locator("#album-rows li").nth(2).wait_for()
    page.locator("#album-start").click()
    page.locator("#album-download").wait_for()
    assert page.locator("#album-rows li.done").count() == 2
    assert "broken.jpg" in page.locator("#album-rows li.failed").inner_text()
    assert barriers(page) == []
    _, content = downloaded(page, "#album-download")
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert len(packed.namelist()) == 2
        mended = packed.read("scan-denoise-colorize.png")
    expected = restore(scan.read_bytes(), ["denoise", "colorize"])
    np.testing.assert_array_equal(pixels(mended), pixels(expected))


def test_a_photo_is_mended_by_keys_alone(page, scan):
    def go_to(selector):
        for _ in range(80):
            if page.evaluate("what => document.activeElement.matches(what)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached by keys")

    # Told of early: the browser must know that a dialog is to be answered before it opens one.
    dialogs = []
    page.on("filechooser", lambda dialog: dialogs.append(dialog))
    go_to("#drop button")
    page.keyboard.press("Enter")
    late = time.monotonic() + PATIENCE / 1000
    while not dialogs and time.monotonic() < late:
        page.wait_for_timeout(200)
    dialogs[0].set_files(scan)
    wait_for_change(page, 1)
    go_to(".view-modes button[data-mode=hints]")
    page.keyboard.press("Enter")
    go_to(".view-stage")
    page.keyboard.press("ArrowRight")
    go_to("#save")
    page.keyboard.press("Enter")
    page.locator("#download").wait_for()
    go_to("#download, #download *")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "scan-denoise-colorize.png"


def test_a_bad_photo_is_told_and_the_page_goes_on(page, scan, tmp_path):
    (tmp_path / "letter.jpg").write_text("Dear Sir")
    page.set_input_files("#drop input[type=file]", tmp_path / "letter.jpg")
    page.locator("#message [role=alert]").wait_for()
    assert "not a photo" in page.locator("#message").inner_text()
    drop(page, scan)
    assert page.locator("#message [role=alert]").count() == 0


def test_the_page_speaks_chinese_where_the_browser_does(browser, address, scan):
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.locator("#drop input[type=file]").wait_for(state="attached")
    assert page.url == f"{address}/zh/"
    assert page.title() == "修复老照片"
    drop(page, scan)
    assert "上色" in page.locator("#ticks").inner_text()
    page.get_by_role("link", name="English").click()
    page.wait_for_url(f"{address}/en/")
    context.close()


def test_what_a_page_has_kept_goes_when_it_is_closed(browser, address, folder, scan):
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.locator("#drop input[type=file]").wait_for(state="attached")
    drop(page, scan)
    private = next((folder / "tmp").glob("pixrestore-page-*"))
    assert private.stat().st_mode & 0o077 == 0
    kept = [path for path in private.rglob("scan.png") if path.is_file()]
    assert kept
    page.close()
    late = time.monotonic() + 60
    while any(path.exists() for path in kept) and time.monotonic() < late:
        time.sleep(0.5)
    assert not any(path.exists() for path in kept)
