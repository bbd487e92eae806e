"""What a page in the browser shows, logs in its console, and loads."""

import json

from selenium.common import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait


def wait(browser, condition, message=""):
    # The page may change between two questions about it.
    ignored = [StaleElementReferenceException]
    return WebDriverWait(browser, 20, 0.05, ignored_exceptions=ignored).until(condition, message)


def visible(browser, selector):
    """Return the first element that a selector finds, once it is visible."""

    def find(browser):
        found = browser.find_elements(By.CSS_SELECTOR, selector)
        return found[0] if found and found[0].is_displayed() else None

    return wait(browser, find, f"{selector} does not show")


def wait_for_text(browser, selector, text):
    """Wait until the first element that a selector finds contains a text."""
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
    """Return the events of each request that Chromium has made since the last call."""
    requests = {}
    for entry in browser.get_log("performance"):
        event = json.loads(entry["message"])["message"]
        name, _, kind = event["method"].partition(".")
        if name == "Network" and "requestId" in event["params"]:
            requests.setdefault(event["params"]["requestId"], {})[kind] = event["params"]
    return list(requests.values())


def violations(browser):
    """Return what the console says, without the lines on a status of 4xx."""
    messages = [entry["message"] for entry in browser.get_log("browser")]
    return [message for message in messages if "responded with a status of 4" not in message]


def loaded_elsewhere(browser, service):
    """Return the URLs that were asked for since the last call, and are not the service's."""
    urls = [
        events["requestWillBeSent"]["request"]["url"]
        for events in network(browser)
        if "requestWillBeSent" in events
    ]
    assert urls
    own = (service.url, "data:", "blob:", "about:")
    return [url for url in urls if not url.startswith(own)]
