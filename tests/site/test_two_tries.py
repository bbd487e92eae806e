"""What a request sends to a MongoDB that fails is two commands at most, within a bounded time.

docs/decisions/two-tries.md
"""

import time
import uuid

import pytest

from djongo_engine.reads import ANY_COLLECTION
from tests.support.accounts import AUTHORIZATION
from tests.support.servers import IMPATIENT
from tests.support.service import wait_for

TIMEOUT_SECONDS = int(IMPATIENT["MONGO_TIMEOUT_MS"]) / 1000
ITEM = {"name": "Saw", "category": "tools", "count": 3, "price": 12.5}
ID = str(uuid.uuid4())
REQUESTS = {
    "health": ("GET", "/health", None),
    "read": ("GET", f"/v1/items/{ID}", None),
    "list": ("GET", "/v1/items?ordering=price&total=true", None),
    "search": ("GET", "/v1/items?search=x", None),
    "select": ("GET", "/v1/items/?name=x", None),
    "export": ("GET", "/v1/items?format=csv", None),
    "create": ("POST", "/v1/items", ITEM),
    "change": ("PUT", f"/v1/items/{ID}?count=4", None),
    "adjust": ("POST", f"/v1/items/{ID}/adjust", {"delta": 1}),
    "delete": ("DELETE", f"/v1/items/{ID}", None),
    "bulk": ("DELETE", "/v1/items/bulk", [ID]),
}


OVERLOADED = ("SystemOverloadedError", "RetryableError")


def error(code, *labels):
    return {"ok": 0, "code": code, "errmsg": "not now", "errorLabels": list(labels)}


FAULTS = {
    "cuts the connection": ("cut", 2),
    "is frozen": ("freeze", 2),
    "reached no other server in time": (error(89, "RetryableWriteError"), 2),
    "shuts down": (error(91, "RetryableWriteError"), 2),
    "is overloaded": (error(462, *OVERLOADED), 1),
    "is overloaded and reached no other server": (error(89, *OVERLOADED), 1),
    "is overloaded and asks for a long pause": (
        {**error(462, *OVERLOADED), "baseBackoffMS": 20_000},
        1,
    ),
}


@pytest.mark.parametrize("path", ["/v1/items", "/v1/items/?name=x"])
def test_a_list_of_a_frozen_mongodb_does_not_ask_for_fewer_items(proxied_service, proxy, path):
    wait_for(proxied_service.is_healthy)
    proxy.fail("freeze")
    try:
        answer = proxied_service.call("GET", path, **AUTHORIZATION)[2]
    finally:
        proxy.heal()
    assert answer == {"detail": "The database does not answer. Try again later."}


@pytest.mark.parametrize(("fault", "commands"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_request_is_a_503_after_few_commands_and_in_time(
    proxied_service, proxy, fault, commands, request_
):
    def in_time():
        wait_for(proxied_service.is_healthy)
        proxy.fail(fault)
        try:
            started = time.monotonic()
            status, *_ = proxied_service.call(*request_, **AUTHORIZATION)
            took = time.monotonic() - started
        finally:
            proxy.heal()
        assert status == 503
        asked = [name for name, collection in proxy.asked if collection != ANY_COLLECTION]
        assert len(asked) <= commands
        return took < TIMEOUT_SECONDS + 1

    # A busy machine is late now and then; a service that is too slow is so every time.
    wait_for(in_time)
