"""Many items in one request: each row stands alone."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError
from pymongo.errors import BulkWriteError

from items.models import Item
from items.rows import rows_with_taken_ids
from tests.examples import OTHER
from tests.support.commands import commands
from tests.support.database import store

PATH = "/v1/items/bulk"
IDS = sorted(str(uuid.uuid4()) for _ in range(3))
UNKNOWN = str(uuid.uuid4())


@pytest.fixture
def three():
    """Three items as the original stores them, with a field that this service does not know."""
    store([{"_id": item_id, **OTHER, "shelf": "B2"} for item_id in IDS])


@pytest.fixture
def send(auth_client):
    """Send rows; return the results."""

    def rows(method, body):
        response = getattr(auth_client, method)(PATH, body)
        assert response.status_code == 200, response.content
        assert len(response.json()) == len(body)
        return response.json()

    return rows


def statuses(results):
    return [row["status"] for row in results]


def item(item_id):
    return Item.objects.read(item_id)


@pytest.mark.parametrize("accept", ["application/problem+json", "text/html", "*/*"])
@pytest.mark.parametrize(
    ("method", "rows", "expected"),
    [
        ("post", [OTHER, {"name": "x"}], [201, 400]),
        ("patch", [{"id": IDS[0], "count": 7}, {"id": UNKNOWN, "count": 7}], [200, 404]),
        ("delete", [IDS[0], UNKNOWN, 5], [204, 404, 400]),
    ],
)
def test_rows_that_are_refused_leave_the_format_of_the_answer(
    auth_client, three, method, rows, expected, accept
):
    response = getattr(auth_client, method)(PATH, rows, headers={"Accept": accept})
    assert response.status_code == 200
    if accept == "text/html":
        assert response["Content-Type"].startswith("text/html")
    else:
        assert statuses(response.json()) == expected


# POST


def test_each_row_is_stored_or_refused_by_itself_in_order(send, three):
    made = str(uuid.uuid4())
    results = send(
        "post",
        [OTHER, {**OTHER, "price": 0}, {**OTHER, "id": IDS[0]}, {**OTHER, "id": made}, 5, None],
    )
    assert statuses(results) == [201, 400, 409, 201, 400, 400]
    assert results[0]["item"] == {"id": results[0]["item"]["id"], **OTHER}
    assert list(results[1]["errors"]) == ["price"]
    assert results[3]["item"] == item(made) == {"id": made, **OTHER}
    assert all(row["detail"] for row in results[4:])
    assert Item.objects.count() == 3 + 2


@pytest.mark.parametrize(
    "row",
    [
        {**OTHER, "price": 0},
        {**OTHER, "colour": "red"},
        {},
        {**OTHER, "id": IDS[0]},
        {**OTHER, "id": "x"},
    ],
)
def test_refused_row_says_what_a_single_request_would_say(auth_client, send, three, row):
    alone = auth_client.post("/v1/items", row)
    assert send("post", [row]) == [{"status": alone.status_code, **alone.json()}]


def test_first_of_the_rows_with_one_id_is_stored(send):
    row = {**OTHER, "id": IDS[0]}
    broken = {**row, "count": -1}
    results = send("post", [broken, row, {**row, "name": "2", "id": IDS[0].upper()}, broken])
    assert statuses(results) == [400, 201, 409, 400]
    assert item(IDS[0]) == {"id": IDS[0], **OTHER}


def test_1000_rows_are_one_command(send):
    with commands() as seen:
        results = send("post", [{**OTHER, "name": "é" * 100}] * 1000)
    assert seen == ["insert"]
    assert statuses(results) == [201] * 1000
    assert Item.objects.count() == 1000


def test_mongodb_is_not_asked_when_all_rows_are_refused(send):
    with commands() as seen:
        send("post", [{}])
        send("patch", [{}])
        send("delete", [5])
    assert seen == []


def test_rows_that_too_few_servers_confirm_are_an_outage():
    taken = {"index": 0, "code": 11000, "errmsg": "duplicate key"}
    timeout = {"code": 64, "errmsg": "waiting for replication timed out"}
    error = BulkWriteError({"writeErrors": [taken], "writeConcernErrors": [timeout]})
    with pytest.raises(OperationalError, match="replication"):
        rows_with_taken_ids(error)


# PATCH


def test_each_row_changes_its_item(send, three):
    results = send(
        "patch",
        [
            {"id": IDS[0], "count": 4},
            {"id": UNKNOWN, "count": 4},
            {"id": IDS[1].upper(), "name": "Drill", "price": 5},
            {"id": IDS[2]},
            {"id": IDS[2], "count": 9},
            {"id": IDS[1], "count": -1},
            {"count": 1},
            [],
        ],
    )
    assert statuses(results) == [200, 404, 200, 200, 400, 400, 400, 400]
    assert results[0]["item"] == item(IDS[0]) == {"id": IDS[0], **OTHER, "count": 4}
    assert results[2]["item"] == item(IDS[1])
    assert item(IDS[1]) == {"id": IDS[1], **OTHER, "name": "Drill", "price": 5.0}
    assert results[3]["item"] == item(IDS[2]) == {"id": IDS[2], **OTHER}
    assert list(results[4]["errors"]) == list(results[6]["errors"]) == ["id"]
    assert Item.objects.mongo_find_one({"_id": IDS[0]})["shelf"] == "B2"
    assert Item.objects.count() == 3


def test_changes_are_one_read_and_one_write(send, three):
    with commands() as seen:
        send("patch", [{"id": item_id, "count": 4} for item_id in IDS])
    assert seen == ["find", "update"]


def test_many_changes_are_one_read_and_one_write_too(send):
    ids = [row["item"]["id"] for row in send("post", [OTHER] * 150)]
    with commands() as seen:
        results = send("patch", [{"id": item_id, "count": 4} for item_id in ids])
    assert (seen, statuses(results)) == (["find", "update"], [200] * 150)


def test_changes_of_unknown_items_alone_write_nothing(send):
    with commands() as seen:
        assert statuses(send("patch", [{"id": UNKNOWN, "count": 1}])) == [404]
    assert (seen, Item.objects.count()) == (["find"], 0)


# DELETE


def test_each_row_deletes_its_item(send, three):
    results = send("delete", [IDS[2], UNKNOWN, IDS[2], IDS[1].upper(), "x", 5, None, [IDS[0]]])
    assert statuses(results) == [204, 404, 404, 204, 400, 400, 400, 400]
    assert results[0] == {"status": 204}
    assert all(list(row["errors"]) == ["id"] for row in results[4:])
    assert [item.id for item in Item.objects.all()] == [uuid.UUID(IDS[0])]


def test_each_deletion_is_one_command(send):
    ids = [row["item"]["id"] for row in send("post", [OTHER] * 150)]
    with commands() as seen:
        assert statuses(send("delete", ids)) == [204] * 150
    assert (seen, Item.objects.count()) == (["delete"] * 150, 0)


def test_deletions_that_take_too_long_are_a_503(auth_client, three, settings):
    settings.MONGO_TIMEOUT_MS = 0.001
    assert auth_client.delete(PATH, IDS).status_code == 503
    assert Item.objects.count() == 3


def test_of_clients_that_delete_the_same_items_each_is_told_what_it_deleted(three):
    Item.objects.add_many([{**OTHER, "id": str(uuid.uuid4())} for _ in range(47)])
    ids = [item["_id"] for item in Item.objects.mongo_find({}, ["_id"])]

    def delete(_):
        return Item.objects.remove_many(ids)

    with ThreadPoolExecutor(8) as clients:
        told = list(clients.map(delete, range(8)))
    assert sorted(item_id for deleted in told for item_id in deleted) == sorted(ids)


# The whole body


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
@pytest.mark.parametrize("body", [[], {}, {"id": IDS[0]}, "x", 5, None, [OTHER] * 1001])
def test_body_that_is_no_array_of_1_to_1000_rows_is_400(auth_client, method, body):
    response = getattr(auth_client, method)(PATH, body)
    assert response.status_code == 400
    assert "array of 1 to 1000" in response.json()["detail"]
    assert Item.objects.count() == 0


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match", "Idempotency-Key"])
def test_header_whose_promise_bulk_cannot_keep_is_refused(auth_client, three, header):
    response = auth_client.delete(PATH, IDS, headers={header: '"x"'})
    assert (response.status_code, list(response.json()["errors"])) == (400, [header])
    assert Item.objects.count() == 3


@pytest.mark.parametrize("method", ["get", "put"])
def test_bulk_has_no_other_methods(auth_client, method):
    assert getattr(auth_client, method)(PATH).status_code == 405


def test_bulk_needs_credentials(client):
    assert client.post(PATH, [OTHER]).status_code == 401
