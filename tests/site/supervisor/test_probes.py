"""`/livez`, `/readyz` and `/metrics` of the real service."""

import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.accounts import AUTHORIZATION
from tests.support.metrics import key, scrape
from tests.support.ports import free_port
from tests.support.service import Service, wait_for

HEALTH_MS = 500
FROZEN = 100
"""Clients that wait for a frozen database."""


@pytest.fixture(scope="module")
def running(proxy):
    options = {
        "MONGO_URL": f"mongodb://127.0.0.1:{proxy.port}/?heartbeatFrequencyMS=500",
        "MANAGEMENT_PORT": str(free_port()),
        "HEALTH_TIMEOUT_MS": str(HEALTH_MS),
        "MONGO_TIMEOUT_MS": "2000",
        "WORKERS": "2",
    }
    with Service("serve", **options) as service:
        service.wait_until_up()
        yield service


@pytest.fixture
def service(running):
    """The service when it is ready, whatever a test before has done to its database."""
    wait_for(lambda: is_ready(running) and running.is_healthy())
    return running


def is_ready(service):
    return service.probe("/readyz")[0] == 200


def stuck_clients(service):
    """Connections that have asked for a list, which the database does not give."""
    head = [f"{name}: {value}" for name, value in AUTHORIZATION.items()]
    request = "\r\n".join(["GET /v1/items HTTP/1.1", "Host: localhost", *head, "", ""]).encode()
    connections = []
    for _ in range(FROZEN):
        connections.append(socket.create_connection(("127.0.0.1", service.port)))
        connections[-1].sendall(request)
    return connections


def test_a_service_that_serves_is_live_and_ready(service):
    status, headers, content = service.probe("/readyz")
    assert (status, headers["Cache-Control"], content) == (200, "no-store", {"status": "ready"})
    status, headers, content = service.probe("/livez")
    assert (status, headers["Cache-Control"], content) == (200, "no-store", {"status": "live"})


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_probe_answers_any_host(service, path):
    assert service.probe(path, Host="10.0.0.7:9000")[0] == 200


@pytest.mark.parametrize("path", ["/", "/health", "/v1/items", "/docs"])
def test_no_path_of_the_api_is_beside_the_probes(service, path):
    assert service.probe(path, **AUTHORIZATION)[0] == 404


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_none_of_them_is_on_the_port_of_the_api(service, path):
    assert service.call("GET", path, **AUTHORIZATION)[0] == 404


def test_requests_are_in_the_metrics_within_two_seconds(service):
    counted = key(
        "http_request_duration_seconds_count", method="GET", route="/v1/items", status="200"
    )
    before = scrape(service)[counted]
    for _ in range(7):
        assert service.call("GET", "/v1/items", **AUTHORIZATION)[0] == 200
    wait_for(lambda: scrape(service)[counted] >= before + 7, 2)
    assert scrape(service)[counted] == before + 7


def test_head_of_the_metrics_has_their_type_and_no_body(service):
    status, headers, body = service.call(
        "HEAD", "/metrics", port=service.management_port, **AUTHORIZATION
    )
    assert (status, body) == (200, None)
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert int(headers["Content-Length"]) > 1_000


def test_probes_do_not_wait_for_requests_that_are_stuck(service, proxy):
    proxy.fail("freeze", handshakes=True)
    try:
        stuck = stuck_clients(service)
        time.sleep(1)  # the last check may be as young as that
        took = []
        for _ in range(5):
            started = time.monotonic()
            assert service.probe("/livez")[0] == 200
            took.append(time.monotonic() - started)
        started = time.monotonic()
        assert service.probe("/readyz")[2]["reason"] == "database"
        ready_took = time.monotonic() - started
    finally:
        proxy.heal()
    for connection in stuck:
        connection.close()
    # The best of five: the machine may be late when it is busy, the service may not.
    assert min(took) < 0.1
    assert ready_took < HEALTH_MS / 1000 + 0.5


@pytest.mark.parametrize("path", ["/readyz", "/health"])
@pytest.mark.parametrize(
    "fault",
    ["cut", "freeze", {"ok": 0, "code": 8000, "errmsg": "no storage"}],
    ids=["cuts", "is frozen", "has no storage"],
)
def test_a_database_that_gives_no_document_is_a_503(service, proxy, path, fault):
    time.sleep(1)
    proxy.fail(fault)
    try:
        port = service.management_port if path == "/readyz" else service.port
        status, headers, content = service.call("GET", path, port=port)
    finally:
        proxy.heal()
    assert (status, headers["Cache-Control"]) == (503, "no-store")
    if path == "/readyz":
        assert content == {"status": "unavailable", "reason": "database"}
    assert "Traceback" not in service.printed()


def test_the_check_runs_once_a_second_however_many_ask(service, proxy):
    time.sleep(1)
    proxy.fail("cut", times=0)  # it notes what is asked from here on
    started = time.monotonic()
    with ThreadPoolExecutor(20) as clients:
        answers = list(clients.map(lambda number: service.probe("/readyz")[0], range(200)))
    assert set(answers) == {200}
    checks = proxy.asked.count(("find", "django_migrations"))
    assert 1 <= checks <= 1 + (time.monotonic() - started)


@pytest.mark.long
def test_a_worker_that_hangs_is_named_until_it_goes_on(service):
    hung = service.workers()[0]
    os.kill(hung, signal.SIGSTOP)
    try:
        status, _, content = wait_for(
            lambda: (answer := service.probe("/livez"))[0] == 503 and answer, 15
        )
    finally:
        os.kill(hung, signal.SIGCONT)
    assert (status, content["workers"]) == (503, [f"Worker {hung} hangs."])
    wait_for(lambda: service.probe("/livez")[0] == 200)


@pytest.mark.long
def test_a_worker_that_was_killed_and_started_anew_is_not_missed(service):
    os.kill(service.workers()[0], signal.SIGKILL)
    for _ in range(15):
        assert service.probe("/livez")[0] == 200
        time.sleep(1)
