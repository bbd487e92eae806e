"""What a worker counts of requests, operations on MongoDB and refused logins."""

import contextlib
import threading

import pytest
from django.db import Error, IntegrityError
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure

from accounts.failed_logins import failed_logins
from djongo_engine import work
from djongo_engine.breaker import breaker
from djongo_engine.errors import translate_errors
from fastapi_mongo_site.http import context
from fastapi_mongo_site.metrics import instruments
from items import audit
from tests.support.accounts import basic

POOL = 2


@pytest.fixture(autouse=True)
def counting(monkeypatch):
    """Count, in this test alone."""
    monkeypatch.setattr(context, "observers", [])
    monkeypatch.setattr(work, "observers", [])
    monkeypatch.setattr(audit, "observers", [])
    instruments.start(POOL)


def value(name, **labels):
    """The value of a sample; 0 if there is none yet."""
    return instruments.REGISTRY.get_sample_value(name, labels) or 0


@pytest.fixture
def rise():
    """How much a sample rose since it was first asked for."""
    before = {}

    def ask(name, **labels):
        now = value(name, **labels)
        return now - before.setdefault((name, *labels.items()), now)

    return ask


@pytest.fixture
def requests_of(rise):
    """How many requests were counted with these labels."""
    return lambda *labels: rise(
        "http_request_duration_seconds_count",
        **dict(zip(("method", "route", "status"), labels, strict=True)),
    )


def test_a_request_is_counted_by_method_template_and_status(auth_client, requests_of):
    labels = "GET", "/v1/items/<str:id>", "404"
    requests_of(*labels)
    for item_id in ("one", "another"):
        auth_client.get(f"/v1/items/{item_id}")
    assert requests_of(*labels) == 2


@pytest.mark.parametrize("path", ["/nowhere", "/wp-login.php", "/v2/items"])
def test_paths_that_lead_nowhere_share_a_label(client, requests_of, path):
    requests_of("GET", "other", "404")
    client.get(path)
    assert requests_of("GET", "other", "404") == 1


@pytest.mark.parametrize("method", ["BREW", "GETS", "X" * 200])
def test_methods_that_nobody_knows_share_a_label(client, requests_of, method):
    requests_of("other", "/health", "405")
    client.generic(method, "/health")
    assert requests_of("other", "/health", "405") == 1


def test_no_value_of_a_label_is_what_a_client_sent(client, auth_client):
    auth_client.get("/v1/items/5a5a5a5a-marker?name=marker")
    client.generic("MARKER", "/marker")
    values = [
        text
        for metric in instruments.REGISTRY.collect()
        for sample in metric.samples
        for text in sample.labels.values()
    ]
    assert values
    assert [text for text in values if "marker" in text.lower()] == []


def test_the_time_of_an_operation_is_counted(auth_client, rise):
    for name in ("count", "sum"):
        rise(f"mongodb_operation_duration_seconds_{name}")
    auth_client.get("/v1/items")
    assert rise("mongodb_operation_duration_seconds_count") >= 1
    assert 0 < rise("mongodb_operation_duration_seconds_sum") < 10


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DuplicateKeyError("taken", 11000), "11000"),
        (OperationFailure("no primary", 10107), "10107"),
        (AutoReconnect("gone"), "AutoReconnect"),
    ],
)
def test_errors_are_counted_by_code_else_by_their_kind(rise, error, code):
    rise("mongodb_operation_errors_total", code=code)
    with contextlib.suppress(Error), translate_errors():
        raise error
    assert rise("mongodb_operation_errors_total", code=code) == 1


def test_an_error_that_is_not_mongodbs_is_not_counted(rise):
    codes = len(instruments.errors)
    with contextlib.suppress(IntegrityError), translate_errors():
        raise IntegrityError
    assert len(instruments.errors) == codes


def test_codes_beyond_a_number_share_a_label(monkeypatch, rise):
    rise("mongodb_operation_errors_total", code="other")
    monkeypatch.setattr(instruments, "MAX_CODES", 0)
    with contextlib.suppress(Error), translate_errors():
        raise OperationFailure("unheard of", 987_654)
    assert value("mongodb_operation_errors_total", code="987654") == 0
    assert rise("mongodb_operation_errors_total", code="other") == 1


def test_a_refused_login_is_counted(client, rise):
    rise("accounts_refused_logins_total")
    client.get("/v1/items", headers={"Authorization": basic("nobody", "nothing-at-all")})
    client.get("/v1/items")
    assert rise("accounts_refused_logins_total") == 1
    assert value("accounts_refused_logins_total") == failed_logins.total


def test_writes_are_counted_by_what_is_done_and_to_how_many_items(auth_client, rise):
    kinds = ("created", "changed", "adjusted", "deleted")
    written = [("items_writes_total", kind) for kind in kinds]
    [rise(name, kind=kind) for name, kind in written]
    item = {"name": "x", "category": "tools", "count": 1, "price": 1}
    made = auth_client.post("/v1/items/bulk", [item] * 3).json()
    ids = [row["item"]["id"] for row in made]
    auth_client.patch(f"/v1/items/{ids[0]}", {"price": 2})
    auth_client.post(f"/v1/items/{ids[0]}/adjust", {"delta": 1})
    auth_client.delete("/v1/items/bulk", ids[:2])
    auth_client.delete(f"/v1/items/{ids[0]}")
    assert [rise(name, kind=kind) for name, kind in written] == [3, 1, 1, 2]


@pytest.mark.parametrize(("threads", "pool"), [(1, (1, 0)), (2, (2, 0)), (3, (2, 1))])
def test_operations_hold_connections_and_wait_beyond_those_of_the_pool(threads, pool):
    held = threading.Barrier(threads + 1)

    def operate():
        # An operation may have another within it.
        with translate_errors(), translate_errors():
            held.wait()
            held.wait()

    running = [threading.Thread(target=operate) for _ in range(threads)]
    [thread.start() for thread in running]
    held.wait()
    assert gauges() == pool
    held.wait()
    [thread.join() for thread in running]
    assert gauges() == (0, 0)


def gauges():
    names = ("mongodb_pool_connections_in_use", "mongodb_pool_operations_waiting")
    return tuple(value(name) for name in names)


def test_the_breaker_shows_whether_it_is_open(monkeypatch):
    assert value("mongodb_breaker_open") == 0
    monkeypatch.setattr(breaker, "is_open", True)
    assert value("mongodb_breaker_open") == 1
