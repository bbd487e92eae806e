"""The log of a whole service."""

import json
import os

import pytest

from tests.examples import OTHER
from tests.support.accounts import AUTHORIZATION, basic
from tests.support.service import Service, wait_for

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def entries():
    """What a service of two workers logs at the level of most lines, from start to stop."""
    environ = {"MONGO_URL": os.environ["MONGO_URL"], "MONGO_DB": "test_logs"}
    service = Service("serve", WORKERS="2", LOG_FORMAT="json", LOG_LEVEL="DEBUG", **environ)
    with service:
        # Whoever reads nothing stops it soon: these are thousands of lines.
        printed = []
        wait_for(lambda: printed.append(service.printed()) or service.is_healthy())
        for number in range(20):
            service.call("POST", "/v1/items", OTHER, X_Request_ID=f"post-{number}", **AUTHORIZATION)
            printed.append(service.printed())
        service.call("GET", "/v1/items?search=precious", X_Request_ID="get", **AUTHORIZATION)
        service.call("GET", "/v1/items", Authorization=basic("nobody", "wrong-secret-of-nobody"))
        service.process.terminate()
        printed.append(service.output())
    return [json.loads(line) for line in "".join(printed).splitlines()]


def test_every_line_is_an_object_with_the_same_four(entries):
    for entry in entries:
        assert list(entry)[:4] == ["timestamp", "level", "logger", "event"]


def test_it_begins_with_the_start(entries):
    start = next(entry for entry in entries if entry["event"] == "Starting")
    assert (start["workers"], start["settings"]["LOG_LEVEL"]) == (2, "DEBUG")
    assert "Serving" in [entry["event"] for entry in entries]


def test_every_request_and_every_write_has_a_line_whichever_worker_did_it(entries):
    for logger in ("requests", "items.audit"):
        ids = {entry.get("request_id") for entry in entries if entry["logger"] == logger}
        assert ids >= {f"post-{number}" for number in range(20)}


def test_lines_of_the_driver_have_the_id_of_the_request(entries):
    commands = [entry for entry in entries if entry["logger"] == "pymongo.command"]
    assert "get" in {entry.get("request_id") for entry in commands}
