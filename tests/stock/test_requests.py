"""Requests that no browser sends."""

import pytest

from tests.examples import ID
from tests.stock.pages import hammer

PATHS = [
    "/stock",
    "/stock/new",
    "/stock/totals",
    "/stock/undo",
    "/stock/upload",
    *(f"/stock/{ID}/{name}" for name in ("edit", "count", "adjust", "delete")),
]


@pytest.mark.parametrize("path", PATHS)
def test_options_are_405_and_name_the_methods(auth_client, path):
    answer = auth_client.options(path)
    assert answer.status_code == 405
    assert set(answer["Allow"].split(", ")) <= {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("path", ["/stock", f"/stock/{ID}/edit", f"/stock/{ID}/count"])
@pytest.mark.parametrize("body", ["", "x"])
def test_a_form_without_a_type_lacks_its_fields(auth_client, path, body):
    hammer()
    answer = auth_client.generic("POST", path, body, content_type="")
    assert answer.status_code == (415 if body else 400)
