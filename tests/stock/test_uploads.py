"""Upload of a list: a preview first, then the same file with the preview's digest."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.test.client import encode_multipart

from fastapi_mongo_site.http.request import Handler
from items.models import Item
from stock import uploads
from tests.examples import ID
from tests.stock.pages import field, form, hammer, text
from tests.support.accounts import SECRET, basic
from tests.support.sheets import xlsx_of, xlsx_rows

LIST = b"name;category;count;price\nHammer;tools;5;9,99\nGlue;consumables;1;0,50\nBad;tools;x;1\n"


def upload(auth_client, content=LIST, match="name", name="list.csv", **fields):
    file = SimpleUploadedFile(name, content)
    return form(auth_client, "/stock/upload", file=file, match=match, **fields)


def with_cell(place):
    """A spreadsheet of a kilobyte, with one more cell at a place that may be far away."""
    number = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    header = xlsx_rows(["name", "category", "count", "price"])
    return xlsx_of({"Items": f'{header}<row r="{number}"><c r="{place}"><v>1</v></c></row>'})


def test_a_preview_says_what_would_be_new_changed_and_refused_and_stores_nothing(auth_client):
    hammer()
    page = text(upload(auth_client))
    assert "1 new, 1 changed, 0 unchanged, 1 refused" in page
    assert "Line 2: changed 'Hammer': count 20 -> 5" in page
    assert "Line 4: count: A valid integer is required." in page
    assert "separated by semicolons" in page
    assert Item.objects.read(ID)["count"] == 20


def test_the_file_and_its_digest_store_the_rows(auth_client):
    hammer()
    digest = field(upload(auth_client), "digest")
    page = text(upload(auth_client, digest=digest))
    assert "1 new, 1 changed, 0 unchanged, 1 refused" in page
    assert Item.objects.read(ID)["count"] == 5
    assert Item.objects.collection.count_documents({}) == 2


def test_another_file_is_shown_again_before_it_is_stored(auth_client):
    digest = field(upload(auth_client), "digest")
    answer = upload(auth_client, LIST.replace(b"5;", b"6;"), digest=digest)
    assert answer.status_code == 409
    assert Item.objects.collection.count_documents({}) == 0


def test_items_that_have_changed_since_are_shown_again(auth_client):
    hammer()
    digest = field(upload(auth_client), "digest")
    Item.objects.change(ID, {"count": 19})
    assert upload(auth_client, digest=digest).status_code == 409
    assert Item.objects.read(ID)["count"] == 19


def test_a_list_with_ids_changes_the_items_of_these_ids(auth_client):
    hammer()
    content = f"id,name,category,count,price\n{ID},Mallet,tools,1,2\n".encode()
    digest = field(upload(auth_client, content, "id"), "digest")
    upload(auth_client, content, "id", digest=digest)
    assert Item.objects.read(ID)["name"] == "Mallet"


def test_more_rows_are_for_the_command(auth_client, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_ROWS", 2)
    answer = upload(auth_client)
    assert answer.status_code == 413
    assert "manage.py import_items" in text(answer)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"colour\nred\n", "colour"), (b"\xd0\xcf\x11\xe0", "save it as .xlsx"), (b"", "empty")],
)
def test_a_file_that_cannot_be_read_says_why(auth_client, content, said):
    answer = upload(auth_client, content)
    assert answer.status_code == 400
    assert said in text(answer)


def test_a_form_without_a_file_says_so(auth_client):
    answer = form(auth_client, "/stock/upload", match="name")
    assert (answer.status_code, "Choose a file." in text(answer)) == (400, True)


def test_two_clicks_at_once_store_a_new_item_once(auth_client):
    seen = upload(auth_client)
    assert field(seen, "key")
    for _ in range(2):
        # As in two workers: both have looked before one has stored.
        uploads.imported(SimpleUploadedFile("list.csv", LIST), "name", field(seen, "key"))
    assert Item.objects.collection.count_documents({}) == 2


def test_who_waits_too_long_for_another_upload_is_told(auth_client, monkeypatch):
    monkeypatch.setattr(uploads, "WAIT_SECONDS", 0.01)
    with uploads._reading:
        answer = upload(auth_client)
    assert (answer.status_code, "Try again" in text(answer)) == (503, True)
    assert upload(auth_client).status_code == 200


def test_a_file_of_empty_lines_is_read_no_further_than_a_list_has_any(auth_client):
    answer = upload(auth_client, b"\n" * 2_000_000)
    assert answer.status_code == 400
    assert "more than 100000 lines" in text(answer)


def test_a_spreadsheet_of_empty_rows_is_read_no_further(auth_client):
    answer = upload(auth_client, with_cell("D900000"))
    assert answer.status_code == 400
    assert "more than 100000 lines" in text(answer)


def test_a_spreadsheet_takes_little_memory(auth_client):
    answer = upload(auth_client, with_cell("P900000"))
    assert answer.status_code == 400
    assert "too much memory" in text(answer)


def test_a_file_that_is_larger_than_a_body_may_be_is_a_413(auth_client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    answer = upload(auth_client, LIST * 20)
    assert answer.status_code == 413
    assert "larger than this service accepts" in text(answer)


def test_a_file_that_is_cut_off_is_no_shorter_list(service_user):
    body = encode_multipart("edge", {"match": "name", "file": SimpleUploadedFile("a.csv", LIST)})
    headers = {"Authorization": basic(service_user, SECRET)}
    kind = "multipart/form-data; boundary=edge"
    whole = RequestFactory().generic("POST", "/stock/upload", body, kind, headers=headers)
    sent = whole.environ | {"wsgi.input": io.BytesIO(body[:-40]), "SERVER_NAME": "localhost"}
    statuses = []
    answer = b"".join(Handler()(sent, lambda status, headers: statuses.append(status)))
    assert statuses == ["400 Bad Request"]
    assert b"shorter than its Content-Length" in answer
