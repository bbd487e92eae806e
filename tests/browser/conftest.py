"""A real Chromium, in which a person has entered the credentials."""

import shutil
from urllib.parse import quote

import pytest
from django.conf import settings
from selenium import webdriver

from tests.examples import STORED

INSTALL = "apt-get install -y chromium chromium-driver"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")


def chromium_in(directory):
    """A new Chromium, which ends with the block that uses it."""
    if not (CHROMIUM and DRIVER):
        pytest.skip(f"no Chromium with its driver here; as root: {INSTALL}")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for switch in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "disable-dev-shm-usage",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "window-size=1280,1400",
        f"user-data-dir={directory}",
    ):
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(DRIVER))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    with chromium_in(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


def with_credentials(url):
    """An address that enters the credentials as a person does at the browser's prompt."""
    password = quote(settings.SECRETS["service_pwd"].value, safe="")
    return url.replace("//", f"//{settings.SERVICE_USER}:{password}@")


@pytest.fixture(scope="session")
def logged_in(chromium, service):
    """A browser that knows the credentials."""
    chromium.get(with_credentials(f"{service.url}/v1/items"))
    return chromium


@pytest.fixture
def items(service_database):
    """The collection of the service, with one item."""
    items = service_database["items"]
    items.delete_many({})
    items.insert_one(dict(STORED))
    return items


@pytest.fixture
def browser(logged_in, items):
    logged_in.get("about:blank")
    logged_in.get_log("browser")
    logged_in.get_log("performance")
    return logged_in
