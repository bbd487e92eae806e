"""How `serve` stops: in time whoever holds connections, and with an answer to every request."""

import os
import signal
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

from tests.support.accounts import AUTHORIZATION
from tests.support.ports import free_port
from tests.support.proxy import proxy_before
from tests.support.service import Service, wait_for

STOP_SECONDS = 4
ITEM = {"name": "Saw", "category": "tools", "count": 3, "price": 12.5}


@pytest.fixture
def start(service_database):
    """Start a service with these settings, which the test stops."""
    running = []

    def start(**options):
        environ = {
            "MONGO_URL": os.environ["MONGO_URL"],
            "MONGO_DB": service_database.name,
            "MANAGEMENT_PORT": str(free_port()),
            "STOP_SECONDS": str(STOP_SECONDS),
            "WORKERS": "2",
            **options,
        }
        running.append(Service("serve", **environ))
        running[-1].wait_until_up()
        wait_for(lambda: running[-1].probe("/readyz")[0] == 200)
        return running[-1]

    yield start
    for service in running:
        service.__exit__()


HELD = {
    "kept alive": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", True),
    "silent": (b"", False),
    "half a head": (b"GET / HTTP/1.1\r\nHos", False),
    "half a body": (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{", False),
}


def test_it_stops_in_time_whoever_holds_connections(start):
    service = start()
    held = []
    for sent, answered in HELD.values():
        for _ in range(10):
            held.append(socket.create_connection(("127.0.0.1", service.port)))
            held[-1].sendall(sent)
            if answered:
                held[-1].recv(65_536)
    started = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - started < STOP_SECONDS
    for connection in held:
        connection.close()


def test_connections_that_are_kept_alive_do_not_hold_it(start):
    service = start()
    connection = socket.create_connection(("127.0.0.1", service.port))
    with connection:
        connection.sendall(HELD["kept alive"][0])
        connection.recv(65_536)
        started = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - started < STOP_SECONDS - 1


def test_a_request_that_is_under_way_gets_its_answer(start, mongodb):
    with proxy_before(urlsplit(mongodb.url).port) as proxy:
        service = start(
            MONGO_URL=f"mongodb://127.0.0.1:{proxy.port}/",
            MONGO_TIMEOUT_MS="1500",
            AUTH_CACHE_SECONDS="3600",
        )
        service.call("GET", "/v1/items", **AUTHORIZATION)
        proxy.fail("freeze")
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(service.call("GET", "/v1/items", **AUTHORIZATION)[0])
        )
        asking.start()
        wait_for(lambda: "find" in proxy.asked)
        assert service.stop() == 0
        asking.join()
    assert answers == [503]


def test_what_was_acknowledged_under_load_is_stored_and_nothing_is_cut_off(start, service_database):
    service = start()
    acknowledged, cut = [], []

    def create():
        while True:
            try:
                acknowledged.append(service.call("POST", "/v1/items", ITEM, **AUTHORIZATION)[2])
            except ConnectionRefusedError:
                return
            except OSError as error:
                if "refused" in str(error):
                    return
                cut.append(error)
                return

    clients = [threading.Thread(target=create) for _ in range(8)]
    for client in clients:
        client.start()
    wait_for(lambda: len(acknowledged) > 50)
    assert service.stop() == 0
    for client in clients:
        client.join()
    stored = {document["_id"] for document in service_database["items"].find()}
    assert {item["id"] for item in acknowledged} <= stored
    assert cut == []


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_sigterm_drains_before_it_stops(start, signum):
    service = start(DRAIN_SECONDS="2")
    started = time.monotonic()
    service.process.send_signal(signum)
    if signum == signal.SIGTERM:
        answer = wait_for(lambda: (answer := service.probe("/readyz"))[0] == 503 and answer)
        assert answer[2] == {"status": "unavailable", "reason": "draining"}
        assert service.probe("/livez")[0] == 200
        assert service.call("GET", "/")[0] == 200
    assert service.process.wait(30) == 0
    took = time.monotonic() - started
    assert (took >= 2) is (signum == signal.SIGTERM)
