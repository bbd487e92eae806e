"""axe-core finds nothing serious on any page, in light and in dark."""

from importlib.resources import files

import pytest

from tests.browser.test_pages import PAGES
from tests.examples import ID
from tests.support.browser import visible

pytestmark = pytest.mark.long

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = """
const [foreign, done] = arguments;
axe.run({exclude: [[foreign]]}).then(({violations}) => done(violations
  .filter(({impact}) => impact === "serious" || impact === "critical")
  .map(({id, nodes}) => [id, nodes.map(({target}) => target.join(" "))])));
"""
# The markup of Swagger UI and Redoc is theirs. axe refuses to exclude what is not there.
FOREIGN = {"Swagger UI": "#swagger-ui", "Redoc": "#redoc"}
NONE = "script"
PLACES = {
    **PAGES,
    "stock": ("/stock", f"#item-{ID}"),
    "new item": ("/stock/new", "#name"),
    "edit": (f"/stock/{ID}/edit", "#name"),
    "delete": (f"/stock/{ID}/delete", "button.main"),
    "upload": ("/stock/upload", "#upload"),
    "totals": ("/stock/totals", ".totals"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PLACES)
def test_no_finding_is_serious(browser, service, name, scheme):
    path, shown = PLACES[name]
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        browser.get(service.url + path)
        visible(browser, shown)
        browser.execute_script(AXE)
        assert browser.execute_async_script(RUN, FOREIGN.get(name, NONE)) == []
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_a_page_without_a_language_would_be_found(browser, service):
    browser.get(service.url)
    browser.execute_script(AXE)
    browser.execute_script("document.documentElement.removeAttribute('lang')")
    ((rule, _),) = browser.execute_async_script(RUN, NONE)
    assert rule == "html-has-lang"
