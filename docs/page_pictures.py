"""Make the pictures of the page, in Chromium, with the models that pixrestore ships.

python docs/page_pictures.py
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

DOCS = Path(__file__).parent
OLD = DOCS.parent / "examples" / "photos"
sys.path.append(str(DOCS.parent / "tests"))

from page_server import chromium, served  # noqa: E402  found beside the tests

WIDTH = 1000
PLUGINS = ["deblur", "inpaint", "oldphoto", "upscale"]


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), PLUGINS) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 860})
        page.set_default_timeout(120_000)
        page.goto(address)
        page.locator("#drop input[type=file]").wait_for(state="attached")
        page.set_input_files("#drop input[type=file]", OLD / "buffalo-bank-1908.jpg")
        wait_for_changes(page, 3)  # the photo, the photo mended, the doubtful places
        save(page, "page-photo.jpg")
        page.get_by_role("button", name="Correct colours").click()
        page.locator(".view-colours input[type=color]").fill("#b03428")
        box = page.locator(".view-stage").bounding_box()
        across, down = box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5
        page.mouse.move(across - 42, down - 20)
        page.mouse.down()
        page.mouse.move(across - 38, down + 40, steps=6)
        page.mouse.up()
        wait_for_changes(page, 4)
        save(page, "page-colours.jpg")
        page.get_by_role("tab", name="Many photos").click()
        photos = [OLD / f"{name}.jpg" for name in ("armstrong-1946", "london-boy-1945")]
        page.set_input_files("#album-drop input[type=file]", photos)
        page.locator("#album-rows li").nth(1).wait_for()
        page.locator("#album-start").click()
        page.locator("#album-download").wait_for()
        save(page, "page-album.jpg")
        browser.close()


def wait_for_changes(page: Page, count: int) -> None:
    shown = "Number(document.querySelector('.view')?.dataset.shown || 0)"
    page.wait_for_function(f"{shown} >= {count}")


def save(page: Page, name: str) -> None:
    page.wait_for_timeout(1000)  # until nothing moves any more
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.thumbnail((WIDTH, WIDTH))
    picture.save(DOCS / "pictures" / name, quality=82, optimize=True)


if __name__ == "__main__":
    main()
