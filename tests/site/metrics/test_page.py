"""What the page /metrics shows."""

import time

import pytest
from django.db import OperationalError
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from fastapi_mongo_site import writes
from fastapi_mongo_site.metrics import stock
from tests.support.accounts import AUTHORIZATION
from tests.support.database import store

ALLOWED = {"authorization": AUTHORIZATION["Authorization"]}


@pytest.fixture
def shown(asked):
    """The page's samples of a name, as a dictionary of the values of their labels."""

    def ask(name):
        families = prometheus(asked.text())
        samples = [sample for family in families for sample in family.samples]
        return {
            tuple(sample.labels.values()): sample.value for sample in samples if sample.name == name
        }

    return ask


def item(number, category):
    return {"_id": f"id-{number}", "name": "x", "category": category, "count": 1, "price": 1.0}


@pytest.mark.parametrize(
    ("accept", "content_type", "parse"),
    [
        ("", "text/plain; version=0.0.4", prometheus),
        ("text/html", "text/plain; version=0.0.4", prometheus),
        ("text/plain; version=x", "text/plain; version=0.0.4", prometheus),
        ("application/openmetrics-text; version=x", "text/plain; version=0.0.4", prometheus),
        (
            "application/openmetrics-text; version=1.0.0",
            "application/openmetrics-text",
            openmetrics,
        ),
    ],
)
def test_it_has_the_format_that_is_asked_for(asked, accept, content_type, parse):
    (answer,) = asked.answers({**ALLOWED, "accept": accept})
    assert answer.headers["Content-Type"].startswith(content_type)
    families = list(parse(answer.content.decode()))
    names = [family.name for family in families]
    assert "http_request_duration_seconds" in names
    assert len(names) == len(set(names))


def test_items_are_counted_by_category(shown):
    store([item(n, "tools") for n in range(3)] + [item(n, "consumables") for n in range(3, 5)])
    assert shown("items_stored") == {("tools",): 3, ("consumables",): 2, ("other",): 0}


def test_categories_that_the_api_does_not_know_share_a_label(shown):
    store([item(n, text) for n, text in enumerate(["Tools", "", "other", None, 7, "tools"])])
    assert shown("items_stored") == {("tools",): 1, ("consumables",): 0, ("other",): 5}


def test_items_are_counted_once_a_minute_however_many_ask(monkeypatch, asked):
    counts = []
    monkeypatch.setattr(
        stock, "numbers_by_category", lambda other: counts.append(other) or {other: 1}
    )
    asked.answers(*[ALLOWED] * 5)
    assert counts == ["other"]
    monkeypatch.setattr(stock, "COUNT_SECONDS", 0)
    asked.answers(ALLOWED)
    assert counts == ["other"] * 2


@pytest.fixture
def without_mongodb(monkeypatch):
    """Let what the page asks MongoDB fail."""

    def fail(*args):
        raise OperationalError

    monkeypatch.setattr(stock, "numbers_by_category", fail)
    monkeypatch.setattr("fastapi_mongo_site.supervisor.probes.missing_migrations", fail)


def test_without_mongodb_the_page_has_all_but_the_items(without_mongodb, shown):
    assert shown("service_ready") == {(): 0}
    assert shown("items_stored") == shown("items_counted_timestamp_seconds") == {}


def test_when_mongodb_goes_the_last_numbers_stay_with_the_time_of_their_count(
    monkeypatch, asked, request
):
    monkeypatch.setattr(stock, "COUNT_SECONDS", 0)
    before = time.time()
    asked.answers(ALLOWED)
    request.getfixturevalue("without_mongodb")
    time.sleep(0.01)
    after = time.time()
    page = asked.text()
    (counted,) = [line for line in page.splitlines() if line.startswith("items_counted")]
    assert before <= float(counted.split()[1]) <= after
    assert 'items_stored{category="tools"} 0.0' in page


def test_a_count_that_takes_long_holds_up_nobody(monkeypatch, asked):
    monkeypatch.setattr(stock, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(stock, "numbers_by_category", lambda other: time.sleep(1) or {})
    started = time.monotonic()
    asked.answers(ALLOWED, ALLOWED)
    assert time.monotonic() - started < 0.9


def test_it_shows_how_many_workers_run_of_how_many(shown):
    assert shown("service_workers") == {(): 1}
    assert shown("service_workers_wanted") == {(): 2}


def test_it_shows_that_mongodb_refuses_writes(monkeypatch, shown):
    monkeypatch.setattr(writes, "_last", writes.new_code())
    assert shown("service_writes_refused") == {(): 0}
    writes.report_refused(14031)
    assert shown("service_writes_refused") == {(): 1}


def test_it_shows_the_processes(shown):
    names = ["cpu_seconds_total", "resident_memory_bytes", "open_fds", "threads"]
    for name in names:
        assert shown(f"process_{name}")[("worker-1",)] > 0


def test_cpu_time_of_a_place_never_falls(asked):
    processes = asked.page._processes
    assert processes._cpu_of("worker-1", 5, 10.0) == 10
    assert processes._cpu_of("worker-1", 6, 0.5) == 10.5
    assert processes._cpu_of("worker-1", 6, 0.75) == 10.75
    assert processes._cpu_of("worker-1", 7, 0.25) == 11


def test_writes_of_each_kind_are_shown_before_the_first(asked, shown):
    asked.report()
    assert shown("items_writes_total").keys() == {
        ("adjusted",),
        ("changed",),
        ("created",),
        ("deleted",),
    }


def test_gauges_have_the_place_of_their_worker(asked, shown):
    asked.report()
    assert shown("mongodb_breaker_open") == {("1",): 0}
