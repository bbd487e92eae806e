"""The start page in Chromium: it is live, and leads to a changed count in three clicks."""

import shlex
import shutil
import subprocess

import pytest
from django.conf import settings
from selenium.webdriver.common.by import By

from tests.examples import ID
from tests.support.browser import violations, visible, wait, wait_for_text


def test_three_clicks_lead_to_a_changed_count(browser, service, items):
    browser.get(service.url)
    browser.find_element(By.CSS_SELECTOR, ".cards a").click()
    visible(browser, f"#item-{ID} [aria-label='One more of Hammer']").click()
    wait(browser, lambda browser: items.find_one()["count"] == 21)


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
def test_the_copied_line_works_as_it_is(browser, service, items):
    browser.get(service.url)
    visible(browser, "[data-copy]").click()
    wait_for_text(browser, "[data-copy]", "Copied")
    command = shlex.split(visible(browser, "#command").text)
    # Without a terminal curl reads the password that it asks for from its input.
    run = subprocess.run(
        [*command, "--silent"],
        input=settings.SECRETS["service_pwd"].value + "\n",
        capture_output=True,
        text=True,
        start_new_session=True,
    )
    assert ID in run.stdout
    assert violations(browser) == []


@pytest.mark.long
def test_the_state_is_asked_for_again_and_again(browser, service):
    browser.get(service.url)
    visible(browser, "#state")
    browser.execute_script("document.getElementById('state').textContent = 'old'")
    wait_for_text(browser, "#state", "MongoDB answers.")


@pytest.mark.long
def test_a_service_that_is_gone_is_said_by_the_page(browser, service):
    browser.get(service.url)
    visible(browser, "#state")
    conditions = {"offline": True, "latency": 0, "throughput": 0}
    browser.set_network_conditions(**conditions)
    try:
        wait_for_text(browser, "#state", "The service does not answer.")
    finally:
        browser.delete_network_conditions()
    wait_for_text(browser, "#state", "MongoDB answers.")
