"""What workers counted reaches the supervising process, whatever becomes of the workers."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from fastapi_mongo_site.metrics.reports import SERIES, Reporter
from fastapi_mongo_site.metrics.totals import Totals
from fastapi_mongo_site.supervisor import beats


class Worker:
    """What one process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.count = Counter("count", "A counter.", ["kind"], registry=self.registry)
        self.level = Gauge("level", "A gauge.", registry=self.registry)
        self.times = Histogram(
            "times", "A histogram.", ["route", "method"], registry=self.registry, buckets=(1, 2, 3)
        )
        self.report = Reporter(self.registry)


@pytest.fixture
def totals():
    return Totals(Worker().registry)


def shown(totals, name, places=()):
    """The samples of a metric, as pairs of labels and value."""
    (metric,) = [m for m in totals.metrics(dict(places)) if m.name == name]
    return [(sample.labels, sample.value) for sample in metric.samples]


@pytest.fixture
def tell(totals):
    """Let the totals take what the worker of a process id reports."""
    return lambda pid, worker: worker.report(lambda text: totals.take(pid, text))


def test_counts_of_all_workers_are_added_up(totals, tell):
    for pid, number in ((1, 2), (2, 5)):
        worker = Worker()
        worker.count.labels("a").inc(number)
        tell(pid, worker)
    assert shown(totals, "count") == [({"kind": "a"}, 7)]


def test_a_count_is_added_once_however_often_it_is_told(totals, tell):
    worker = Worker()
    for number in (1, 0, 2):
        worker.count.labels("a").inc(number)
        tell(1, worker)
    assert shown(totals, "count") == [({"kind": "a"}, 3)]


def test_a_count_of_zero_is_shown(totals, tell):
    worker = Worker()
    worker.count.labels("a")
    tell(1, worker)
    assert shown(totals, "count") == [({"kind": "a"}, 0)]


def test_counts_of_a_worker_that_ended_stay_and_its_gauges_go(totals, tell):
    ended, after = Worker(), Worker()
    for pid, worker in ((1, ended), (2, after)):
        worker.count.labels("a").inc()
        worker.level.set(pid)
        tell(pid, worker)
    assert shown(totals, "level", {1: 1, 2: 2}) == [({"worker": "1"}, 1), ({"worker": "2"}, 2)]
    assert shown(totals, "level", {2: 1}) == [({"worker": "1"}, 2)]
    assert shown(totals, "count", {2: 1}) == [({"kind": "a"}, 2)]


def test_the_last_value_of_a_gauge_is_shown(totals, tell):
    worker = Worker()
    for level in (3, 1):
        worker.level.set(level)
        tell(7, worker)
    assert shown(totals, "level", {7: 1}) == [({"worker": "1"}, 1)]


def test_buckets_stay_in_their_order_whichever_fills_first(totals, tell):
    worker = Worker()
    for seconds in (2.5, 0.5):
        worker.times.labels("/", "GET").observe(seconds)
        tell(1, worker)
    labels = {"route": "/", "method": "GET"}
    buckets = [({**labels, "le": bound}, n) for bound, n in [("1.0", 1), ("2.0", 1), ("3.0", 2)]]
    assert shown(totals, "times")[:3] == buckets
    assert shown(totals, "times")[-1] == (labels, 3.0)


@pytest.mark.parametrize("texts", range(4))
def test_what_could_not_be_sent_is_told_the_next_time(totals, tell, texts):
    worker = Worker()
    sent = []

    def send(text):
        if len(sent) == texts:
            raise BlockingIOError
        sent.append(text)
        totals.take(1, text)

    for kind in range(2 * SERIES):
        worker.count.labels(str(kind)).inc()
    try:
        worker.report(send)
    except BlockingIOError:
        assert len(shown(totals, "count")) < 2 * SERIES
    tell(1, worker)
    assert [value for _, value in shown(totals, "count")] == [1] * 2 * SERIES


def test_no_text_is_longer_than_a_beat_takes():
    registry = CollectorRegistry()
    times = Histogram("a_time_of_a_request_in_seconds", "", ["route", "method"], registry=registry)
    for number in range(3 * SERIES):
        times.labels("/v1/items/<str:id>/adjust" * 4, f"METHOD-{number}").observe(1 / 3)
    texts = []
    Reporter(registry)(texts.append)
    assert len(texts) > 3
    assert max(map(len, texts)) < beats.MAX_TEXT_BYTES / 2
