"""Swagger UI and Redoc: a person tries the API, and searches it."""

import json

import pytest
from django.conf import settings

from tests.browser.conftest import chromium_in, with_credentials
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


STATUSES = {
    "items-items_list": 200,
    "items-items_create": 201,
    "items-items_query": 200,
    "items-items_bulk_create": 200,
    "items-items_bulk_change": 200,
    "items-items_bulk_delete": 200,
    "items-items_retrieve": 200,
    "items-items_update": 200,
    "items-items_partial_update": 200,
    "items-items_destroy": 204,
    "items-items_adjust": 200,
    "health-root_retrieve": 200,
    "health-health_retrieve": 200,
}
"""What each operation answers with what Swagger UI fills in, where the item of the examples is."""


def try_out(browser, operation):
    """Send what Swagger UI fills in; return the curl line that it shows."""
    block = f"#operations-{operation}"
    for button in (".opblock-summary-control", ".try-out__btn", ".execute"):
        visible(browser, f"{block} {button}").click()
    status = str(STATUSES[operation])
    wait_for_text(browser, f"{block} .live-responses-table tbody .response-col_status", status)
    return visible(browser, f"{block} .curl").text


def test_swagger_ui_succeeds_with_what_it_fills_in_by_itself(browser, service):
    browser.get(f"{service.url}/docs")
    try_out(browser, "items-items_adjust")


@pytest.mark.long
@pytest.mark.parametrize("operation", STATUSES)
def test_every_operation_succeeds_and_its_curl_line_has_no_token(
    browser, service, items, operation
):
    if operation == "items-items_create":
        items.delete_many({})
    browser.get(f"{service.url}/docs")
    assert "csrf" not in try_out(browser, operation).lower()
    assert violations(browser) == []


@pytest.mark.long
def test_the_first_request_stores_the_item_of_the_others(browser, service, items):
    items.delete_many({})
    browser.get(f"{service.url}/docs")
    for operation in ("items_create", "items_retrieve", "items_query", "items_destroy"):
        try_out(browser, f"items-{operation}")


def test_every_operation_of_the_document_is_tried(client):
    operations = [
        f"{operation['tags'][0]}-{operation['operationId']}"
        for path in client.get("/openapi.json").json()["paths"].values()
        for operation in path.values()
    ]
    assert set(operations) == set(STATUSES)


def test_the_way_in_stands_above_the_first_operation_in_the_first_screen(browser, service):
    browser.get(f"{service.url}/docs")
    for selector in (".login a", ".auth-wrapper .authorize", "#operations-items-items_list"):
        assert visible(browser, selector).location["y"] < 700
    locks = "return document.querySelectorAll(arguments[0]).length"
    closed = browser.execute_script(locks, "[id^=operations-items] .authorization__btn")
    opened = browser.execute_script(locks, "[id^=operations-health] .authorization__btn")
    assert (closed, opened) == (11, 0)


@pytest.mark.long
def test_who_logs_in_once_tries_everything_out_and_the_page_keeps_no_secret(
    service, items, tmp_path
):
    with chromium_in(tmp_path) as browser:
        browser.get(f"{service.url}/docs")
        login = visible(browser, ".login a").get_attribute("href")
        browser.get(with_credentials(login))
        assert browser.current_url.endswith("/docs")
        for operation in ("items-items_retrieve", "items-items_adjust"):
            browser.get(f"{service.url}/docs")
            try_out(browser, operation)
        kept = "return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        assert browser.execute_script(kept) == '[{},{},""]'
        assert violations(browser) == []


def test_redoc_shows_the_api_and_searches_it(browser, service):
    browser.get(f"{service.url}/redoc")
    wait_for_text(browser, "#redoc h1", settings.NAME)
    fill_in(browser, "#redoc [role=search] input", "delete")
    wait_for_text(browser, "[data-role='search:results']", "Delete an item")
    assert violations(browser) == []
