"""A dead or frozen MongoDB is a 503, and the service recovers by itself.

These tests start a MongoDB of their own, whatever MONGO_URL is, and a service in front of it.
"""

import json
import os
import signal
import time
import urllib.error
import urllib.request
import uuid

import pytest
from django.conf import settings

from tests.support.accounts import basic
from tests.support.service import Service

AUTHORIZATION = {"Authorization": basic("tester", settings.SECRETS["service_pwd"].value)}
ITEM = {"name": "Saw", "category": "tools", "count": 3, "price": 12.5}


@pytest.fixture(scope="module")
def service(mongodb):
    """A service with short timeouts, so that the tests are quick."""
    options = "serverSelectionTimeoutMS=500&timeoutMS=1000&heartbeatFrequencyMS=500"
    with Service(
        "serve",
        MONGO_URL=f"{mongodb.url}/?{options}",
        MONGO_SERVER_SELECTION_TIMEOUT_MS="500",
        WORKERS="1",
    ) as running:
        running.wait_until_up()
        yield running


def call(service, path, method="GET", body=None):
    """Return the status, the headers and the JSON of an answer."""
    headers = {**AUTHORIZATION, "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(service.url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.loads(error.read())


def wait_until_healthy(service):
    deadline = time.monotonic() + 20
    while call(service, "/health")[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(params=["dead", "frozen"])
def outage(request, mongodb, service):
    """MongoDB killed, or stopped in its tracks; it comes back after the test."""
    dead = request.param == "dead"
    os.kill(mongodb.process.pid, signal.SIGKILL if dead else signal.SIGSTOP)
    if dead:
        mongodb.process.wait()
    yield request.param
    if dead:
        mongodb.start()
    else:
        os.kill(mongodb.process.pid, signal.SIGCONT)
    wait_until_healthy(service)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/items", None),
        ("POST", "/v1/items", ITEM),
        ("DELETE", f"/v1/items/{uuid.uuid4()}", None),
    ],
    ids=["list", "create", "delete"],
)
def test_items_answer_503_with_retry_after(service, outage, method, path, body):
    status, headers, content = call(service, path, method, body)
    assert (status, headers["Retry-After"], list(content)) == (503, "5", ["detail"])


def test_health_says_so_within_the_server_selection_timeout(service, outage):
    # pymongo looks for a dead server at half-second steps; an operation other than this may take
    # timeoutMS, a second, over a frozen one.
    limit = {"dead": 0.5 + 1.0, "frozen": 0.5 + 0.4}[outage]
    took = []
    # The best of three: a busy machine may be late, the service may not.
    while len(took) < 3 and min(took, default=limit) >= limit:
        started = time.monotonic()
        status, _, content = call(service, "/health")
        took.append(time.monotonic() - started)
        assert (status, content["status"]) == (503, False)
        assert content["resources"] == [{"name": "MongoDb", "status": False}]
    assert min(took) < limit, took


def test_open_pages_do_not_need_mongodb(service, outage):
    assert call(service, "/")[0] == 200


def test_acknowledged_items_survive_a_kill_and_the_service_recovers(service, mongodb):
    ids = [call(service, "/v1/items", "POST", ITEM)[2]["id"] for _ in range(20)]
    os.kill(mongodb.process.pid, signal.SIGKILL)
    mongodb.process.wait()
    assert call(service, "/v1/items")[0] == 503
    mongodb.start()
    wait_until_healthy(service)
    stored = {item["id"] for item in call(service, "/v1/items?limit=1000")[2]}
    assert set(ids) <= stored
