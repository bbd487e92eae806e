"""The browser's own prompt: the wrong password first, then the right one.

Chromium's prompt is no part of the page, and out of Selenium's reach. Its DevTools tell when the
browser would show it, and enter what a person would
(https://chromedevtools.github.io/devtools-protocol/tot/Fetch/#event-authRequired).
"""

import itertools
import json
from urllib.request import urlopen

import pytest
import websocket
from django.conf import settings

from tests.browser.conftest import chromium_in
from tests.support.browser import visible, wait_for_text


class Prompts:
    """What the browser asks for, and what it is told."""

    def __init__(self, driver):
        address = driver.capabilities["goog:chromeOptions"]["debuggerAddress"]
        with urlopen(f"http://{address}/json") as answer:
            pages = json.load(answer)
        url = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        self.socket = websocket.create_connection(url, timeout=20, suppress_origin=True)
        self.numbers = itertools.count(1)
        self.send("Fetch.enable", handleAuthRequests=True)

    def send(self, method, **params):
        message = {"id": next(self.numbers), "method": method, "params": params}
        self.socket.send(json.dumps(message))

    def visit(self, url, answers):
        """Go to a page, and give one answer to each prompt; return how often there was one."""
        asked = 0
        self.send("Page.enable")
        self.send("Page.navigate", url=url)
        while (event := json.loads(self.socket.recv())).get("method") != "Page.loadEventFired":
            params = event.get("params", {})
            if event.get("method") == "Fetch.requestPaused":
                self.send("Fetch.continueRequest", requestId=params["requestId"])
            elif event.get("method") == "Fetch.authRequired":
                asked += 1
                self.send(
                    "Fetch.continueWithAuth",
                    requestId=params["requestId"],
                    authChallengeResponse=next(answers, {"response": "CancelAuth"}),
                )
        return asked


def entering(password):
    user = settings.SERVICE_USER
    return {"response": "ProvideCredentials", "username": user, "password": password}


@pytest.fixture
def first_visit(service, items, tmp_path):
    """A browser that knows no credentials, and its prompts."""
    with chromium_in(tmp_path) as driver:
        prompts = Prompts(driver)
        yield driver, prompts
        prompts.socket.close()


@pytest.mark.long
def test_after_a_wrong_password_the_browser_asks_again_and_the_right_one_opens_the_page(
    first_visit, service
):
    driver, prompts = first_visit
    right = settings.SECRETS["service_pwd"].value
    answers = iter([entering("wrong"), entering(right)])
    assert prompts.visit(f"{service.url}/stock", answers) == 2
    visible(driver, "#list tr")
    # It is not asked for again.
    assert prompts.visit(f"{service.url}/v1/items", iter([])) == 0


@pytest.mark.long
def test_who_gives_up_gets_a_page_with_a_way_in(first_visit, service):
    driver, prompts = first_visit
    assert prompts.visit(f"{service.url}/stock", iter([])) == 1
    wait_for_text(driver, "main", "Not authenticated")
    assert visible(driver, "main a")
