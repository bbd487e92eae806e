"""Every page keeps to its content security policy, and loads nothing from elsewhere."""

import pytest

from tests.examples import ID
from tests.support.browser import loaded_elsewhere, violations, visible, wait_for_text

PAGES = {
    "start": ("/", "main"),
    "Swagger UI": ("/docs", ".opblock"),
    "Redoc": ("/redoc", "#redoc h1"),
    "health": ("/health", "#state"),
    "list": ("/v1/items", ".response-info a"),
    "item": (f"/v1/items/{ID}", ".response-info a"),
    "adjustment": (f"/v1/items/{ID}/adjust", "#form-delta"),
    "bulk": ("/v1/items/bulk", "textarea"),
    "selection": ("/v1/items/?count=20", ".response-info a"),
    "no argument": ("/v1/items/", "#filter-count"),
    "wrong argument": ("/v1/items?count=x", "#filter-count-error"),
    "no item": ("/v1/items/none", ".problem"),
    "no page": ("/nowhere", ".problem"),
}


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
    wait_for_text(browser, ".problem", "Not authenticated")
    assert violations(browser) == []
