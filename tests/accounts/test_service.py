"""Authentication in the real service: raw headers, an attack, a frozen MongoDB, a rotation."""

import base64
import contextlib
import http.client
import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pymongo
import pytest
from django.conf import settings

from tests.support.accounts import SECRET, basic
from tests.support.service import Service, wait_for

GOOD = basic(settings.SERVICE_USER, SECRET)


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    file = tmp_path_factory.mktemp("secrets") / "service_pwd"
    file.write_text(SECRET)
    return file


@pytest.fixture(scope="module")
def environment(secret, worker_id):
    """The configuration of a service whose password is in a file."""
    url = os.environ["MONGO_URL"]
    database = f"test_authentication_service_{worker_id}"
    keep = ("SERVICE_USER", "SECRET_KEY")
    yield {
        **{name: os.environ[name] for name in keep},
        "FRESH": "yes",
        "SERVICE_PWD_FILE": str(secret),
        "MONGO_URL": url,
        "MONGO_DB": database,
        "AUTH_CACHE_SECONDS": "1",
        "WORKERS": "2",
    }
    with pymongo.MongoClient(url) as client:
        client.drop_database(database)


@pytest.fixture(scope="module")
def service(environment):
    with Service("serve", **environment) as running:
        running.wait_until_up()
        yield running


def call(service, header, source="127.0.0.1"):
    """Return the answer's status and headers; from the loopback address `source`."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", service.port, timeout=30, source_address=(source, 0)
    )
    with contextlib.closing(connection):
        connection.request("GET", "/v1/items?limit=1", headers={"Authorization": header})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers


def raw(service, *lines):
    """Send header lines as they are; return the status."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        head = [b"GET /v1/items HTTP/1.1", b"Host: localhost", b"Connection: close", *lines]
        # A server that refuses a head closes the connection before it has read it all.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(b"\r\n".join([*head, b"", b""]))
        return int(connection.makefile("rb").readline().split()[1])


def authorization(value):
    return b"Authorization: " + value


LINES = {
    "right": ([authorization(GOOD.encode())], {200}),
    "Latin-1": (
        [authorization(b"Basic " + base64.b64encode(f"tester:{SECRET}".encode("latin-1")))],
        {200},
    ),
    "twice the same": ([authorization(GOOD.encode())] * 2, {401}),
    "two schemes": ([authorization(GOOD.encode()), authorization(b"Bearer x")], {401}),
    "two schemes, turned": ([authorization(b"Bearer x"), authorization(GOOD.encode())], {401}),
    "no ASCII": ([authorization(b"Basic \xff\xfe\x80")], {401}),
    "UTF-8": ([authorization("Basic é€".encode())], {401}),
    "NUL": ([authorization(b"Basic \x00")], {400}),
    "8 kB": ([authorization(basic("tester", "x" * 8192).encode())], {401}),
    "16 kB": ([authorization(basic("tester", "x" * 16384).encode())], {401}),
    "1 MB": ([authorization(b"Basic " + b"x" * 2**20)], {431}),
}


@pytest.mark.parametrize(("lines", "expected"), LINES.values(), ids=LINES.keys())
def test_header_on_the_wire_is_a_clean_answer(service, lines, expected):
    assert raw(service, *lines) in expected


def test_who_has_the_secret_is_served_whoever_attacks(environment):
    with Service("serve", **{**environment, "WORKERS": "1"}) as service:
        service.wait_until_up()
        wrong = [basic(settings.SERVICE_USER, f"wrong{number}") for number in range(200)]
        with ThreadPoolExecutor(16) as attackers, ThreadPoolExecutor(2) as clients:
            refused = attackers.map(lambda header: call(service, header)[0], wrong)
            served = clients.map(lambda header: call(service, header)[0], [GOOD] * 50)
            assert set(served) == {200}
            assert set(refused) == {401}
        assert service.printed().count(" [accounts.audit] login_failed ") == 1
        service.stop()
        assert " [accounts.audit] logins_failed user=None failures=199" in service.output()


@pytest.mark.long
def test_with_mongodb_frozen_all_wait_for_one_operation(mongodb, environment):
    environ = {**environment, "MONGO_URL": mongodb.client_url, "MONGO_TIMEOUT_MS": "1000"}
    with Service("serve", **environ, THREADS="8") as service:
        service.wait_until_up()
        time.sleep(2 * float(environment["AUTH_CACHE_SECONDS"]))
        mongodb.process.send_signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            with ThreadPoolExecutor(8) as clients:
                answers = list(clients.map(lambda number: call(service, GOOD)[0], range(8)))
            taken = time.monotonic() - started
        finally:
            mongodb.process.send_signal(signal.SIGCONT)
        # One after another they would take eight seconds.
        assert (set(answers), taken < 4) == ({503}, True)


class Client(threading.Thread):
    """Calls the service over and over with one header, until it is told to stop."""

    def __init__(self, service):
        super().__init__()
        self.service, self.header = service, GOOD
        self.statuses, self.stopped = [], threading.Event()

    def run(self):
        while not self.stopped.is_set():
            self.statuses.append(call(self.service, self.header)[0])

    def wait_for_more(self, answers=20):
        enough = len(self.statuses) + answers
        deadline = time.monotonic() + 30
        while len(self.statuses) < enough:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def manage(*arguments, environment):
    with Service(*arguments, **environment) as command:
        assert command.process.wait(timeout=60) == 0, command.output()


def wait_until_every_worker_takes_it(environment):
    """Wait as long as seed_service_user says that it takes."""
    time.sleep(2 * float(environment["AUTH_CACHE_SECONDS"]))


@pytest.fixture
def rotated(service, environment, secret):
    """Rotate the secret; at the end all is as it was, for the other tests of this service."""
    manage("seed_service_user", "--generate", "--grace", "1h", environment=environment)
    yield basic(settings.SERVICE_USER, secret.read_text().strip())
    manage("seed_service_user", "--end-grace", environment=environment)
    secret.write_text(SECRET)
    manage("seed_service_user", environment=environment)
    wait_until_every_worker_takes_it(environment)


@pytest.mark.long
def test_requests_flow_through_a_whole_rotation(service, environment, request):
    clients = [Client(service) for _ in range(3)]
    [client.start() for client in clients]
    try:
        clients[0].wait_for_more()
        new = request.getfixturevalue("rotated")
        assert new != GOOD
        wait_until_every_worker_takes_it(environment)
        for client in clients:
            client.wait_for_more()
            client.header = new
            client.wait_for_more()
        manage("seed_service_user", "--end-grace", environment=environment)
        clients[0].wait_for_more()
    finally:
        [client.stopped.set() for client in clients]
        [client.join() for client in clients]
    assert {status for client in clients for status in client.statuses} == {200}
    wait_for(lambda: call(service, GOOD, "127.0.0.4")[0] == 401)
