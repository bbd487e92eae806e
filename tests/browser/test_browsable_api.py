"""A person changes items in the pages of the browsable API."""

import json

from tests.examples import ID, OTHER
from tests.support.browser import fill_in, visible, wait_for_text


def test_browsable_api_creates_an_item(browser, service, items):
    browser.get(f"{service.url}/v1/items")
    fill_in(browser, "textarea", json.dumps(OTHER))
    visible(browser, "form[method=POST] button").click()
    wait_for_text(browser, ".response-info", "HTTP 201 Created")
    assert items.find_one({"name": "Saw"}, {"_id": 0}) == OTHER


def test_browsable_api_replaces_an_item(browser, service, items):
    browser.get(f"{service.url}/v1/items/{ID}")
    fill_in(browser, "textarea", json.dumps(OTHER))
    visible(browser, "form[data-method=PUT] button").click()
    wait_for_text(browser, ".request-info", "PUT")
    assert items.find_one() == {"_id": ID, **OTHER}


def test_browsable_api_deletes_an_item(browser, service, items):
    browser.get(f"{service.url}/v1/items/{ID}")
    visible(browser, "[data-target='#deleteModal']").click()
    visible(browser, "#deleteModal .btn-danger").click()
    wait_for_text(browser, ".response-info", "HTTP 204 No Content")
    assert list(items.find()) == []
