"""Every operation of the API goes through every fault; nothing that was acknowledged is lost."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pymongo
import pytest
from django.conf import settings

from items.documents import PROJECTION, as_item
from tests.support import ledger
from tests.support.accounts import AUTHORIZATION
from tests.support.ledger import Ledger
from tests.support.service import wait_for

# Each costs pymongo half a second to find the server again.
LONG = pytest.mark.long

FAULTS = {
    "cuts two commands": ("cut", 2),
    "loses two replies": ("lose", 2),
    "is frozen": ("freeze", 9),
}
MORE_FAULTS = {
    "passes everything": (0.0, 1),
    "cuts a command": ("cut", 1),
    "loses a reply": ("lose", 1),
    "breaks off a reply": ("halve", 1),
    "breaks off two replies": ("halve", 2),
    "is late": (0.1, 1),
    "is frozen for a command": ("freeze", 1),
    "answers with an error": ({"ok": 0, "code": 91, "errmsg": "shutting down"}, 1),
    "answers with errors": ({"ok": 0, "code": 112, "errmsg": "write conflict"}, 9),
}


def item(item_id):
    return {"id": item_id, "name": "Saw", "category": "tools", "count": 3, "price": 12.5}


def axe(item_id):
    return item(item_id) | {"name": "Axe"}


OPERATIONS = {
    "create": lambda i: (ledger.create(item(i)), "POST", "", item(i)),
    "read": lambda i: (ledger.read, "GET", f"/{i}", None),
    "change": lambda i: (ledger.change({"count": 7}), "PUT", f"/{i}?count=7", None),
    "replace": lambda i: (
        ledger.change(item(i) | {"name": "Axe"}),
        "PUT",
        f"/{i}",
        item(i) | {"name": "Axe"},
    ),
    "patch": lambda i: (ledger.change({"price": 2.5}), "PATCH", f"/{i}", {"price": 2.5}),
    "adjust": lambda i: (ledger.adjust(-1), "POST", f"/{i}/adjust", {"delta": -1}),
    "delete": lambda i: (ledger.delete, "DELETE", f"/{i}", None),
}
BULK = {
    "create": ("POST", item, lambda i: ledger.create(item(i))),
    "change": ("PATCH", lambda i: {"id": i, "count": 8}, lambda i: ledger.change({"count": 8})),
    "delete": ("DELETE", str, lambda i: ledger.delete),
}
READS = ["", "?ordering=price&total=true", "?search=a", "/?name=Saw"]


@pytest.fixture(scope="module")
def collection(mongodb):
    with pymongo.MongoClient(mongodb.url) as client:
        yield client[settings.MONGO_DB]["items"]


@pytest.fixture(
    params=[
        *(pytest.param(fault, id=name) for name, fault in FAULTS.items()),
        *(pytest.param(fault, id=name, marks=LONG) for name, fault in MORE_FAULTS.items()),
    ]
)
def call(request, proxied_service, proxy):
    """Return a function that sends a request about items while MongoDB has a fault."""

    def call(method, path, body=None, **headers):
        wait_for(proxied_service.is_healthy)
        proxy.fail(*request.param)
        try:
            return proxied_service.call(
                method, f"/v1/items{path}", body, **AUTHORIZATION, **headers
            )
        finally:
            proxy.heal()

    return call


def check(account, collection):
    ids = {"_id": {"$in": list(account.possible)}}
    account.check(map(as_item, collection.find(ids, PROJECTION)))


def test_acknowledged_writes_are_stored(call, collection):
    item_id = str(uuid.uuid4())
    account = Ledger([item_id])
    for arrange in OPERATIONS.values():
        operation, *request = arrange(item_id)
        status, _, content = call(*request)
        account.enter(item_id, operation, status, content)
        check(account, collection)


def test_adjustment_that_is_sent_until_it_is_acknowledged_is_made_once(
    call, proxied_service, collection
):
    item_id = str(uuid.uuid4())
    collection.insert_one(
        {"_id": item_id, "name": "Saw", "category": "tools", "count": 3, "price": 1.0}
    )
    path, key = f"/{item_id}/adjust", {"Idempotency_Key": "one"}
    call("POST", path, {"delta": 4}, **key)
    request = "POST", f"/v1/items{path}", {"delta": 4}
    wait_for(lambda: proxied_service.call(*request, **key, **AUTHORIZATION)[0] == 200)
    assert collection.find_one(item_id)["count"] == 7


def test_rows_that_are_acknowledged_are_stored(call, collection):
    ids = [str(uuid.uuid4()) for _ in range(3)]
    account = Ledger(ids)
    for method, row, operation in BULK.values():
        status, _, results = call(method, "/bulk", [row(item_id) for item_id in ids])
        if status == 503:
            results = [{"status": 503}] * len(ids)
        for item_id, result in zip(ids, results, strict=True):
            account.enter(item_id, operation(item_id), result["status"], result.get("item"))
        check(account, collection)


@pytest.mark.long
@pytest.mark.parametrize("path", READS)
def test_lists_are_whole_or_a_503(call, path):
    assert call("GET", path)[0] in (200, 503)


def test_everybody_who_waits_for_a_frozen_mongodb_is_answered_in_time(proxied_service, proxy):
    """One thread serves 30 clients, and MongoDB lets each command wait for its whole time."""
    path = f"/v1/items/{uuid.uuid4()}"

    def status(_=None):
        return proxied_service.call("GET", path, **AUTHORIZATION)[0]

    def all_in_time():
        wait_for(proxied_service.is_healthy)
        proxy.fail("freeze")
        try:
            started = time.monotonic()
            with ThreadPoolExecutor(30) as clients:
                assert set(clients.map(status, range(30))) == {503}
            took = time.monotonic() - started
        finally:
            proxy.heal()
        healed = time.monotonic()
        wait_for(lambda: status() == 404)
        return took < 0.4 + 1 and time.monotonic() - healed < 2

    # A busy machine is late now and then; a service that is too slow is so every time.
    wait_for(all_in_time)


def test_one_line_says_that_mongodb_went_and_one_that_it_is_back(proxied_service, proxy):
    wait_for(proxied_service.is_healthy)
    proxied_service.printed()
    printed = []

    def says(words):
        printed.append(proxied_service.printed())
        return words in "".join(printed)

    proxy.fail("freeze")
    try:
        for _ in range(10):
            proxied_service.call("GET", "/v1/items", **AUTHORIZATION)
        wait_for(lambda: says("cannot be read"))
    finally:
        proxy.heal()
    wait_for(lambda: says("can be read again"))
    others = (" [requests] ", " [items.audit] ")
    lines = "".join(printed).splitlines()
    gone, back = (line for line in lines if not any(name in line for name in others))
    assert "MongoDB cannot be read: " in gone
    assert "MongoDB can be read again, after " in back
