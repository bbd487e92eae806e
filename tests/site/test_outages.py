"""A dead or frozen MongoDB is a 503, and the service recovers by itself.

These tests start a MongoDB of their own, whatever MONGO_URL is, and a service in front of it. It
goes away twice; what the service answers meanwhile is noted, and the tests look at it.
"""

import signal
import time
import uuid
from pathlib import Path

import pytest

from tests.support.accounts import AUTHORIZATION
from tests.support.service import Service, wait_for

ITEM = {"name": "Saw", "category": "tools", "count": 3, "price": 12.5}


@pytest.fixture(scope="module")
def service(mongodb):
    """A service with short timeouts, so that the tests are quick."""
    options = "serverSelectionTimeoutMS=500&heartbeatFrequencyMS=500"
    with Service(
        "serve",
        MONGO_URL=f"{mongodb.url}/?{options}",
        MONGO_SERVER_SELECTION_TIMEOUT_MS="500",
        MONGO_TIMEOUT_MS="1000",
        HEALTH_TIMEOUT_MS="500",
        WORKERS="1",
    ) as running:
        running.wait_until_up()
        yield running


@pytest.fixture(scope="module", params=["dead", "frozen"])
def outage(request, mongodb, service):
    """What the service answered while MongoDB was dead or frozen, and after."""
    create = ("POST", "/v1/items", ITEM)
    created = {service.call(*create, **AUTHORIZATION)[2]["id"] for _ in range(20)}
    dead = request.param == "dead"
    if dead:
        mongodb.process.kill()
        mongodb.process.wait()
    else:
        freeze(mongodb.process)
    try:
        health, took = service.call("GET", "/health"), []
        # The best of three: the machine may be late when it is busy, the service may not.
        for _ in range(3):
            started = time.monotonic()
            service.call("GET", "/health")
            took.append(time.monotonic() - started)
        seen = {
            "state": request.param,
            "health": health,
            "health took": min(took),
            "start": service.call("GET", "/"),
            "list": service.call("GET", "/v1/items", **AUTHORIZATION),
            "create": service.call(*create, **AUTHORIZATION),
            "pages": {
                path: service.page(path, **AUTHORIZATION)
                for path in ("/stock", "/v1/items", "/health", "/")
            },
            "delete": service.call("DELETE", f"/v1/items/{uuid.uuid4()}", **AUTHORIZATION),
        }
    finally:
        if dead:
            mongodb.start()
        else:
            mongodb.process.send_signal(signal.SIGCONT)
    wait_for(service.is_healthy)
    after = service.call("GET", "/v1/items?limit=1000", **AUTHORIZATION)[2]
    return seen | {"created": created, "after": {item["id"] for item in after}}


def freeze(process):
    """Stop a process (SIGSTOP), and wait until it has stopped."""
    process.send_signal(signal.SIGSTOP)
    status = Path(f"/proc/{process.pid}/status")
    wait_for(lambda: "State:\tT" in status.read_text())


@pytest.mark.parametrize("call", ["list", "create", "delete"])
def test_items_answer_503_with_retry_after(outage, call):
    status, headers, content = outage[call]
    assert (status, headers["Retry-After"], list(content)) == (503, "5", ["detail"])


def test_health_names_mongodb(outage):
    status, _, content = outage["health"]
    assert (status, content["status"]) == (503, False)
    assert content["resources"] == [{"name": "MongoDb", "status": False}]


def test_health_answers_within_a_time_of_its_own(outage):
    # pymongo looks for a dead server every half second. A frozen one costs any other operation
    # MONGO_TIMEOUT_MS, which is a second.
    assert outage["health took"] < {"dead": 0.5 + 1.0, "frozen": 0.5 + 0.4}[outage["state"]]


def test_open_pages_do_not_need_mongodb(outage):
    assert outage["start"][0] == 200


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/stock", 503, "The database does not answer."),
        ("/v1/items", 503, "The database does not answer."),
        ("/health", 503, "MongoDB does not answer."),
        ("/", 200, "MongoDB does not answer."),
    ],
)
def test_a_browser_is_told_in_a_page(outage, path, status, text):
    answered, page = outage["pages"][path]
    assert (answered, text in page, "</html>" in page) == (status, True, True)


def test_acknowledged_items_survive_and_the_service_recovers(outage):
    assert outage["created"] <= outage["after"]
