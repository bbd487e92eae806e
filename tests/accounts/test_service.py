"""Authentication in the real service with two workers: raw headers, an attack, a rotation."""

import base64
import contextlib
import http.client
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pymongo
import pytest
from django.conf import settings

from accounts.failures import PAIR_LIMIT
from tests.support.accounts import basic
from tests.support.service import Service, wait_for

PASSWORD = settings.SECRETS["service_pwd"].value
GOOD = basic(settings.SERVICE_USER, PASSWORD)


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    file = tmp_path_factory.mktemp("secrets") / "service_pwd"
    file.write_text(PASSWORD)
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
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "AUTH_CACHE_SECONDS": "0.5",
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
        connection.sendall(b"\r\n".join([*head, b"", b""]))
        return int(connection.makefile("rb").readline().split()[1])


def authorization(value):
    return b"Authorization: " + value


LINES = {
    "right": ([authorization(GOOD.encode())], {200}),
    "Latin-1": (
        [authorization(b"Basic " + base64.b64encode(f"tester:{PASSWORD}".encode("latin-1")))],
        {200},
    ),
    "twice the same": ([authorization(GOOD.encode())] * 2, {401}),
    "two schemes": ([authorization(GOOD.encode()), authorization(b"Bearer x")], {401}),
    "two schemes, turned": ([authorization(b"Bearer x"), authorization(GOOD.encode())], {401}),
    "no ASCII": ([authorization(b"Basic \xff\xfe\x80")], {401}),
    "UTF-8": ([authorization("Basic é€".encode())], {401}),
    "NUL": ([authorization(b"Basic \x00")], {400}),
    "8 kB": ([authorization(basic("tester", "x" * 8192).encode())], {401}),
    "64 kB": ([authorization(basic("tester", "x" * 65536).encode())], {401}),
    "1 MB": ([authorization(b"Basic " + b"x" * 2**20)], {431}),
}


@pytest.mark.parametrize(("lines", "expected"), LINES.values(), ids=LINES.keys())
def test_header_on_the_wire_is_a_clean_answer(service, lines, expected):
    assert raw(service, *lines) in expected


def test_200_wrong_passwords_at_once_cost_at_most_ten_hashes(service):
    # A 401 is a hash: each password is another one. Those that find no slot get a 503.
    headers = [basic(settings.SERVICE_USER, f"wrong{number}") for number in range(200)]
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda header: call(service, header, "127.0.0.2"), headers))
    statuses = [status for status, _ in answers]
    assert set(statuses) <= {401, 429, 503}
    assert all(headers["Retry-After"] for status, headers in answers if status != 401)
    for number in range(PAIR_LIMIT + 1 - statuses.count(401)):
        header = basic(settings.SERVICE_USER, f"wrong again {number}")
        statuses.append(call(service, header, "127.0.0.2")[0])
    assert (statuses.count(401), statuses[-1]) == (PAIR_LIMIT, 429)
    assert call(service, GOOD, "127.0.0.3")[0] == 200
    assert service.printed().count("event=lockout user=tester ") == 1


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


def test_requests_flow_through_a_whole_rotation(service, environment, secret):
    clients = [Client(service) for _ in range(3)]
    [client.start() for client in clients]
    try:
        clients[0].wait_for_more()
        manage("seed_service_user", "--generate", "--grace", "1h", environment=environment)
        assert secret.read_text().strip() != PASSWORD
        for client in clients:
            client.wait_for_more()
            client.header = basic(settings.SERVICE_USER, secret.read_text().strip())
            client.wait_for_more()
        manage("seed_service_user", "--end-grace", environment=environment)
        clients[0].wait_for_more()
    finally:
        [client.stopped.set() for client in clients]
        [client.join() for client in clients]
    assert {status for client in clients for status in client.statuses} == {200}
    deadline = time.monotonic() + 30
    while call(service, GOOD, "127.0.0.4")[0] != 401:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    # As it was, for the other tests of this service.
    secret.write_text(PASSWORD)
    manage("seed_service_user", environment=environment)
    wait_for(lambda: call(service, GOOD)[0] == 200)
