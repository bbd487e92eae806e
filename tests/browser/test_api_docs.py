"""Swagger UI and Redoc: a person tries the API, and searches it."""

import json

import pytest
from django.conf import settings

from tests.examples import OTHER
from tests.support.browser import fill_in, violations, visible, wait_for_text


def test_swagger_ui_creates_an_item(browser, service, items):
    browser.get(f"{service.url}/docs")
    for button in (".opblock-summary-control", ".try-out__btn"):
        visible(browser, f"#operations-items-items_create {button}").click()
    fill_in(browser, "#operations-items-items_create textarea", json.dumps(OTHER))
    visible(browser, "#operations-items-items_create .execute").click()
    wait_for_text(browser, ".live-responses-table tbody .response-col_status", "201")
    assert items.find_one({"name": "Saw"}, {"_id": 0}) == OTHER


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
