"""Screenshots of the pages: light, dark and narrow.

They go where PICTURES says, such as docs/pictures, from where the README shows one.
"""

import csv
import os
import uuid
from pathlib import Path

import pytest

from items.management.commands.load_samples import SAMPLES
from tests.support.browser import visible

PAGES = {
    "stock": ("/stock", ".totals td"),
    "upload": ("/stock/upload", "#upload"),
    "new": ("/stock/new", "[name=name]"),
}
LOOKS = {"light": (1280, 800, "light"), "dark": (1280, 800, "dark"), "narrow": (390, 800, "light")}


@pytest.fixture
def directory(tmp_path):
    wanted = os.environ.get("PICTURES")
    found = Path(wanted) if wanted else tmp_path
    found.mkdir(parents=True, exist_ok=True)
    return found


@pytest.fixture
def samples(items):
    """The items of a workshop."""
    with SAMPLES.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row |= {"_id": str(uuid.uuid4()), "count": int(row["count"]), "price": float(row["price"])}
    items.delete_many({})
    items.insert_many(rows)


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_picture_is_taken_of_each_page(browser, service, samples, directory, look, name):
    path, selector = PAGES[name]
    width, height, scheme = LOOKS[look]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    try:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        browser.get(service.url + path)
        visible(browser, selector)
        assert browser.save_screenshot(str(directory / f"{name}-{look}.png"))
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
