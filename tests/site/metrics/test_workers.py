"""The metrics of two real workers, of which one is killed, and of a MongoDB that goes.

The root file system is read-only, where the machine lets a test make one.
"""

import os
import signal
import subprocess
import time
from functools import partial
from itertools import pairwise

import pytest

from tests.support import metrics
from tests.support.accounts import AUTHORIZATION, NEW, basic
from tests.support.metrics import key
from tests.support.ports import free_port
from tests.support.servers import IMPATIENT
from tests.support.service import Service, wait_for

pytestmark = pytest.mark.long
PLACES = {"1", "2"}
scrape = partial(metrics.scrape, headers={"Authorization": basic("metrics", NEW)})
READ_ONLY = ("unshare", "-rm", "sh", "-c", 'mount -o remount,bind,ro / && exec "$@"', "sh")


def read_only():
    """The command that runs another where nothing can be written, if there is one."""
    possible = subprocess.run([*READ_ONLY, "true"], capture_output=True).returncode == 0
    return READ_ONLY if possible else ()


@pytest.fixture(scope="module")
def service(proxy):
    options = {
        "MONGO_URL": f"mongodb://127.0.0.1:{proxy.port}/?heartbeatFrequencyMS=500",
        "MANAGEMENT_PORT": str(free_port()),
        "WORKERS": "2",
        "METRICS_PWD": NEW,
        **IMPATIENT,
    }
    with Service("serve", within=read_only(), **options) as service:
        service.wait_until_up()
        wait_for(lambda: scrape(service)[key("service_workers")] == 2)
        yield service


def fallen(before, now):
    """The samples that may never fall and did; only those of a process may be missing meanwhile."""
    ends = ("_total", "_count", "_sum", "_bucket")
    return [
        sample
        for sample, value in before.items()
        if sample[0].endswith(ends)
        and now.get(sample, value if sample[0].startswith("process_") else 0) < value
    ]


def places(samples, name="mongodb_breaker_open"):
    """The workers that a gauge is shown for."""
    return {dict(labels)["worker"] for found, labels in samples if found == name}


def test_counts_never_fall_and_gauges_go_when_a_worker_is_killed_and_started_anew(service):
    labels = {"method": "GET", "route": "/health", "status": "200"}
    requests = key("http_request_duration_seconds_count", **labels)
    restarts = key("service_worker_restarts_total")
    for _ in range(40):
        assert service.call("GET", "/health")[0] == 200
    wait_for(lambda: scrape(service)[requests] >= 40)
    pages = [scrape(service)]
    os.kill(service.workers()[0], signal.SIGKILL)
    wait_for(lambda: pages.append(scrape(service)) or pages[-1][restarts])
    pages.append(scrape(service))
    assert [fallen(*pair) for pair in pairwise(pages) if fallen(*pair)] == []
    # In between one was there, and nothing of the other.
    assert (1, 1) in [(page[key("service_workers")], len(places(page))) for page in pages]
    last = pages[-1]
    assert (last[key("service_workers")], places(last), last[restarts]) == (2, PLACES, 1)
    for category in ("tools", "consumables", "other"):
        assert key("items_stored", category=category) in last
    for process in ("supervisor", "worker-1", "worker-2"):
        assert last[key("process_threads", process=process)] > 0


def test_while_mongodb_is_away_the_page_answers_and_says_so(service, proxy):
    proxy.fail("freeze", handshakes=True)
    try:
        for _ in range(4):
            assert service.call("GET", "/v1/items", **AUTHORIZATION)[0] == 503
        started = time.monotonic()
        scrape(service)
        took = time.monotonic() - started
        # The last check may be as young as a second.
        wait_for(lambda: scrape(service)[key("service_ready")] == 0, 3)
        opened = wait_for(
            lambda: [
                place
                for place in PLACES
                if scrape(service)[key("mongodb_breaker_open", worker=place)]
            ]
        )
        assert opened
        assert any(name == "mongodb_operation_errors_total" for name, _ in scrape(service))
    finally:
        proxy.heal()
    assert took < 2
    wait_for(lambda: scrape(service)[key("service_ready")] == 1)
    wait_for(
        lambda: sum(scrape(service)[key("mongodb_breaker_open", worker=p)] for p in PLACES) == 0
    )
