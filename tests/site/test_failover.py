"""A primary that steps down: what docs/scaling.md says may be sent again ends as if sent once."""

import uuid

import pymongo
import pytest
from django.conf import settings

from tests.examples import SENT
from tests.support.accounts import AUTHORIZATION
from tests.support.service import wait_for

pytestmark = pytest.mark.long
# It says that it is none, then closes its connections, whether or not it had done the work.
FAILOVER = [({"ok": 0, "code": 10107, "errmsg": "not primary"}, 2), ("cut", 2), ("lose", 2)]
AFTER = SENT | {"count": 7}


def item(number):
    return f"/v1/items/{number}"


# Method, path and body, headers; then the last answer's status, and what is stored in the end.
SAFE = {
    "GET": (lambda n: ("GET", item(n), None), {}, {200}, SENT),
    "PUT": (lambda n: ("PUT", f"{item(n)}?count=7", None), {}, {200}, AFTER),
    "PATCH": (lambda n: ("PATCH", item(n), {"count": 7}), {}, {200}, AFTER),
    "DELETE": (lambda n: ("DELETE", item(n), None), {}, {204, 404}, None),
    "POST with a key": (
        lambda n: ("POST", f"{item(n)}/adjust", {"delta": -13}),
        {"Idempotency_Key": "one"},
        {200},
        AFTER,
    ),
    "bulk PATCH": (
        lambda n: ("PATCH", "/v1/items/bulk", [{"id": n, "count": 7}]),
        {},
        {200},
        AFTER,
    ),
}


@pytest.fixture(scope="module")
def items(mongodb):
    with pymongo.MongoClient(mongodb.url) as client:
        yield client[settings.MONGO_DB]["items"]


def send_through(proxied_service, proxy, method, path, body, **headers):
    """Send a request during each part of a failover and once after it; return the statuses."""
    statuses = []
    for fault in FAILOVER:
        wait_for(proxied_service.is_healthy)
        proxy.fail(*fault)
        statuses.append(proxied_service.call(method, path, body, **AUTHORIZATION, **headers)[0])
        proxy.heal()
    wait_for(proxied_service.is_healthy)
    return [*statuses, proxied_service.call(method, path, body, **AUTHORIZATION, **headers)[0]]


@pytest.mark.parametrize(("request_of", "headers", "last", "stored"), SAFE.values(), ids=SAFE)
def test_it_may_be_sent_until_it_is_answered(
    proxied_service, proxy, items, request_of, headers, last, stored
):
    number = str(uuid.uuid4())
    items.insert_one({"_id": number, **SENT})
    statuses = send_through(proxied_service, proxy, *request_of(number), **headers)
    assert set(statuses[:-1]) <= last | {503}
    assert statuses[-1] in last
    assert items.find_one({"_id": number}, dict.fromkeys(SENT, 1) | {"_id": 0}) == stored


def test_creation_with_an_id_of_its_own_is_made_once(proxied_service, proxy, items):
    number = str(uuid.uuid4())
    request = "POST", "/v1/items", SENT | {"id": number}
    statuses = send_through(proxied_service, proxy, *request)
    assert set(statuses) <= {201, 409, 503}
    assert statuses[-1] in (201, 409)
    assert items.count_documents({"_id": number}) == 1
