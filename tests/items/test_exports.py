"""Exports: every item of a list as CSV or NDJSON."""

import csv
import io
import json
import resource
import uuid
from contextlib import contextmanager

import pytest
from django.conf import settings

from items.models import Item
from tests.examples import CSV_HEADER, CSV_ROW, ID, STORED
from tests.support.database import store

SLOTS = max(1, settings.THREADS // 4)


def fill(number, **values):
    store([{**STORED, "_id": str(uuid.uuid4()), "count": n, **values} for n in range(number)])


def body(response):
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_csv_has_a_header_and_a_row_for_each_item(auth_client):
    store([STORED])
    response = auth_client.get("/v1/items?format=csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="items.csv"'
    assert body(response) == (f"{CSV_HEADER}\r\n{CSV_ROW}\r\n".encode())


def test_ndjson_has_the_objects_of_the_list(auth_client):
    store([STORED, {"_id": "odd", "name": None, "price": float("nan")}])
    response = auth_client.get("/v1/items?format=ndjson")
    assert response["Content-Type"] == "application/x-ndjson; charset=utf-8"
    assert [json.loads(line) for line in body(response).splitlines()] == auth_client.get(
        "/v1/items"
    ).json()


def test_empty_export(auth_client):
    assert body(auth_client.get("/v1/items?format=csv")) == f"{CSV_HEADER}\r\n".encode()
    assert body(auth_client.get("/v1/items?format=ndjson")) == b""


def test_export_has_all_items_filtered_and_ordered_as_the_list(auth_client):
    fill(120)
    response = auth_client.get("/v1/items?format=ndjson&ordering=-count&count__gte=10&total=true")
    counts = [json.loads(line)["count"] for line in body(response).splitlines()]
    assert counts == list(range(119, 9, -1))
    assert response["X-Total-Count"] == "110"


def test_length_is_sent_so_that_a_broken_transfer_shows(auth_client):
    fill(3)
    response = auth_client.get("/v1/items?format=csv")
    assert int(response["Content-Length"]) == len(body(response))


@pytest.mark.parametrize(
    ("query", "accept", "content_type"),
    [
        ("", "text/csv", "text/csv"),
        ("", "application/x-ndjson", "application/x-ndjson"),
        ("", "*/*", "application/json"),
        ("", "text/html,*/*;q=0.8", "text/html"),
        ("", "image/png", "application/json"),
        ("?format=csv", "application/json", "text/csv"),
        ("?format=ndjson", "text/html", "application/x-ndjson"),
        ("?format=json", "text/html", "application/json"),
        ("?format=json", "text/csv", "application/json"),
    ],
)
def test_format_argument_goes_before_the_accept_header(auth_client, query, accept, content_type):
    response = auth_client.get(f"/v1/items{query}", HTTP_ACCEPT=accept)
    response.close()
    assert response["Content-Type"].partition(";")[0] == content_type
    assert "Accept" in response["Vary"]


@pytest.mark.parametrize(
    "path", ["/v1/items/?count=1&format=csv", f"/v1/items/{ID}?count=1&format=csv"]
)
def test_only_the_list_knows_formats(auth_client, path):
    method = auth_client.put if ID in path else auth_client.get
    assert list(method(path).json()["errors"]) == ["format"]


@pytest.mark.parametrize("argument", ["limit=5", "cursor=x"])
@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson"])
def test_export_has_no_pages(auth_client, accept, argument):
    response = auth_client.get(f"/v1/items?{argument}", HTTP_ACCEPT=accept)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    assert list(response.json()["errors"]) == [argument.partition("=")[0]]


def test_export_needs_credentials(client):
    assert client.get("/v1/items?format=csv").status_code == 401


def test_head_sends_headers_only(auth_client):
    response = auth_client.head("/v1/items?format=csv")
    assert (response.status_code, response["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert body(response) == b""


# CSV


def exported_name(client):
    text = body(client.get("/v1/items?format=csv")).decode()
    _, row = csv.reader(io.StringIO(text, newline=""))
    return row[1]


@pytest.mark.parametrize("text", ['a "b", c', "a\r\nb", "é🔨", " ", "a=1"])
def test_csv_keeps_text(auth_client, text):
    store([{**STORED, "name": text}])
    assert exported_name(auth_client) == text


@pytest.mark.parametrize(
    ("text", "exported"),
    [
        *((text, f"'{text}") for text in ["=1+1", "+1", "-1", "@A1", "＝1", "'=1", "'a"]),
        *((f"{end}=1", f"'{end}'=1") for end in "\t\r\n"),
        ("x;=1+1", "x;'=1+1"),
    ],
)
def test_csv_puts_an_apostrophe_before_what_a_spreadsheet_would_run(auth_client, text, exported):
    store([{**STORED, "name": text}])
    assert exported_name(auth_client) == exported


def test_csv_leaves_numbers_as_they_are(auth_client):
    store([{**STORED, "count": -5, "price": -0.5}])
    assert body(auth_client.get("/v1/items?format=csv")).endswith(b",-5,-0.5\r\n")


# Limits


def test_more_exports_than_their_share_of_threads_are_503_until_one_ends(auth_client):
    fill(1)
    exports = [auth_client.get("/v1/items?format=csv") for _ in range(SLOTS)]
    assert [response.status_code for response in exports] == [200] * SLOTS
    refused = auth_client.get("/v1/items?format=csv")
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert "Too many exports" in refused.json()["detail"]
    assert auth_client.get("/v1/items").status_code == 200
    for response in exports:
        response.close()
    body(auth_client.get("/v1/items?format=csv"))


@contextmanager
def file_size_limit(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_is_a_503(auth_client):
    fill(20, name="x" * 1000)
    for _ in range(SLOTS + 1):  # gives its slot back each time
        with file_size_limit(10_000):
            response = auth_client.get("/v1/items?format=csv")
        assert (response.status_code, response["Retry-After"]) == (503, "5")
        assert "no space" in response.json()["detail"]


def test_export_that_takes_too_long_is_a_503(auth_client, settings):
    fill(1)
    settings.MONGO_EXPORT_TIMEOUT_MS = 0.001
    for _ in range(SLOTS + 1):
        response = auth_client.get("/v1/items?format=csv")
        assert (response.status_code, response["Retry-After"]) == (503, "5")
        assert "took too long" in response.json()["detail"]
    assert Item.objects.mongo_count_documents({}) == 1
