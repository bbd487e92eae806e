"""Each write of an item has a line that says who did what."""

import os
import sys
from operator import itemgetter
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection

from items import audit
from tests.examples import CSV_HEADER, CSV_ROW, ID, OTHER, OTHER_ID, SENT, SHOWN, STORED
from tests.support.database import store
from tests.support.proxy import proxy_before

ONE = f"/v1/items/{ID}"
MISSING = f"/v1/items/{OTHER_ID}"
BY = {"user": "tester", "request_id": "one"}


@pytest.fixture
def lines(written):
    """The lines of writes, without what each line has."""

    def lines():
        return [
            {name: value for name, value in entry.items() if name not in ("timestamp", "level")}
            for entry in written()
            if entry.pop("logger") == "items.audit"
        ]

    return lines


@pytest.fixture
def send(auth_client):
    """Send a request whose id is `one`, and a body; return the answer."""

    def send(method, path, body=None, **headers):
        call = getattr(auth_client, method)
        return call(path, body, HTTP_X_REQUEST_ID="one", **headers)

    return send


def test_created(send, lines):
    send("post", "/v1/items", SHOWN)
    assert lines() == [{"event": "created", "item": ID, **BY}]


@pytest.mark.parametrize(
    ("method", "path", "body", "fields"),
    [
        ("put", f"{ONE}?count=3", None, ["count"]),
        ("put", ONE, {**SENT, "count": 3}, [*SENT]),
        ("patch", ONE, {"count": 3, "price": 1}, ["count", "price"]),
    ],
)
def test_changed_names_the_fields_that_were_set(send, lines, method, path, body, fields):
    store([STORED])
    assert send(method, path, body).status_code == 200
    (line,) = lines()
    assert sorted(line.pop("fields")) == sorted(fields)
    assert line == {"event": "changed", "item": ID, **BY}


def test_changed_under_a_condition_names_the_fields_that_differ(send, lines):
    store([STORED])
    send("put", ONE, {**SENT, "count": 3}, HTTP_IF_MATCH=send("get", ONE)["ETag"])
    assert lines() == [{"event": "changed", "item": ID, "fields": ["count"], **BY}]


def test_deleted(send, lines):
    store([STORED])
    send("delete", ONE)
    assert lines() == [{"event": "deleted", "item": ID, **BY}]


@pytest.mark.parametrize("headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "order 1"}])
def test_adjusted_once_for_a_key(send, lines, headers):
    store([STORED])
    for _ in range(2 if headers else 1):
        send("post", f"{ONE}/adjust", {"delta": -3}, **headers)
    assert lines() == [{"event": "adjusted", "item": ID, "fields": ["count"], "delta": -3, **BY}]


REFUSED = {
    "a taken id": ("post", "/v1/items", SHOWN, {}, 409),
    "a bad value": ("patch", ONE, {"count": -1}, {}, 400),
    "no change": ("patch", ONE, {}, {}, 200),
    "a replacement by the same": ("put", ONE, SENT, {}, 200),
    "an unknown item": ("patch", MISSING, {"count": 1}, {}, 404),
    "an unknown item to replace": ("put", MISSING, SENT, {}, 404),
    "an unknown item to delete": ("delete", MISSING, None, {}, 404),
    "another item than was read": ("delete", ONE, None, {"HTTP_IF_MATCH": '"other"'}, 412),
    "too little stock": ("post", f"{ONE}/adjust", {"delta": -21}, {}, 409),
    "too little stock with a key": (
        "post",
        f"{ONE}/adjust",
        {"delta": -21},
        {"HTTP_IDEMPOTENCY_KEY": "order 1"},
        409,
    ),
    "rows at fault": ("post", "/v1/items/bulk", [SHOWN, {}], {}, 200),
    "rows without an item": ("delete", "/v1/items/bulk", [OTHER_ID], {}, 200),
    "rows that change nothing": ("patch", "/v1/items/bulk", [{**SHOWN}], {}, 200),
}


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"), REFUSED.values(), ids=REFUSED
)
def test_what_was_not_done_has_no_line(send, lines, method, path, body, headers, status):
    store([STORED])
    assert send(method, path, body, **headers).status_code == status
    assert lines() == []


def test_rows_of_a_bulk_write_share_a_line(send, lines):
    results = send("post", "/v1/items/bulk", [SHOWN, OTHER, {}]).json()
    assert lines() == [{"event": "created", "items": [ID, results[1]["item"]["id"]], **BY}]


def test_rows_that_change_the_same_fields_share_a_line(send, lines):
    store([STORED, {**STORED, "_id": OTHER_ID}])
    rows = [{"id": ID, "count": 1}, {"id": OTHER_ID, "count": 20, "price": 1}]
    send("patch", "/v1/items/bulk", rows)
    assert sorted(lines(), key=itemgetter("item")) == [
        {"event": "changed", "item": OTHER_ID, "fields": ["price"], **BY},
        {"event": "changed", "item": ID, "fields": ["count"], **BY},
    ]


def test_deleted_rows_share_a_line(send, lines):
    store([STORED, {**STORED, "_id": OTHER_ID}])
    send("delete", "/v1/items/bulk", [ID, OTHER_ID])
    assert lines() == [{"event": "deleted", "items": [ID, OTHER_ID], **BY}]


def test_eighty_items_are_in_a_line_at_most(send, lines):
    rows = [{**OTHER, "name": f"Saw {number}"} for number in range(161)]
    send("post", "/v1/items/bulk", rows)
    assert [len(line.get("items", [1])) for line in lines()] == [80, 80, 1]


def imported(tmp_path, *rows, **options):
    file = tmp_path / "items.csv"
    file.write_text("\n".join([CSV_HEADER, *rows]))
    call_command("import_items", str(file), **options)


def test_import_says_its_command(tmp_path, lines):
    imported(tmp_path, CSV_ROW)
    assert lines() == [{"event": "created", "item": ID, "command": "import_items"}]


def test_import_at_a_terminal_leaves_it_to_the_summary(tmp_path, lines, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    imported(tmp_path, CSV_ROW)
    assert lines() == []


def test_import_that_updates_tells_new_items_from_changed_ones(tmp_path, lines):
    store([STORED])
    rows = [CSV_ROW.replace(",20,", ",21,"), CSV_ROW.replace(ID, OTHER_ID)]
    imported(tmp_path, *rows, on_conflict="update")
    by = {"command": "import_items"}
    assert lines() == [
        {"event": "created", "item": OTHER_ID, **by},
        {"event": "changed", "item": ID, "fields": ["name", "category", "count", "price"], **by},
    ]


def test_import_that_stops_tells_what_is_in(tmp_path, lines):
    store([STORED])
    with pytest.raises(Exception, match="is there already"):
        imported(tmp_path, CSV_ROW.replace(ID, OTHER_ID), CSV_ROW, CSV_ROW.replace(ID, ID[::-1]))
    assert [line["item"] for line in lines()] == [OTHER_ID]


def test_import_that_skips_and_a_dry_run_tell_nothing_of_what_stays(tmp_path, lines):
    store([STORED])
    imported(tmp_path, CSV_ROW, on_conflict="skip")
    imported(tmp_path, CSV_ROW.replace(ID, OTHER_ID), dry_run=True)
    assert lines() == []


@pytest.fixture
def proxied(auth_client):
    """A proxy that the service sends its commands through from here on."""
    auth_client.get("/v1/items")
    options = connection.settings_dict["CLIENT"]
    with proxy_before(urlsplit(os.environ["MONGO_URL"]).port) as proxy:
        url = f"mongodb://127.0.0.1:{proxy.port}/?serverSelectionTimeoutMS=300"
        connection.settings_dict["CLIENT"] = {**options, "host": url}
        connection.connection = None
        yield proxy
        connection.database.client.close()
        connection.settings_dict["CLIENT"] = options
        connection.connection = None


UNKNOWN = {
    "created": ("post", "/v1/items", SHOWN, {}),
    "changed": ("patch", ONE, {"count": 3}, {"fields": ["count"]}),
    "deleted": ("delete", ONE, None, {}),
    "adjusted": ("post", f"{ONE}/adjust", {"delta": -3}, {"fields": ["count"]}),
    "bulk": ("post", "/v1/items/bulk", [SHOWN], {}),
}


@pytest.mark.parametrize(("method", "path", "body", "facts"), UNKNOWN.values(), ids=UNKNOWN)
def test_write_whose_answer_is_lost_is_said_to_have_an_unknown_outcome(
    send, lines, proxied, method, path, body, facts
):
    proxied.fail("lose")
    assert send(method, path, body).status_code == 503
    (line,) = lines()
    assert line.pop("event") in ("created", "changed", "deleted", "adjusted")
    assert line == {"item": ID, **facts, "outcome": "unknown", **BY}


def test_write_that_the_server_refuses_has_no_line(send, lines, proxied):
    proxied.fail({"ok": 0, "code": 14031, "errmsg": "no space left"})
    assert send("post", "/v1/items", SHOWN).status_code == 503
    assert lines() == []


def test_observers_are_told_what_was_done_and_how_often(send, monkeypatch):
    seen = []
    monkeypatch.setattr(audit, "observers", [lambda event, number: seen.append((event, number))])
    send("post", "/v1/items/bulk", [SHOWN, OTHER])
    send("delete", ONE)
    assert seen == [("created", 2), ("deleted", 1)]
