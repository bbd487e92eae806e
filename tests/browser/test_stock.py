"""The stock page in Chromium: what scripts do there, and that none is needed."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from stock.tables import PAGE_ITEMS
from tests.examples import ID, STORED
from tests.support.browser import (
    fill_in,
    loaded_elsewhere,
    violations,
    visible,
    wait,
    wait_for_text,
)

ROW = f"#item-{ID}"
COUNT = f"#count-{ID} [name=count]"
MORE = f"{ROW} [aria-label='One more of Hammer']"


@pytest.fixture
def page(browser, service):
    """The page, with one item."""
    browser.get(f"{service.url}/stock")
    visible(browser, ROW)
    yield browser
    assert violations(browser) == []
    assert loaded_elsewhere(browser, service) == []


def names_of(page):
    """The names in the table."""
    return [cell.text for cell in page.find_elements(By.CSS_SELECTOR, "#list td.name")]


def count(items):
    return items.find_one({"_id": ID})["count"]


def test_ten_quick_clicks_count_ten(page, items):
    button = visible(page, MORE)
    for _ in range(10):
        button.click()
    wait(page, lambda page: visible(page, COUNT).get_attribute("value") == "30")
    assert count(items) == 30
    wait_for_text(page, f"#value-{ID}", "299.70")


def test_a_search_shows_what_it_finds_as_one_types(page, items, service):
    items.insert_one({**STORED, "_id": "00000000-0000-4000-8000-000000000000", "name": "Saw"})
    fill_in(page, "[name=search]", "sa")
    wait(page, lambda page: names_of(page) == ["Saw"])
    assert page.current_url == f"{service.url}/stock?search=sa"


def test_pages_lead_forward_and_back(page, items, service):
    items.insert_many(
        {**STORED, "_id": f"{n:08}-0000-4000-8000-000000000000"} for n in range(PAGE_ITEMS)
    )
    page.get(f"{service.url}/stock")
    visible(page, "[rel=next]").click()
    visible(page, "[rel=prev]").click()
    visible(page, "[rel=next]")
    assert len(names_of(page)) == PAGE_ITEMS


def set_count(page, number):
    field = visible(page, COUNT)
    field.clear()
    field.send_keys(number, Keys.ENTER)


def test_a_conflict_shows_what_another_window_has_done(page, items, service):
    first = page.current_window_handle
    page.switch_to.new_window("window")
    page.get(f"{service.url}/stock")
    set_count(page, "5")
    wait(page, lambda page: count(items) == 5)
    page.close()
    page.switch_to.window(first)
    set_count(page, "9")
    wait_for_text(page, "#message", "its count is 5 now")
    assert visible(page, COUNT).get_attribute("value") == "9"
    visible(page, COUNT).send_keys(Keys.ENTER)
    wait(page, lambda page: count(items) == 9)


def test_a_deletion_asks_and_can_be_undone(page, items):
    visible(page, f"{ROW} .actions button").click()
    wait(page, lambda page: page.switch_to.alert).accept()
    wait_for_text(page, ".deleted", "Hammer is deleted.")
    assert items.find_one({"_id": ID}) is None
    visible(page, ".undo button").click()
    visible(page, ROW)
    assert count(items) == 20


def test_an_upload_shows_what_it_would_do_and_then_does_it(page, items, service, tmp_path):
    (tmp_path / "list.csv").write_text("name;category;count;price\nHammer;tools;3;1,50\n")
    page.get(f"{service.url}/stock/upload")
    visible(page, "[name=file]").send_keys(str(tmp_path / "list.csv"))
    visible(page, "#upload button").click()
    wait_for_text(page, "#seen", "0 new, 1 changed")
    visible(page, "[name=digest]").click()
    wait_for_text(page, "#seen", "is stored")
    assert count(items) == 3


def test_an_item_that_is_gone_is_a_message_and_the_page_stays(page, items):
    items.delete_one({"_id": ID})
    visible(page, MORE).click()
    wait_for_text(page, "#message", "Somebody has deleted this item.")
    visible(page, ROW)


def test_a_click_whose_answer_a_proxy_lost_keeps_its_key(page):
    answered = """
        const form = document.querySelector("[data-once]");
        form.dataset.key = "one";
        const detail = { elt: form, xhr: { status: arguments[0] } };
        document.dispatchEvent(new CustomEvent("htmx:afterRequest", { detail }));
        return form.dataset.key ?? null;
    """
    assert [page.execute_script(answered, status) for status in (504, 200)] == ["one", None]


def test_an_upload_that_is_too_large_is_told_why(page, service, tmp_path):
    (tmp_path / "list.csv").write_bytes(b"x" * 3_000_000)
    page.get(f"{service.url}/stock/upload")
    visible(page, "[name=file]").send_keys(str(tmp_path / "list.csv"))
    visible(page, "#upload button").click()
    wait_for_text(page, "#message", "The body is larger than this service accepts.")


def test_it_works_without_scripts(page, items, service):
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.get(f"{service.url}/stock?category=tools")
        page.find_element(By.CSS_SELECTOR, MORE).click()
        wait(page, lambda page: count(items) == 21)
        url = f"{service.url}/stock?category=tools#item-{ID}"
        wait(page, lambda page: page.current_url == url)
        # Each is on a page of its own, which takes a while to come.
        for button in (f"{ROW} .actions button", "button.main", ".undo button"):
            wait(page, lambda page, button=button: page.find_elements(By.CSS_SELECTOR, button))
            page.find_element(By.CSS_SELECTOR, button).click()
        wait(page, lambda page: page.find_elements(By.CSS_SELECTOR, ROW))
    finally:
        page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_narrow_window_needs_no_scrolling_to_the_side(page):
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": False},
    )
    try:
        assert page.execute_script("return document.documentElement.scrollWidth") <= 390
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
