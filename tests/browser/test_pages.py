"""The service's pages in a real Chromium, and pages of other origins that attack them."""

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from django.conf import settings
from selenium import webdriver
from selenium.common import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

INSTALL = "apt-get install -y chromium chromium-driver"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

if not (CHROMIUM and DRIVER):
    reason = f"no Chromium with its driver here; as root: {INSTALL}"
    pytest.skip(reason, allow_module_level=True)

ID = "dbb86c27-2eed-410d-881e-ad47487dd228"
HAMMER = {"_id": ID, "name": "Hammer", "category": "tools", "count": 20, "price": 9.99}
SAW = {"name": "Saw", "category": "tools", "count": 3, "price": 12.5}


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
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
        f"user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options, webdriver.ChromeService(DRIVER)) as driver:
        yield driver


@pytest.fixture(scope="module")
def logged_in(chromium, service):
    """A browser that a person has given the credentials."""
    password = quote(settings.SECRETS["service_pwd"].value)
    chromium.get(f"{service.url}/v1/items".replace("//", f"//{settings.SERVICE_USER}:{password}@"))
    return chromium


@pytest.fixture
def items(service_database):
    """The service's items: one."""
    items = service_database["items"]
    items.delete_many({})
    items.insert_one(dict(HAMMER))
    return items


@pytest.fixture
def browser(logged_in, items):
    logged_in.get("about:blank")
    logged_in.get_log("browser")
    logged_in.get_log("performance")
    return logged_in


def wait(browser, condition, message=""):
    # A page may be replaced between two questions about it.
    ignored = [StaleElementReferenceException]
    return WebDriverWait(browser, 20, 0.05, ignored_exceptions=ignored).until(condition, message)


def visible(browser, selector):
    """Return the first element that a selector finds, as soon as it shows."""

    def find(browser):
        found = browser.find_elements(By.CSS_SELECTOR, selector)
        return found[0] if found and found[0].is_displayed() else None

    return wait(browser, find, f"{selector} does not show")


def wait_for_text(browser, selector, text):
    """Wait until the first element that a selector finds has a text in it."""
    script = "return document.querySelector(arguments[0])?.innerText ?? ''"
    wait(
        browser,
        lambda browser: text in browser.execute_script(script, selector),
        f"{selector} does not say {text!r}",
    )


def fill_in(browser, selector, text):
    field = visible(browser, selector)
    field.clear()
    field.send_keys(text)


def network(browser):
    """Return what Chromium's network did since the last call: for each request its events."""
    requests = {}
    for entry in browser.get_log("performance"):
        event = json.loads(entry["message"])["message"]
        name, _, kind = event["method"].partition(".")
        if name == "Network" and "requestId" in event["params"]:
            requests.setdefault(event["params"]["requestId"], {})[kind] = event["params"]
    return list(requests.values())


# A page of another origin


@pytest.fixture(scope="module")
def foreign_port():
    """The port of a server on this machine that has an empty page and nothing else."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["127.0.0.1", "localhost"], ids=["another port", "another host"])
def foreign(browser, foreign_port, request):
    """A browser with the credentials, on the page of another origin."""
    browser.get(f"http://{request.param}:{foreign_port}/")
    network(browser)
    return browser


def answers(browser, url):
    """Return whether credentials were sent, and the status, of each unsafe request for a URL."""

    return [
        (
            "Authorization" in events["requestWillBeSentExtraInfo"]["headers"],
            events["responseReceivedExtraInfo"]["statusCode"],
        )
        for events in network(browser)
        if "requestWillBeSent" in events
        and events["requestWillBeSent"]["request"]["url"] == url
        and events["requestWillBeSent"]["request"]["method"] != "OPTIONS"
        and "responseReceivedExtraInfo" in events
    ]


def test_browser_replays_the_credentials_for_another_page(foreign, service):
    foreign.execute_script("location = arguments[0]", f"{service.url}/v1/items")
    wait_for_text(foreign, ".response-info", "HTTP 200 OK")


POST_FORM = """
const form = document.createElement("form");
Object.assign(form, {method: "POST", action: arguments[0], enctype: arguments[1]});
const field = document.createElement("input");
Object.assign(field, {name: arguments[2], value: ""});
form.append(field);
document.body.append(form);
form.submit();
"""


@pytest.mark.parametrize(
    "enctype", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_form_of_another_page_writes_nothing(foreign, service, items, enctype):
    origin = foreign.execute_script("return location.origin")
    url = f"{service.url}/v1/items"
    foreign.execute_script(POST_FORM, url, enctype, json.dumps(SAW))
    wait(foreign, lambda browser: browser.current_url == url)
    wait_for_text(foreign, "body", f"A page of {origin} may not change anything at {service.url}.")
    assert answers(foreign, url) == [(True, 403)]
    assert list(items.find()) == [HAMMER]


FETCH = """
const [url, options, done] = arguments;
fetch(url, {credentials: "include", ...options})
  .then((answer) => done(answer.type), () => done("failed"));
"""


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_fetch_that_needs_no_preflight_writes_nothing(foreign, service, items, media_type):
    url = f"{service.url}/v1/items"
    options = {
        "method": "POST",
        "mode": "no-cors",
        "headers": {"Content-Type": media_type},
        "body": json.dumps(SAW),
    }
    assert foreign.execute_async_script(FETCH, url, options) == "opaque"
    # For a script of another host Chromium leaves the credentials out, of late.
    same_host = "127.0.0.1" in foreign.current_url
    assert answers(foreign, url) in ([(True, 403)], [(same_host, 403)])
    assert list(items.find()) == [HAMMER]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/items", json.dumps(SAW)),
        ("PUT", f"/v1/items/{ID}?count=1", None),
        ("DELETE", f"/v1/items/{ID}", None),
    ],
)
def test_fetch_that_needs_a_preflight_is_never_sent(foreign, service, items, method, path, body):
    options = {"method": method, "headers": {"Content-Type": "application/json"}, "body": body}
    assert foreign.execute_async_script(FETCH, service.url + path, options) == "failed"
    assert answers(foreign, service.url + path) == []
    assert list(items.find()) == [HAMMER]


# The service's own pages


def test_browsable_api_creates_an_item(browser, service, items):
    browser.get(f"{service.url}/v1/items")
    fill_in(browser, "textarea", json.dumps(SAW))
    visible(browser, "form[method=POST] button").click()
    wait_for_text(browser, ".response-info", "HTTP 201 Created")
    assert items.find_one({"name": "Saw"}, {"_id": 0}) == SAW


def test_browsable_api_replaces_an_item(browser, service, items):
    browser.get(f"{service.url}/v1/items/{ID}")
    fill_in(browser, "textarea", json.dumps(SAW))
    visible(browser, "form[data-method=PUT] button").click()
    wait_for_text(browser, ".request-info", "PUT")
    assert items.find_one() == {"_id": ID, **SAW}


def test_browsable_api_deletes_an_item(browser, service, items):
    browser.get(f"{service.url}/v1/items/{ID}")
    visible(browser, "[data-target='#deleteModal']").click()
    visible(browser, "#deleteModal .btn-danger").click()
    wait_for_text(browser, ".response-info", "HTTP 204 No Content")
    assert list(items.find()) == []


def test_swagger_ui_creates_an_item(browser, service, items):
    browser.get(f"{service.url}/docs")
    for button in (".opblock-summary-control", ".try-out__btn"):
        visible(browser, f"#operations-items-items_create {button}").click()
    fill_in(browser, "#operations-items-items_create textarea", json.dumps(SAW))
    visible(browser, "#operations-items-items_create .execute").click()
    wait_for_text(browser, ".live-responses-table tbody .response-col_status", "201")
    assert items.find_one({"name": "Saw"}, {"_id": 0}) == SAW


@pytest.mark.parametrize("operation", ["items_list", "items_adjust"])
def test_swagger_ui_succeeds_with_what_it_fills_in_by_itself(browser, service, operation):
    browser.get(f"{service.url}/docs")
    block = f"#operations-items-{operation}"
    for button in (".opblock-summary-control", ".try-out__btn", ".execute"):
        visible(browser, f"{block} {button}").click()
    wait_for_text(browser, f"{block} .live-responses-table tbody .response-col_status", "200")


def test_redoc_shows_the_api_and_searches_it(browser, service):
    browser.get(f"{service.url}/redoc")
    wait_for_text(browser, "#redoc h1", settings.NAME)
    fill_in(browser, "#redoc [role=search] input", "delete")
    wait_for_text(browser, "[data-role='search:results']", "Delete an item")
    assert violations(browser) == []


PAGES = {
    "start": ("/", "main"),
    "Swagger UI": ("/docs", ".opblock"),
    "Redoc": ("/redoc", "#redoc h1"),
    "list": ("/v1/items", ".response-info .lit"),
    "item": (f"/v1/items/{ID}", ".response-info .lit"),
    "selection": ("/v1/items/?count=20", ".response-info .lit"),
    "no argument": ("/v1/items/", ".response-info .lit"),
    "no item": ("/v1/items/none", ".response-info .lit"),
    "no page": ("/nowhere", "body"),
}


def violations(browser):
    """Return what the console says, but for the status of an answer."""
    messages = [entry["message"] for entry in browser.get_log("browser")]
    return [message for message in messages if "responded with a status of 4" not in message]


def loaded_elsewhere(browser, service):
    urls = [
        events["requestWillBeSent"]["request"]["url"]
        for events in network(browser)
        if "requestWillBeSent" in events
    ]
    assert urls
    own = (service.url, "data:", "blob:", "about:")
    return [url for url in urls if not url.startswith(own)]


@pytest.mark.parametrize(("path", "shown"), PAGES.values(), ids=PAGES.keys())
def test_page_keeps_to_its_policy_and_to_this_service(browser, service, path, shown):
    browser.get(service.url + path)
    visible(browser, shown)
    assert violations(browser) == []
    assert loaded_elsewhere(browser, service) == []


SHOW_WITHOUT_CREDENTIALS = """
const done = arguments[0];
fetch("/v1/items", {credentials: "omit", headers: {Accept: "text/html"}})
  .then((answer) => answer.text())
  .then((page) => { document.open(); document.write(page); document.close(); done(); });
"""


def test_page_for_a_person_without_credentials_keeps_to_its_policy(browser, service):
    browser.get(service.url)
    browser.execute_async_script(SHOW_WITHOUT_CREDENTIALS)
    wait_for_text(browser, ".response-info", "HTTP 401 Unauthorized")
    assert violations(browser) == []
