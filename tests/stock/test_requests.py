"""Requests that no browser sends."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from fastapi_mongo_site import writes
from tests.examples import ID
from tests.stock.pages import form, hammer

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


@pytest.fixture
def refused():
    """MongoDB has refused the last write, as its disk was full."""
    writes.report_refused(14031)
    yield
    writes.report_accepted()


def test_a_form_that_was_stored_tells_that_mongodb_takes_writes(auth_client, refused):
    form(auth_client, "/stock", name="Saw", category="tools", count="1", price="1")
    assert writes.refusal() is None


def test_a_preview_tells_nothing_of_writes(auth_client, refused):
    file = SimpleUploadedFile("list.csv", b"name,category,count,price\nSaw,tools,1,1\n")
    assert form(auth_client, "/stock/upload", file=file, match="name").status_code == 200
    assert writes.refusal() == "full"
