"""Pages of other origins change nothing, although the browser sends the credentials for them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.examples import ID, OTHER, STORED
from tests.support.browser import network, wait, wait_for_text


@pytest.fixture(scope="module")
def foreign_port():
    """The port of a server on this machine that serves an empty page and nothing else."""

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
    foreign.execute_script(POST_FORM, url, enctype, json.dumps(OTHER))
    wait(foreign, lambda browser: browser.current_url == url)
    wait_for_text(foreign, "body", f"A page of {origin} may not change anything at {service.url}.")
    assert answers(foreign, url) == [(True, 403)]
    assert list(items.find()) == [STORED]


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
        "body": json.dumps(OTHER),
    }
    # Cross-Origin-Resource-Policy keeps even the fact of an answer from the script.
    assert foreign.execute_async_script(FETCH, url, options) == "failed"
    ((sent, status),) = answers(foreign, url)
    assert status == 403
    # Chromium leaves the credentials out for a script of another host.
    assert sent or "localhost" in foreign.current_url
    assert list(items.find()) == [STORED]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/items", json.dumps(OTHER)),
        ("PUT", f"/v1/items/{ID}?count=1", None),
        ("DELETE", f"/v1/items/{ID}", None),
    ],
)
def test_fetch_that_needs_a_preflight_is_never_sent(foreign, service, items, method, path, body):
    options = {"method": method, "headers": {"Content-Type": "application/json"}, "body": body}
    assert foreign.execute_async_script(FETCH, service.url + path, options) == "failed"
    assert answers(foreign, service.url + path) == []
    assert list(items.find()) == [STORED]
