"""A person changes items in the pages of the browsable API."""

import json

import pytest
from selenium.webdriver.common.by import By

from tests.examples import ID, OTHER, STORED
from tests.support.browser import fill_in, violations, visible, wait_for_text

FORM = "[data-fields]"


@pytest.fixture
def page(browser):
    yield browser
    assert violations(browser) == []


def choose(page, text):
    page.find_element(By.XPATH, f"//select[@id='form-category']/option[.='{text}']").click()


def test_an_item_is_created_by_its_fields(page, service, items):
    page.get(f"{service.url}/v1/items")
    for name in ("name", "count", "price"):
        fill_in(page, f"#form-{name}", str(OTHER[name]))
    choose(page, OTHER["category"])
    visible(page, f"{FORM} button").click()
    wait_for_text(page, ".response-info", "HTTP 201 Created")
    assert items.find_one({"name": "Saw"}, {"_id": 0}) == OTHER


def test_an_item_is_created_by_json(page, service, items):
    page.get(f"{service.url}/v1/items")
    visible(page, "details:not([open]) summary").click()
    fill_in(page, "textarea", json.dumps(OTHER))
    visible(page, "form:has(textarea) button").click()
    wait_for_text(page, ".response-info", "HTTP 201 Created")
    assert items.find_one({"name": "Saw"}, {"_id": 0}) == OTHER


def test_a_change_that_is_refused_is_corrected_and_sends_only_what_differs(page, service, items):
    page.get(f"{service.url}/v1/items/{ID}")
    fill_in(page, "#form-name", "Mallet")
    fill_in(page, "#form-count", "x")
    visible(page, "[data-method=PATCH]").click()
    wait_for_text(page, "#form-count-error", "A valid integer is required.")
    items.update_one({"_id": ID}, {"$set": {"price": 1.5}})  # by somebody else
    fill_in(page, "#form-count", "3")
    visible(page, "[data-method=PATCH]").click()
    wait_for_text(page, ".response-info", "HTTP 200 OK")
    assert items.find_one() == {**STORED, "name": "Mallet", "count": 3, "price": 1.5}


def test_an_item_is_replaced(page, service, items):
    page.get(f"{service.url}/v1/items/{ID}")
    fill_in(page, "#form-name", "Mallet")
    visible(page, f"{FORM} [data-method=PUT]").click()
    wait_for_text(page, ".request-info", "PUT")
    assert items.find_one() == {**STORED, "name": "Mallet"}


def test_an_item_is_deleted_after_a_question(page, service, items):
    page.get(f"{service.url}/v1/items/{ID}")
    page.find_element(By.XPATH, "//summary[.='Delete']").click()
    visible(page, "[data-method=DELETE] button").click()
    wait_for_text(page, ".response-info", "HTTP 204 No Content")
    assert list(items.find()) == []


def test_a_count_is_adjusted(page, service, items):
    page.get(f"{service.url}/v1/items/{ID}")
    page.find_element(By.LINK_TEXT, "Adjust the count").click()
    fill_in(page, "#form-delta", "-3")
    visible(page, f"{FORM} button").click()
    wait_for_text(page, ".response-info", '"count": 17')
    assert items.find_one()["count"] == 17


def test_items_are_filtered_without_the_fields_that_are_empty(page, service):
    page.get(f"{service.url}/v1/items")
    fill_in(page, "#filter-search", "ham")
    visible(page, ".filter button").click()
    wait_for_text(page, ".response-info", "Hammer")
    assert page.current_url == f"{service.url}/v1/items?search=ham"
