"""Each command carries the comment of the work that it is for."""

import json

import pytest

from djongo_engine.reads import find_documents
from djongo_engine.work import Work, current
from items import reads
from items.models import Item
from tests.examples import ID, OTHER, SENT, SHOWN
from tests.support.commands import commented
from tests.support.database import store

ONE = f"/v1/items/{ID}"

REQUESTS = {
    "get": ("GET", ONE, None, {"find"}),
    "list": ("GET", "/v1/items?total=true", None, {"find", "aggregate"}),
    "selection": ("GET", "/v1/items/?name=hammer", None, {"find"}),
    "post": ("POST", "/v1/items", OTHER, {"insert"}),
    "change": ("PUT", f"{ONE}?count=3", None, {"findAndModify"}),
    "replace": ("PUT", ONE, SENT, {"update"}),
    "delete": ("DELETE", ONE, None, {"delete"}),
    "refused adjustment": (
        "POST",
        f"{ONE}/adjust",
        {"delta": -1000},
        {"findAndModify", "aggregate"},
    ),
    "bulk post": ("POST", "/v1/items/bulk", [OTHER], {"insert"}),
    "bulk patch": ("PATCH", "/v1/items/bulk", [{"id": ID, "count": 3}], {"find", "update"}),
    "bulk delete": ("DELETE", "/v1/items/bulk", [ID], {"delete"}),
}


@pytest.mark.parametrize(("method", "path", "body", "names"), REQUESTS.values(), ids=REQUESTS)
def test_every_command_of_a_request_has_its_id(auth_client, method, path, body, names):
    Item.objects.add(SHOWN)
    with commented() as sent:
        auth_client.generic(
            method,
            path,
            "" if body is None else json.dumps(body),
            "application/json",
            HTTP_X_REQUEST_ID="one",
        )
    assert set(sent) == {(name, "one") for name in names}


def test_what_a_cursor_fetches_later_has_it_too(auth_client, monkeypatch):
    monkeypatch.setattr(reads, "BATCH_DOCUMENTS", 2)
    store([{**SENT, "_id": str(n)} for n in range(5)])
    with commented() as sent:
        auth_client.get("/v1/items?format=ndjson", HTTP_X_REQUEST_ID="one").getvalue()
    assert sent == [("find", "one"), ("getMore", "one"), ("getMore", "one")]


def test_accounts_are_read_under_the_id_of_the_request_that_reads_them(auth_client):
    with commented("accounts_user") as sent:
        auth_client.get(ONE, HTTP_X_REQUEST_ID="one")
    assert [comment for _, comment in sent] == ["one"]


def test_command_outside_of_a_request_has_none():
    with commented() as sent:
        Item.objects.add(SHOWN)
    assert sent == [("insert", None)]


def test_comment_of_a_command_s_own_stays():
    token = current.set(Work("one"))
    try:
        with commented() as sent:
            list(Item.objects.mongo_find({}, comment="mine"))
    finally:
        current.reset(token)
    assert sent == [("find", "mine")]


@pytest.mark.long
def test_rest_of_a_reply_that_is_too_large_is_read_under_the_same_comment():
    store([{"_id": str(n), "name": "x" * 4_000_000} for n in range(6)])
    token = current.set(Work("one"))
    try:
        with commented() as sent:
            found = find_documents(Item.objects.collection, {}, {"name": 1}, 10)
    finally:
        current.reset(token)
    assert len(found) == 6
    assert {comment for _, comment in sent} == {"one"}
    assert [name for name, _ in sent][-1] == "getMore"
